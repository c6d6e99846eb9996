//! A port of a pod that no mesh and no ingress leads to, through the cluster's API: the way of an operator.

use std::process::Stdio;
use std::time::Duration;

use ::http::Method;
use anyhow::{Context, bail};
use e2e::{exposition::Exposition, http};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout},
    time::timeout,
};

use super::{SHOP, kubectl, pods};

const PATIENCE: Duration = Duration::from_secs(20);

/// A port of this machine that leads into a pod until this is dropped.
#[derive(Debug)]
pub struct Forward {
    url: String,
    _kubectl: Child,
    // It tells of each connection, and would end when nobody could read that.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Forward {
    /// Opens a way to a port of a pod, or of another kind of object (`deployment/x`).
    pub async fn open(namespace: &str, target: &str, port: u16) -> anyhow::Result<Self> {
        let port = format!(":{port}");
        let args = ["-n", namespace, "port-forward", "--address", "127.0.0.1", target, &port];
        let mut kubectl = kubectl::command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(kubectl.stdout.take().context("its output is piped")?).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.context("kubectl port-forward says nothing")??;
        let addr = first.as_deref().and_then(|line| line.strip_prefix("Forwarding from ")?.split(' ').next());
        match addr {
            Some(addr) => Ok(Self { url: format!("http://{addr}"), _kubectl: kubectl, _lines: lines }),
            None => bail!("kubectl port-forward {target} {port}: {first:?}"),
        }
    }

    /// The admin port of a pod of the shop.
    pub async fn admin(pod: &pods::Pod) -> anyhow::Result<Self> {
        Self::open(SHOP, &format!("pod/{}", pod.name), pods::admin_port(&pod.app)?).await
    }

    /// The address of the way.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body that a path answers with 200.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        Ok(http::get(&format!("{}{path}", self.url)).await?.expect(200)?.text())
    }

    /// The metrics behind the port.
    pub async fn metrics(&self) -> anyhow::Result<Exposition> {
        Exposition::scrape(&self.url).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<()> {
        http::send(http::request(method, &format!("{}{path}", self.url), body)).await?.expect(200).map(drop)
    }
}

/// Makes a pod misbehave.
pub async fn set_faults(pod: &pods::Pod, faults: &Value) -> anyhow::Result<()> {
    Forward::admin(pod).await?.send(Method::PUT, "/faults", Some(faults)).await
}

/// Makes it behave again.
pub async fn clear_faults(pod: &pods::Pod) -> anyhow::Result<()> {
    Forward::admin(pod).await?.send(Method::DELETE, "/faults", None).await
}

/// The requests that these pods have counted at their service ports, of this method or of all.
pub async fn requests(pods: &[pods::Pod], labels: &[(&str, &str)]) -> anyhow::Result<u64> {
    let mut sum = 0.0;
    for pod in pods {
        sum += Forward::admin(pod).await?.metrics().await?.sum("axum_http_requests_total", labels);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests")]
    Ok(sum as u64)
}
