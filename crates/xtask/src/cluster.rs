//! What is done to a cluster: the one that the current kubeconfig names, be it kind, a test bed or a real one.

pub mod canary;
pub mod compare;
pub mod deploy;
pub mod down;
pub mod e2e;
mod install;
pub mod kubectl;
pub mod load;
mod manifests;
pub mod mutate;
mod ready;
mod sidecars;
mod standing;
mod stuck;
pub mod tools;
pub mod up;

use clap::ValueEnum;

/// The namespace of everything.
pub const NAMESPACE: &str = "shop";

/// Which mesh, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mesh {
    /// Istio with sidecars.
    Istio,
    /// Linkerd.
    Linkerd,
    /// Plain Kubernetes.
    None,
}

impl Mesh {
    /// The word on the command line and the folder under `mesh/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Istio => "istio",
            Self::Linkerd => "linkerd",
            Self::None => "none",
        }
    }

    /// The container that each pod has with it.
    pub fn sidecar(self) -> Option<&'static str> {
        match self {
            Self::Istio => Some("istio-proxy"),
            Self::Linkerd => Some("linkerd-proxy"),
            Self::None => None,
        }
    }

    /// The kustomization that is the whole deployment.
    pub fn kustomization(self) -> &'static str {
        match self {
            Self::Istio => "mesh/overlays/istio-kind",
            Self::Linkerd => "mesh/overlays/linkerd-kind",
            Self::None => "k8s/overlays/kind-node-port",
        }
    }
}
