//! Is the mesh there: an installed one is left alone, a missing one is installed.

use anyhow::bail;

use super::Mesh;
use crate::command::{self, exists};

/// How the mesh is installed when it is missing.
#[derive(Clone, Debug, clap::Args)]
pub struct InstallArgs {
    /// Registry of the mesh's images, for example docker.io/istio
    #[arg(long, value_name = "HUB")]
    pub mesh_hub: Option<String>,
    /// Tag of the mesh's images, for example 1.31.0
    #[arg(long, value_name = "TAG")]
    pub mesh_tag: Option<String>,
    /// One more argument for the mesh's own installer; can be given several times
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub mesh_arg: Vec<String>,
}

/// Installs `mesh` unless it is there.
pub fn mesh(mesh: Mesh, args: &InstallArgs) -> anyhow::Result<()> {
    match mesh {
        Mesh::None => Ok(()),
        Mesh::Istio => istio(args),
        Mesh::Linkerd => bail!("mesh/linkerd is not in this repository yet"),
    }
}

fn istio(args: &InstallArgs) -> anyhow::Result<()> {
    if exists("kubectl -n istio-system get deployment istiod") {
        println!("Istio is installed and left alone");
        return Ok(());
    }
    if !exists("istioctl version --remote=false") {
        bail!("istioctl is missing; see https://istio.io/latest/docs/ops/diagnostic-tools/istioctl/");
    }
    let set = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!(" --set {name}={value}"));
    let hub = set("hub", &args.mesh_hub).unwrap_or_default();
    let tag = set("tag", &args.mesh_tag).unwrap_or_default();
    let more: String = args.mesh_arg.iter().map(|arg| format!(" {arg}")).collect();
    command::run(&format!("istioctl install -y --set profile=demo{hub}{tag}{more}"))
}
