//! Is the mesh there: an installed one is left alone, a missing one is installed.

use super::{Mesh, ready, tools};
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
    /// One more argument for the mesh's own installer, for example '-f FILE'; can be given several times
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub mesh_arg: Vec<String>,
}

/// Whether the cluster has the control plane of `mesh`.
pub fn is_there(mesh: Mesh) -> bool {
    let Some((_, namespace, deployment)) = control_plane(mesh) else { return true };
    exists(&format!("kubectl -n {namespace} get deployment {deployment}"))
}

/// The mesh's own name, its namespace and the Deployment that it does not work without.
fn control_plane(mesh: Mesh) -> Option<(&'static str, &'static str, &'static str)> {
    match mesh {
        Mesh::None => None,
        Mesh::Istio => Some(("Istio", "istio-system", "istiod")),
        Mesh::Linkerd => Some(("Linkerd", "linkerd", "linkerd-destination")),
    }
}

/// Whether its own command line has something to do: to install it or, Linkerd's, to say whether it is well.
pub fn wants_tools(mesh: Mesh) -> bool {
    mesh == Mesh::Linkerd || !is_there(mesh)
}

/// Installs `mesh` unless it is there.
pub fn mesh(mesh: Mesh, args: &InstallArgs) -> anyhow::Result<()> {
    let Some((name, namespace, _)) = control_plane(mesh) else { return Ok(()) };
    if is_there(mesh) {
        println!("{name} is installed and left alone");
        return if mesh == Mesh::Linkerd { command::run(CHECK) } else { Ok(()) };
    }
    tools::check(tools::of(mesh))?;
    lines(mesh, args).iter().try_for_each(|line| command::shell(line)).inspect_err(|_| ready::explain(namespace))
}

/// What a person would type.
fn lines(mesh: Mesh, args: &InstallArgs) -> Vec<String> {
    let more: String = args.mesh_arg.iter().map(|arg| format!(" {arg}")).collect();
    let set = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!(" --set {name}={value}"));
    let set = |name, value| set(name, value).unwrap_or_default();
    match mesh {
        Mesh::None => Vec::new(),
        Mesh::Istio => {
            let (hub, tag) = (set("hub", &args.mesh_hub), set("tag", &args.mesh_tag));
            vec![format!("istioctl install -y --set profile=demo{hub}{tag}{more}")]
        }
        Mesh::Linkerd => {
            let hub = args.mesh_hub.as_ref().map(|hub| format!(" --registry {hub}")).unwrap_or_default();
            let tag = set("linkerdVersion", &args.mesh_tag);
            vec![
                format!("kubectl apply --server-side -f {GATEWAY_API}"),
                "linkerd install --crds | kubectl apply -f -".to_owned(),
                format!("linkerd install{hub}{tag}{more} | kubectl apply -f -"),
                CHECK.to_owned(),
            ]
        }
    }
}

/// What Linkerd says about itself; without a working control plane, pods start without sidecars.
const CHECK: &str = "linkerd check --wait 180s";

/// Linkerd's own CRDs build on these and do not bring them.
const GATEWAY_API: &str =
    "https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.2.1/standard-install.yaml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_reaches_the_installer() {
        let args = InstallArgs {
            mesh_hub: Some("example.org/mesh".to_owned()),
            mesh_tag: Some("1.2.3".to_owned()),
            mesh_arg: vec!["-f a.yaml".to_owned(), "--set x=y".to_owned()],
        };
        let istio =
            "istioctl install -y --set profile=demo --set hub=example.org/mesh --set tag=1.2.3 -f a.yaml --set x=y";
        assert_eq!(lines(Mesh::Istio, &args), [istio]);
        let linkerd = lines(Mesh::Linkerd, &args);
        let install = "linkerd install --registry example.org/mesh --set linkerdVersion=1.2.3 -f a.yaml --set x=y | ";
        assert!(linkerd.iter().any(|line| line.starts_with(install)), "{linkerd:?}");
    }
}
