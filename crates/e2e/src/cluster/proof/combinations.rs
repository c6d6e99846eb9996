//! Every way to put the shop together builds, and the cluster takes it: each mesh and none, each state, each kind of cluster.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, ensure};

use super::manifests::{KNOWN, children};
use crate::cluster::{
    context::Cluster,
    kubectl,
    measured::Measured,
    mesh::{Mesh, root},
    table::table,
};

const PLACES: [&str; 2] = ["kind", "production"];
const PROGRESSIVE: [(&str, &str); 2] = [("flagger", "flagger.app"), ("argo-rollouts", "argoproj.io")];

/// One way to put it together.
struct Combination {
    mesh: Mesh,
    name: String,
    /// The kustomization below it all.
    overlay: PathBuf,
    /// The file that replaces the overlay's state of the canary.
    state: Option<PathBuf>,
    /// The groups of kinds that a cluster must know to take it.
    groups: Vec<&'static str>,
}

/// Builds all of them, and dry-runs those whose kinds this cluster knows. Where a mesh runs only its own: a namespace of
/// another kind would be warned about for the sidecars that are there.
pub async fn combinations(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let known = groups().await?;
    let all = all()?;
    let (mut taken, mut objects, mut rows) = (0, 0, Vec::new());
    for combination in &all {
        let yaml = combination.build().await.with_context(|| combination.name.clone())?;
        let fits = cluster.mesh == Mesh::None || cluster.mesh == combination.mesh;
        let can = fits && combination.groups.iter().all(|group| known.contains(*group));
        let count = if can { dry_run(&yaml).await.with_context(|| combination.name.clone())? } else { 0 };
        taken += usize::from(can);
        objects += count;
        let missing = || combination.obstacle(cluster.mesh, &known);
        rows.push(vec![combination.name.clone(), if can { format!("{count} objects") } else { missing() }]);
    }
    let n = all.len();
    let line = format!("{n} of {n} combinations build, {taken} of {n} dry-run, {objects} objects");
    Ok(Measured::from(line).with(table(&["combination", "taken"], &rows)))
}

fn all() -> anyhow::Result<Vec<Combination>> {
    let mut all = Vec::new();
    for mesh in [Mesh::None, Mesh::Istio, Mesh::Linkerd] {
        for place in PLACES {
            for state in states(mesh)? {
                all.push(Combination::new(mesh, place, state));
            }
        }
        if mesh != Mesh::None {
            all.extend(PROGRESSIVE.map(|(tool, group)| Combination::progressive(mesh, tool, group)));
        }
    }
    Ok(all)
}

/// The files that are a state of the canary. Without a mesh there is none, and the Services decide.
fn states(mesh: Mesh) -> anyhow::Result<Vec<Option<PathBuf>>> {
    if mesh == Mesh::None {
        return Ok(vec![None]);
    }
    let mut states = children(&mesh.file("canary"))?;
    states.extend([mesh.file("fault-injection.yaml")].into_iter().filter(|file| file.is_file()));
    ensure!(states.len() > 4, "only {} states of {mesh}", states.len());
    Ok(states.into_iter().map(Some).collect())
}

impl Combination {
    fn new(mesh: Mesh, place: &str, state: Option<PathBuf>) -> Self {
        let overlay = match mesh {
            Mesh::None => format!("k8s/overlays/{place}"),
            mesh => format!("mesh/overlays/{mesh}-{place}"),
        };
        let shown = state.as_deref().and_then(Path::file_stem).map(|stem| format!(" {}", stem.to_string_lossy()));
        let name = format!("{mesh} {place}{}", shown.unwrap_or_default());
        Self { mesh, name, overlay: overlay.into(), state, groups: kinds(mesh) }
    }

    fn progressive(mesh: Mesh, tool: &str, group: &'static str) -> Self {
        let overlay = format!("mesh/{mesh}/progressive/{tool}");
        Self {
            mesh,
            name: format!("{mesh} {tool}"),
            overlay: overlay.into(),
            state: None,
            groups: [kinds(mesh), vec![group]].concat(),
        }
    }

    /// Why it was built only.
    fn obstacle(&self, running: Mesh, known: &BTreeSet<String>) -> String {
        if running != Mesh::None && running != self.mesh {
            return format!("built; {running} runs here");
        }
        let missing: Vec<_> = self.groups.iter().filter(|group| !known.contains(**group)).copied().collect();
        format!("built; no {} here", missing.join(", "))
    }

    /// The whole as kustomize makes it, with the state patched in: one object a name, as after applying the file.
    async fn build(&self) -> anyhow::Result<String> {
        let plain = render(&root().join(&self.overlay)).await?;
        let Some(state) = &self.state else { return Ok(plain) };
        let folder = root().join("target/combinations").join(self.name.replace(' ', "-"));
        fs::create_dir_all(&folder)?;
        fs::copy(state, folder.join("state.yaml"))?;
        let overlay = format!("../../../{}", self.overlay.display());
        let kustomization = format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {overlay}\npatches:\n- path: state.yaml\n"
        );
        fs::write(folder.join("kustomization.yaml"), kustomization)?;
        let yaml = render(&folder).await?;
        let (before, after) = (count(&plain), count(&yaml));
        ensure!(before == after, "{before} objects without the state and {after} with it");
        Ok(yaml)
    }
}

/// The groups of kinds that a mesh brings.
fn kinds(mesh: Mesh) -> Vec<&'static str> {
    match mesh {
        Mesh::Istio => vec!["networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io"],
        Mesh::Linkerd => vec!["policy.linkerd.io", "gateway.networking.k8s.io"],
        Mesh::None => Vec::new(),
    }
}

async fn render(folder: &Path) -> anyhow::Result<String> {
    kubectl::run(&["kustomize", &folder.to_string_lossy()]).await
}

fn count(yaml: &str) -> usize {
    yaml.lines().filter(|line| line.starts_with("kind: ")).count()
}

/// The groups that the cluster knows.
async fn groups() -> anyhow::Result<BTreeSet<String>> {
    let text = kubectl::run(&["api-versions"]).await?;
    Ok(text.lines().filter_map(|line| Some(line.split_once('/')?.0.to_owned())).collect())
}

/// Lets the cluster check all of it, changes nothing, and says how many objects there are.
async fn dry_run(yaml: &str) -> anyhow::Result<usize> {
    let args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"];
    let output = kubectl::feed_for_output(&args, yaml).await?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{complaint}");
    let warning = complaint.lines().find(|line| line.starts_with("Warning:") && !line.contains(KNOWN));
    ensure!(warning.is_none(), "{}", warning.unwrap_or_default());
    Ok(String::from_utf8_lossy(&output.stdout).lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mesh_each_state_and_each_place_is_there_once() {
        let all = all().expect("files");
        let names: BTreeSet<&str> = all.iter().map(|combination| combination.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for name in ["none kind", "istio production mirror", "linkerd kind by-header", "linkerd argo-rollouts"] {
            assert!(names.contains(name), "{name}: {names:?}");
        }
    }
}
