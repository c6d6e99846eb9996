//! Are the programs there that a cluster is made with: a missing or too old one is named, with how to get it.

use anyhow::bail;

use super::Mesh;
use crate::command::program;

/// A program of somebody else's.
#[derive(Debug)]
pub struct Tool {
    name: &'static str,
    /// Prints a text whose first number with a dot is the version.
    version: &'static str,
    /// Older ones lack something that is used here.
    least: (u32, u32),
    /// The same for a version that is a date.
    least_edge: Option<[u32; 3]>,
    install: &'static str,
}

const KIND: Tool = Tool {
    name: "kind",
    version: "kind version",
    least: (0, 27),
    least_edge: None,
    install: "go install sigs.k8s.io/kind@v0.33.0",
};
const DOCKER: Tool = Tool {
    name: "docker",
    version: "docker --version",
    least: (20, 10),
    least_edge: None,
    install: "curl -fsSL https://get.docker.com | sh",
};
const KUBECTL: Tool = Tool {
    name: "kubectl",
    version: "kubectl version --client",
    least: (1, 31),
    least_edge: None,
    install: "curl -fsSLO https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl && \
              sudo install kubectl /usr/local/bin/",
};
const ISTIOCTL: Tool = Tool {
    name: "istioctl",
    version: "istioctl version --remote=false",
    least: (1, 27),
    least_edge: None,
    install: "curl -fsSL https://istio.io/downloadIstio | sh - && sudo install istio-*/bin/istioctl /usr/local/bin/",
};
/// A version is a number, as in version-2.20, or a date, as in edge-26.6.3, which is 2.20 by another name.
const LINKERD: Tool = Tool {
    name: "linkerd",
    version: "linkerd version --client --short",
    least: (2, 20),
    least_edge: Some([26, 6, 3]),
    install: "curl -fsSL https://run.linkerd.io/install-edge | LINKERD2_VERSION=edge-26.6.3 sh && \
              export PATH=$HOME/.linkerd2/bin:$PATH",
};

/// What a cluster on this machine is made with.
pub fn of_kind() -> Vec<Tool> {
    vec![DOCKER, KIND, KUBECTL]
}

/// What any cluster is spoken to with.
pub fn of_cluster() -> Vec<Tool> {
    vec![KUBECTL]
}

/// What a mesh is installed with.
pub fn of(mesh: Mesh) -> Vec<Tool> {
    match mesh {
        Mesh::None => Vec::new(),
        Mesh::Istio => vec![ISTIOCTL],
        Mesh::Linkerd => vec![LINKERD],
    }
}

/// Fails with all that is missing or too old at once.
pub fn check(tools: Vec<Tool>) -> anyhow::Result<()> {
    let complaints: Vec<_> = tools.iter().filter_map(|tool| complaint(tool, said(tool.version))).collect();
    if complaints.is_empty() { Ok(()) } else { bail!("{}", complaints.join("\n       ")) }
}

/// Fails when no Docker engine answers.
pub fn check_engine() -> anyhow::Result<()> {
    let output = program("docker info --format {{.ServerVersion}}").output();
    if output.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    bail!("no Docker engine answers; start it with: sudo systemctl start docker (or set DOCKER_HOST)")
}

/// What a program prints, if it is there.
fn said(line: &str) -> Option<String> {
    let output = program(line).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is wrong with a tool that said this.
fn complaint(tool: &Tool, said: Option<String>) -> Option<String> {
    let (name, install) = (tool.name, tool.install);
    let Some(said) = said else { return Some(format!("{name} is missing; install it with: {install}")) };
    let Some((found, least)) = compared(tool, &said) else {
        return Some(format!("{name} does not tell its version but {:?}; install it with: {install}", said.trim()));
    };
    let shown = |parts: &[u32]| parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    (found < least).then(|| {
        let (found, least) = (shown(&found), shown(&least));
        format!("{name} {found} is too old, {least} or newer is needed; install it with: {install}")
    })
}

/// The version of a tool, and the least one of the same kind.
fn compared(tool: &Tool, said: &str) -> Option<(Vec<u32>, Vec<u32>)> {
    let (major, minor) = tool.least;
    match said.split_once("edge-").zip(tool.least_edge) {
        Some(((_, date), least)) => Some((numbers(date)?, least.to_vec())),
        None => version(said).map(|(found, more)| (vec![found, more], vec![major, minor])),
    }
}

/// The numbers between dots that a text begins with.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    text[..end].split('.').map(|part| part.parse().ok()).collect()
}

/// The first number with a dot, as major and minor.
fn version(said: &str) -> Option<(u32, u32)> {
    let words = said.split(|char: char| !char.is_ascii_digit() && char != '.');
    words.filter_map(|word| word.split_once('.')).find_map(|(major, rest)| {
        let minor = rest.split('.').next()?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_tells_its_version_in_its_own_way() {
        for (said, wanted) in [
            ("kind v0.33.0 go1.26.8 linux/amd64", Some((0, 33))),
            ("Docker version 20.10.24+dfsg1, build 297e128", Some((20, 10))),
            ("Client Version: v1.36.3\nKustomize Version: v5.8.1", Some((1, 36))),
            ("client version: 1.31.0-eed52ebb66ad", Some((1, 31))),
            ("edge-26.8.3", Some((26, 8))),
            ("unavailable", None),
        ] {
            assert_eq!(version(said), wanted, "{said}");
        }
    }

    #[test]
    fn a_missing_or_old_tool_comes_with_the_command_that_installs_it() {
        let of = |said: Option<&str>| complaint(&KIND, said.map(str::to_owned));
        assert_eq!(of(Some("kind v0.33.0")), None);
        assert_eq!(of(Some("kind v1.0.0")), None);
        for (said, wanted) in
            [(None, "is missing"), (Some("kind v0.26.1"), "0.26 is too old"), (Some("?"), "does not tell")]
        {
            let complaint = of(said).expect("a complaint");
            assert!(complaint.contains(wanted) && complaint.ends_with(KIND.install), "{complaint}");
        }
    }

    #[test]
    fn an_edge_release_is_judged_by_its_date() {
        let of = |said: &str| complaint(&LINKERD, Some(said.to_owned()));
        for right in ["edge-26.6.3", "edge-26.8.3\n", "edge-27.1.1", "version-2.20"] {
            assert_eq!(of(right), None, "{right}");
        }
        for wrong in ["edge-26.6.2", "edge-25.10.7", "stable-2.14.10"] {
            let complaint = of(wrong).expect(wrong);
            assert!(complaint.contains("too old") && complaint.ends_with(LINKERD.install), "{complaint}");
        }
        assert!(of("edge-").expect("no version").contains("does not tell"));
    }
}
