//! What differs between the meshes: names that assertions need.

use std::{
    fmt::{self, Display, Formatter},
    path::{Path, PathBuf},
};

use clap::ValueEnum;

/// Which mesh, if any.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Mesh {
    /// Istio with sidecars
    Istio,
    /// Linkerd
    Linkerd,
    /// Plain Kubernetes
    None,
}

/// The counter of a proxy that tells apart who calls.
#[derive(Clone, Copy, Debug)]
pub struct Peers {
    /// Where the proxy shows its counters.
    pub port: u16,
    /// Under which path.
    pub path: &'static str,
    /// Which counter.
    pub metric: &'static str,
    /// What a request that came in over mTLS is counted under.
    pub labels: &'static [(&'static str, &'static str)],
    /// The label with the caller's identity.
    pub client: &'static str,
}

impl Mesh {
    /// The container that the mesh adds to a pod.
    pub fn sidecar(self) -> Option<&'static str> {
        match self {
            Self::Istio => Some("istio-proxy"),
            Self::Linkerd => Some("linkerd-proxy"),
            Self::None => None,
        }
    }

    /// The Deployments in which the mesh decides, with their namespace.
    pub fn control_plane(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Istio => Some(("istio-system", "istiod")),
            Self::Linkerd => Some(("linkerd", "linkerd-destination")),
            Self::None => None,
        }
    }

    /// The namespace and ServiceAccount of the ingress, where the mesh brings one.
    pub fn ingress(self) -> Option<(&'static str, &'static str)> {
        (self == Self::Istio).then_some(("istio-system", "istio-ingressgateway-service-account"))
    }

    /// How its proxies tell who calls.
    pub fn peers(self) -> Option<Peers> {
        match self {
            Self::Istio => Some(Peers {
                port: 15020,
                path: "/stats/prometheus",
                metric: "istio_requests_total",
                labels: &[("reporter", "destination"), ("connection_security_policy", "mutual_tls")],
                client: "source_principal",
            }),
            Self::Linkerd => Some(Peers {
                port: 4191,
                path: "/metrics",
                metric: "inbound_http_authz_allow_total",
                labels: &[("tls", "true")],
                client: "client_id",
            }),
            Self::None => None,
        }
    }

    /// What its proxies call the identity of a ServiceAccount.
    pub fn identity(self, namespace: &str, account: &str) -> String {
        match self {
            Self::Linkerd => format!("{account}.{namespace}.serviceaccount.identity.linkerd.cluster.local"),
            Self::Istio | Self::None => format!("spiffe://cluster.local/ns/{namespace}/sa/{account}"),
        }
    }

    /// A file of this mesh's folder.
    pub fn file(self, path: &str) -> PathBuf {
        root().join("mesh").join(self.to_string()).join(path)
    }
}

impl Display for Mesh {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Istio => "istio",
            Self::Linkerd => "linkerd",
            Self::None => "none",
        })
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate is in crates/").to_owned()
}
