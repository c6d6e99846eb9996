//! What differs between the meshes: names that assertions need.

use std::{
    fmt::{self, Display, Formatter},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use clap::ValueEnum;
use http::Method;

use super::callers::Caller;

/// A metric of ours that each process has from its start.
const PROCESS: &str = "process_resident_memory_bytes";

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

/// What a connection without the mesh's TLS hears at a port that is not open to everybody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plaintext {
    /// Nothing: it is closed.
    Closed,
    /// 403 where HTTP is spoken; it is closed elsewhere.
    Forbidden,
}

/// Where counters are read by whoever collects them.
#[derive(Clone, Copy, Debug)]
pub struct Scrape {
    /// The port of the pod.
    pub port: u16,
    /// Under which path.
    pub path: &'static str,
    /// A metric that is always among them.
    pub shows: &'static str,
}

/// A limit of a sidecar that a burst runs into.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Who sends the burst. `None` is the world outside.
    pub from: Option<Caller>,
    /// What is sent.
    pub method: Method,
    /// Where to: a path of the shop, or the whole URL of a service within the cluster.
    pub target: &'static str,
    /// The status of what is let through.
    pub passed: u16,
    /// The workload whose sidecars limit.
    pub app: &'static str,
    /// So many requests a second each of them lets through.
    pub per_second: f64,
    /// So many are sent at once.
    pub burst: u64,
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

    /// The namespace and ServiceAccount of the ingress: Istio brings one, Linkerd has that of `mesh/ingress`.
    pub fn ingress(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Istio => Some(("istio-system", "istio-ingressgateway-service-account")),
            Self::Linkerd => Some(("envoy-gateway-system", "shop-ingress")),
            Self::None => None,
        }
    }

    /// Whether its proxies look at tokens, and refuse a write without one before the gateway does.
    pub fn checks_tokens(self) -> bool {
        self == Self::Istio
    }

    /// How its proxies refuse plaintext.
    pub fn plaintext(self) -> Plaintext {
        match self {
            Self::Linkerd => Plaintext::Forbidden,
            Self::Istio | Self::None => Plaintext::Closed,
        }
    }

    /// What a proxy answers for a host outside of the cluster that nobody has declared.
    pub fn undeclared(self) -> u16 {
        match self {
            Self::Linkerd => 403,
            Self::Istio | Self::None => 502,
        }
    }

    /// So many failures in a row reach a process before a breaker keeps them from it. Istio's leaves half of the pods in.
    pub fn failures_before_breaker(self) -> u64 {
        match self {
            Self::Linkerd => 6,
            Self::Istio | Self::None => 20,
        }
    }

    /// So many requests that are given up leave each breaker closed. Linkerd's counts the attempts, three a request and shared
    /// by two pods; Istio's counts what is answered by a process.
    pub fn timeouts_before_breaker(self) -> u64 {
        match self {
            Self::Linkerd => 4,
            Self::Istio | Self::None => 20,
        }
    }

    /// The limit that `rate-limit.yaml` sets.
    pub fn rate_limit(self) -> Option<RateLimit> {
        match self {
            // Not what the service takes: whoever is let in gets a 400 and leaves nothing behind.
            Self::Istio => Some(RateLimit {
                from: None,
                method: Method::POST,
                target: "/api/users",
                passed: 400,
                app: "api-gateway",
                per_second: 10.0,
                burst: 80,
            }),
            Self::Linkerd => Some(RateLimit {
                from: Some(Caller::OrderService),
                method: Method::GET,
                target: "http://user-service.shop:8081/users/1",
                passed: 200,
                app: "user-service",
                per_second: 40.0,
                burst: 300,
            }),
            Self::None => None,
        }
    }

    /// What is scraped of a pod whose process has this admin port: the counters of the process, then those of the proxy.
    pub fn scrapes(self, admin: u16) -> Vec<Scrape> {
        let process = Scrape { port: admin, path: "/metrics", shows: PROCESS };
        match self {
            // Istio's agent reads the process' counters and shows both.
            Self::Istio => [PROCESS, "istio_requests_total"]
                .map(|shows| Scrape { port: 15020, path: "/stats/prometheus", shows })
                .to_vec(),
            Self::Linkerd => vec![process, Scrape { port: 4191, path: "/metrics", shows: "proxy_build_info" }],
            Self::None => vec![process],
        }
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

/// Where the manifests are when they are not those of the workspace.
static MANIFESTS: OnceLock<PathBuf> = OnceLock::new();

/// Makes this folder stand for the root of the workspace, wherever manifests are read.
pub fn use_manifests(folder: PathBuf) {
    MANIFESTS.get_or_init(|| folder);
}

/// The root of the workspace, or what stands for it.
pub fn root() -> PathBuf {
    let workspace =
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate is in crates/").to_owned();
    MANIFESTS.get().cloned().unwrap_or_else(workspace)
}

#[cfg(test)]
mod tests {
    use e2e::exposition::Exposition;

    use super::*;

    /// Lines as a Linkerd proxy writes them: a request over mTLS, a probe, and one that was refused.
    const PROXY: &str = r#"# HELP inbound_http_authz_allow Authorized requests.
# TYPE inbound_http_authz_allow counter
inbound_http_authz_allow_total{target_addr="10.244.3.30:8082",srv_group="policy.linkerd.io",srv_kind="server",srv_name="order-service",srv_port="8082",route_kind="HTTPRoute",route_name="order-service-orders",authz_kind="authorizationpolicy",authz_name="order-service-orders",tls="true",client_id="api-gateway.shop.serviceaccount.identity.linkerd.cluster.local"} 255
inbound_http_authz_allow_total{target_addr="10.244.3.30:9082",srv_kind="default",route_name="probe",authz_name="probe",tls="no_identity",no_tls_reason="no_tls_from_remote"} 21
inbound_http_authz_deny_total{target_addr="10.244.3.30:8082",route_name="default",tls="true",client_id="e2e-stranger.shop.serviceaccount.identity.linkerd.cluster.local"} 4
# EOF
"#;

    #[test]
    fn a_linkerd_proxy_tells_who_was_let_in() {
        let peers = Mesh::Linkerd.peers().expect("a mesh");
        let seen = Exposition::parse(PROXY).expect("an exposition");
        let of = |account| {
            let client = Mesh::Linkerd.identity("shop", account);
            seen.sum(peers.metric, &[peers.labels, &[(peers.client, client.as_str())]].concat())
        };
        assert!((of("api-gateway") - 255.0).abs() < f64::EPSILON && of("e2e-stranger") == 0.0);
    }
}
