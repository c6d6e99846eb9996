//! The collector that proxies and processes send their spans to, while a proof reads them back.

use std::time::Duration;

use anyhow::{Context, ensure};
use probe::collect::{SPANS, Told};
use serde_json::{Value, json};

use super::{
    admin::Forward,
    callers::objects::{LABEL, OWNER, labels, pod},
    kubectl,
};

/// Where the manifests expect the cluster's collector, and what its Service is called.
const NAMESPACE: &str = "observability";
const NAME: &str = "opentelemetry-collector";

/// Where it takes spans, and where it tells them.
const OTLP: u16 = 4317;
const JSON: u16 = 8080;

/// How long spans may be under way: exporters send every five seconds.
pub const ARRIVAL: Duration = Duration::from_secs(15);

/// The running collector.
#[derive(Debug)]
pub struct Collector(Forward);

impl Collector {
    /// Makes it and waits until it takes spans.
    ///
    /// # Errors
    /// When the cluster has a collector already, or when this one does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let there = find(&["-n", NAMESPACE, "get", "service", NAME]).await?;
        ensure!(
            there.is_empty() || there.contains(OWNER),
            "the Service {NAME} of namespace {NAMESPACE} leads to another collector, so what it gets cannot be counted here; \
             take it away for the time of the proof with: kubectl -n {NAMESPACE} delete service {NAME} (and put it back \
             afterwards, for that of this repository with: kubectl apply --server-side -k observability)"
        );
        if find(&["get", "namespace", NAMESPACE]).await?.is_empty() {
            kubectl::apply(&[namespace()]).await?;
        }
        kubectl::apply(&objects()).await?;
        let ready = ["-n", NAMESPACE, "wait", "pod", NAME, "--for=condition=Ready", "--timeout=90s"];
        kubectl::run(&ready).await.context("the collector does not start")?;
        Ok(Self(Forward::open(NAMESPACE, &format!("pod/{NAME}"), JSON).await?))
    }

    /// Removes what [`start`](Self::start) made; a namespace that was there before stays.
    pub async fn remove() -> anyhow::Result<()> {
        kubectl::run(&["-n", NAMESPACE, "delete", "pod,service", "-l", LABEL, "--ignore-not-found"]).await?;
        if find(&["get", "namespace", NAMESPACE]).await?.contains(OWNER) {
            kubectl::run(&["delete", "namespace", NAMESPACE]).await?;
        }
        Ok(())
    }

    /// All that it keeps.
    pub async fn all(&self) -> anyhow::Result<Told> {
        self.get(SPANS).await
    }

    /// The counts alone.
    pub async fn count(&self) -> anyhow::Result<Told> {
        self.get("/").await
    }

    /// The spans of a trace that have come so far.
    pub async fn trace(&self, id: &str) -> anyhow::Result<Told> {
        self.get(&format!("{SPANS}?trace={id}")).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Told> {
        serde_json::from_str(&self.0.get(path).await?).context("the collector does not tell spans")
    }
}

async fn find(args: &[&str]) -> anyhow::Result<String> {
    Ok(kubectl::run(&[args, &["--ignore-not-found", "-o", "json"]].concat()).await?.trim().to_owned())
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels(NAMESPACE)}})
}

fn objects() -> [Value; 2] {
    let (otlp, json) = (format!("0.0.0.0:{OTLP}"), format!("0.0.0.0:{JSON}"));
    let mut pod = pod(NAME, NAMESPACE, "default", &["collect", "--otlp", &otlp, "--json", &json]);
    pod["spec"]["containers"][0]["readinessProbe"] =
        json!({"httpGet": {"path": "/", "port": JSON}, "periodSeconds": 1});
    // Proxies that meet a name without a protocol would speak HTTP/1.1 to it.
    let port = json!({"name": "grpc-otlp", "appProtocol": "grpc", "port": OTLP, "targetPort": OTLP});
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels(NAME)},
        "spec": {"selector": {"app": NAME}, "ports": [port]},
    });
    [pod, service]
}
