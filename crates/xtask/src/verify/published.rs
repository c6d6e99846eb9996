//! The cluster on a laptop publishes the port that a Service opens, at the address that the pages name.

use crate::files::File;

const CLUSTER: &str = "k8s/kind.yaml";
const SERVICE: &str = "k8s/components/node-port/service.yaml";
/// What README's requests go to.
const PAGES: &str = "8080";

/// Ports that do not meet.
pub fn check(files: &[File]) -> Vec<String> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let (Some(cluster), Some(service)) = (text(CLUSTER), text(SERVICE)) else {
        return vec![format!("{CLUSTER} or {SERVICE} is not there")];
    };
    let published: Vec<_> = values(cluster, "hostPort: ").into_iter().zip(values(cluster, "containerPort: ")).collect();
    let opened = values(service, "nodePort: ");
    let lost = opened.iter().filter(|port| !published.contains(&(PAGES, port)));
    lost.map(|port| format!("{SERVICE} opens {port}, and {CLUSTER} publishes {published:?}, not {PAGES} for it"))
        .collect()
}

/// What follows this name, in each line that has it.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let named = |line: &'a str| Some(line.trim_start().trim_start_matches("- ").strip_prefix(name)?.trim());
    text.lines().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_not_published_is_found() {
        let files = |port: &str| {
            let kind = format!("  - hostPort: 8080\n    containerPort: {port}\n");
            [(CLUSTER, kind), (SERVICE, "nodePort: 30080\n".to_owned())]
                .map(|(path, text)| File { path: path.to_owned(), text })
        };
        assert_eq!(check(&files("30080")), [""; 0]);
        assert_eq!(check(&files("30081")).len(), 1);
    }
}
