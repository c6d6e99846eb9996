//! The cluster takes every file as it is, and the mesh's own checker finds nothing to say.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use anyhow::{Context, ensure};
use tokio::{io::AsyncWriteExt, process::Command};

use super::combinations;
use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, read},
    kubectl,
    measured::Measured,
    mesh::{Mesh, root},
};

/// What Istio says about every object of this kind, whatever is in it.
pub const KNOWN: &str = "EnvoyFilter exposes internal implementation details";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("manifests/dry-run", Needs::Nothing, dry_run),
        Assertion::new("manifests/combinations", Needs::Nothing, combinations::combinations),
        Assertion::new("manifests/analyze", Needs::Only(Mesh::Istio), analyze),
    ]
}

/// Whole deployments, and each file that one applies by hand. Nothing is changed.
async fn dry_run(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (mut objects, mut known) = (0, 0);
    let (folders, files) = subjects(cluster.mesh)?;
    let rendered = folders.iter().map(|folder| (folder, true)).chain(files.iter().map(|file| (file, false)));
    for (path, is_folder) in rendered {
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let yaml = if is_folder { kubectl::run(&["kustomize", &path.to_string_lossy()]).await? } else { read(path)? };
        let args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"];
        let output = kubectl::feed_for_output(&args, &yaml).await?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{shown}: {complaint}");
        for warning in complaint.lines().filter(|line| line.starts_with("Warning:")) {
            ensure!(warning.contains(KNOWN), "{shown}: {warning}");
            known += 1;
        }
        objects += String::from_utf8_lossy(&output.stdout).lines().count();
    }
    let line = format!("{objects} objects of {} deployments and {} files taken", folders.len(), files.len());
    Ok(format!("{line}; no warning but the one about every EnvoyFilter, {known} times").into())
}

/// The kustomizations and the single files of a mesh.
fn subjects(mesh: Mesh) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    if mesh == Mesh::None {
        return Ok((children(&root().join("k8s/overlays"))?, Vec::new()));
    }
    let mut folders = children(&root().join("mesh/overlays"))?;
    folders
        .retain(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&mesh.to_string())));
    // Only one of the meshes can spoil answers by itself.
    let mut files: Vec<_> = [mesh.file("fault-injection.yaml")].into_iter().filter(|file| file.is_file()).collect();
    for folder in ["canary", "gateway-api", "gateway-api/canary"] {
        let folder = mesh.file(folder);
        // Only one of the meshes has two languages.
        files.extend(if folder.is_dir() { children(&folder)? } else { Vec::new() });
    }
    files.retain(|file| {
        file.extension().is_some_and(|ending| ending == "yaml") && !file.ends_with("kustomization.yaml")
    });
    Ok((folders, files))
}

/// What is in a folder, by name.
pub fn children(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

/// What is not deployed, and looked at as if it were: the other kind of cluster, and the twin of the ingress and the canary.
const BESIDE: [&str; 2] = ["mesh/overlays/istio-production", "mesh/istio/gateway-api"];

/// `istioctl analyze` over what is deployed, and over that with what could be.
async fn analyze(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let deployed = analyzed("").await?;
    ensure!(deployed.is_empty(), "what is deployed: {deployed}");
    for folder in BESIDE {
        let said = analyzed(&kubectl::run(&["kustomize", &root().join(folder).to_string_lossy()]).await?).await?;
        ensure!(said.is_empty(), "{folder}: {said}");
    }
    Ok(format!("istioctl analyze --namespace {SHOP}: no finding, nor with {}", BESIDE.join(" or ")).into())
}

/// Its findings about the cluster with these manifests in it.
async fn analyzed(yaml: &str) -> anyhow::Result<String> {
    let mut command = Command::new("istioctl");
    command.args(["analyze", "--namespace", SHOP, "--failure-threshold", "Info"]).kill_on_drop(true);
    command.args((!yaml.is_empty()).then_some("-")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    let mut child =
        child.context("istioctl is missing; see https://istio.io/latest/docs/ops/diagnostic-tools/istioctl/")?;
    let mut stdin = child.stdin.take().context("its input is piped")?;
    let written = async { stdin.write_all(yaml.as_bytes()).await.map(|()| drop(stdin)) };
    let (_, output) = tokio::join!(written, child.wait_with_output());
    let output = output?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned();
    let clean = output.status.success() && said.contains("No validation issues found");
    Ok(if clean { String::new() } else { said })
}
