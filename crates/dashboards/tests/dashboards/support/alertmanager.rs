//! A real Alertmanager, and somebody who is told.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use e2e::process::Process;
use e2e::prometheus::listening;
use e2e::wait::eventually;
use http::Response;
use serde_json::Value;
use tempfile::TempDir;

use super::server::serve;

/// A running Alertmanager that tells the webhook at once.
#[derive(Debug)]
pub struct Alertmanager {
    _process: Process,
    _folder: TempDir,
    /// Where Prometheus sends alerts.
    pub addr: SocketAddr,
}

/// Whom it tells.
#[derive(Clone, Debug)]
pub struct Webhook {
    addr: SocketAddr,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Alertmanager {
    /// Starts it.
    pub async fn start(webhook: &Webhook) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let configuration = format!(
            "route: {{ receiver: webhook, group_by: [alertname, app], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }}\n\
             receivers: [{{ name: webhook, webhook_configs: [{{ url: 'http://{}/', send_resolved: true }}] }}]\n",
            webhook.addr
        );
        fs::write(folder.path().join("alertmanager.yml"), configuration)?;
        let mut command = Command::new("prometheus-alertmanager");
        command.current_dir(folder.path()).args(["--config.file=alertmanager.yml", "--storage.path=data"]);
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let process = Process::spawn("alertmanager", &mut command)?;
        let addr = listening("alertmanager", &process).await?;
        Ok(Self { _process: process, _folder: folder, addr })
    }
}

impl Webhook {
    /// Starts it.
    pub async fn start() -> anyhow::Result<Self> {
        let told = Arc::<Mutex<Vec<Value>>>::default();
        let telling = Arc::clone(&told);
        let addr = serve(move |request| {
            let message: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let alerts = message["alerts"].as_array().cloned().unwrap_or_default();
            telling.lock().expect("no holder panics").extend(alerts);
            async { Response::new(Bytes::new()) }
        });
        Ok(Self { addr: addr.await?, told })
    }

    /// Waits until it was told of an alert of this name, app and state: `firing` or `resolved`.
    pub async fn wait(&self, alert: &str, app: &str, state: &str, deadline: Duration) -> anyhow::Result<Value> {
        eventually(deadline, &format!("{alert} of {app} is {state}"), async || {
            let told = self.told.lock().expect("no holder panics");
            let found = told.iter().rev().find(|one| {
                one["labels"]["alertname"] == alert && one["labels"]["app"] == app && one["status"] == state
            });
            found.cloned().with_context(|| {
                let names: Vec<_> =
                    told.iter().map(|one| format!("{} {}", one["labels"]["alertname"], one["status"])).collect();
                format!("told so far: {names:?}")
            })
        })
        .await
    }
}
