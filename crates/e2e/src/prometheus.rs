//! A Prometheus of the test's own: the installed program, a temporary folder, any free port.
//!
//! It runs our rules at the scale of a laptop, so that what stands for five minutes is known after half of one.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use dashboards::scrape::{Scale, rule_files};
use serde_json::Value;
use tempfile::TempDir;

use crate::http;
use crate::process::Process;
use crate::wait::{PATIENCE, eventually};

/// A running server. Dropping it ends it and removes its data.
#[derive(Debug)]
pub struct Prometheus {
    _process: Process,
    _folder: TempDir,
    addr: SocketAddr,
}

impl Prometheus {
    /// Starts it with this configuration, which names the rule files `rules/*.yaml` and `alerts/*.yaml`.
    ///
    /// # Errors
    /// When the program is missing, ends at once, or is not ready in time.
    pub async fn with(configuration: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        fs::write(folder.path().join("prometheus.yml"), configuration)?;
        for (path, text) in rule_files(Scale::Laptop) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().context("it is in a folder")?)?;
            fs::write(path, text)?;
        }
        let mut command = Command::new("prometheus");
        command.current_dir(folder.path()).args(["--web.listen-address=127.0.0.1:0", "--config.file=prometheus.yml"]);
        command.args(["--storage.tsdb.path=data", "--enable-feature=exemplar-storage"]);
        let process = Process::spawn("prometheus", &mut command)?;
        let addr = listening("prometheus", &process).await?;
        let prometheus = Self { _process: process, _folder: folder, addr };
        let ready = eventually(PATIENCE, "Prometheus is ready", async || {
            http::get(&format!("{}/-/ready", prometheus.url())).await?.expect(200)
        });
        ready.await?;
        Ok(prometheus)
    }

    fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The result of an instant query.
    ///
    /// # Errors
    /// When there is no answer, or it is an error.
    pub async fn query(&self, expr: &str) -> anyhow::Result<Value> {
        let answer = http::get(&format!("{}/api/v1/query?query={}", self.url(), encoded(expr))).await?.json()?;
        ensure!(answer["status"] == "success", "{expr}: {}", answer["error"]);
        Ok(answer["data"]["result"].clone())
    }

    /// What stands for single requests in the series of a query, since a minute ago.
    ///
    /// # Errors
    /// As [`Prometheus::query`].
    pub async fn exemplars(&self, expr: &str) -> anyhow::Result<Vec<Value>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let (query, start, end) = (encoded(expr), now - 60, now + 60);
        let url = format!("{}/api/v1/query_exemplars?query={query}&start={start}&end={end}", self.url());
        let answer = http::get(&url).await?.json()?;
        Ok(answer["data"].as_array().with_context(|| format!("{expr}: {answer}"))?.clone())
    }

    /// The one value that a query has.
    ///
    /// # Errors
    /// As [`Prometheus::query`], and when there is not one series.
    pub async fn number(&self, expr: &str) -> anyhow::Result<f64> {
        let result = self.query(expr).await?;
        let [one] = result.as_array().map(Vec::as_slice).unwrap_or_default() else {
            bail!("not one series: {expr}: {result}");
        };
        let value = one["value"][1].as_str().context("a value is a string")?;
        Ok(value.parse()?)
    }

    /// Waits until a query has one value for which `holds`.
    ///
    /// # Errors
    /// When it has none within `deadline`.
    pub async fn wait(&self, expr: &str, deadline: Duration, holds: impl Fn(f64) -> bool) -> anyhow::Result<f64> {
        eventually(deadline, expr, async || {
            let value = self.number(expr).await?;
            ensure!(holds(value), "it is {value}");
            Ok(value)
        })
        .await
    }
}

/// A query as part of a URL.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The address in the line in which Prometheus and its relatives tell that they listen.
///
/// # Errors
/// When it does not say so in time; with its log.
pub async fn listening(name: &str, process: &Process) -> anyhow::Result<SocketAddr> {
    let log = process.log().clone();
    let what = format!("{name} listens");
    let found = eventually(PATIENCE, &what, async || {
        let text = log.text();
        let line = text.lines().find(|line| line.contains("msg=\"Listening on\"")).context("it does not say so")?;
        let addr = line.split("address=").nth(1).context("it tells no address")?;
        Ok(addr.trim().parse()?)
    });
    found.await.with_context(|| log.text())
}
