//! The whole shop with two releases of order-service, load on it, and a Prometheus that scrapes it.

use std::fmt::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use dashboards::scrape::{Scraped, configuration};
use e2e::exposition::Exposition;
use e2e::service::Service;
use e2e::wait::eventually;
use e2e::{http, stack, token};
use probe::{Plan, Rate, Running};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Alertmanager, Prometheus, Replay, Splitter};

/// Long enough for a busy machine.
pub const SOON: Duration = Duration::from_secs(90);

/// Requests a second: with two of five for v2 enough for a verdict of half a minute, and little for a busy laptop.
pub const RATE: f64 = 40.0;

/// How long the gateway waits for a release that hangs.
const IMPATIENCE: &str = "1000";

/// What kube-state-metrics says of routes of 60 to 40, and of one for no app.
const WEIGHTS: &str = r#"canary_subset_weight{namespace="shop",app="order-service",customresource_kind="VirtualService",route="order-service",backend="v1"} 60
canary_subset_weight{namespace="shop",app="order-service",customresource_kind="VirtualService",route="order-service",backend="v2"} 40
canary_backend_weight{namespace="shop",app="order-service",customresource_kind="HTTPRoute",route="reads",backend="order-service-v1"} 3
canary_backend_weight{namespace="shop",app="order-service",customresource_kind="HTTPRoute",route="reads",backend="order-service-v2"} 2
canary_backend_weight{namespace="shop",customresource_kind="HTTPRoute",route="edge",backend="api-gateway-v1"} 1
"#;

/// What Linkerd's proxy beside a process says of itself, under the app's labels: no board may take it for the process.
const PROXY: &str = "process_start_time_seconds 1
process_cpu_seconds_total 900
process_resident_memory_bytes 1e12
process_open_fds 1
process_max_fds 1
";

/// Every process and what watches it.
#[derive(Debug)]
pub struct Shop {
    /// user-service.
    pub users: Service,
    /// order-service v1.
    pub stable: Service,
    /// order-service v2.
    pub canary: Service,
    /// What scrapes all of them.
    pub prometheus: Prometheus,
    gateway: Service,
    _splitter: Splitter,
}

impl Shop {
    /// Starts everything; nobody asks anything yet.
    pub async fn start(alertmanager: &Alertmanager) -> anyhow::Result<Self> {
        let users = Service::start_ready("user-service", &[]).await?;
        let stable = stack::orders(&users, &[]).await?;
        let canary = stack::orders(&users, &[("SERVICE_VERSION", "v2")]).await?;
        let splitter = Splitter::start(stable.addr(), canary.addr()).await?;
        let (users_url, orders_url) = (users.url(), format!("http://{}", splitter.addr));
        let urls = [("USER_SERVICE_URL", users_url.as_str()), ("ORDER_SERVICE_URL", orders_url.as_str())];
        let env = stack::with(&urls, &[("UPSTREAM_TIMEOUT_MS", IMPATIENCE)]);
        let gateway = Service::start_ready("api-gateway", &env).await?;
        let processes = [(&users, "v1"), (&stable, "v1"), (&canary, "v2"), (&gateway, "v1")].map(scraped);
        let configuration = configuration(&processes, Some(alertmanager.addr)) + &others(&processes).await?;
        let prometheus = Prometheus::with(&configuration).await?;
        Ok(Self { users, canary, prometheus, gateway, stable, _splitter: splitter })
    }

    /// Reads through the gateway, at a steady rate until it is stopped.
    pub fn load(&self, path: &str, rate: f64) -> anyhow::Result<Running> {
        self.load_of(path, rate, None)
    }

    /// The same, with an end.
    pub fn load_of(&self, path: &str, rate: f64, count: Option<u64>) -> anyhow::Result<Running> {
        let mut plan = Plan::new(format!("{}{path}", self.gateway.url()).parse()?);
        (plan.rate, plan.count) = (Rate::PerSecond(rate), count);
        Ok(Running::start(plan))
    }

    /// The requests of a release, once Prometheus knows as many as the process does.
    pub async fn counted(&self, version: &str, service: &Service) -> anyhow::Result<f64> {
        let query = format!("sum(axum_http_requests_total{{app=\"order-service\",version=\"{version}\"}})");
        eventually(SOON, "Prometheus has caught up", async || {
            let scraped = self.prometheus.number(&query).await?;
            let counted = Exposition::scrape(&service.admin_url()).await?.sum("axum_http_requests_total", &[]);
            ensure!(scraped == counted, "{scraped} of {counted}");
            Ok(scraped)
        })
        .await
    }

    /// What else is on the boards: orders, overviews, refused writes; a few a second until it is stopped.
    pub fn touch_now_and_then(&self) -> Touching {
        let gateway = self.gateway.url();
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(300));
            while !stopped.load(Ordering::Relaxed) {
                tick.tick().await;
                let mut order = http::post_request(&format!("{gateway}/api/orders"), &e2e::shop::new_order("tea"));
                order.headers_mut().insert("authorization", token::bearer("alice").parse().expect("a header"));
                // What comes of them is what the boards are asked for.
                let _ = http::send(order).await;
                let _ = http::post(&format!("{gateway}/api/orders"), &json!({})).await;
                let _ = http::get(&format!("{gateway}/api/users/1/overview")).await;
            }
        });
        Touching { stop, task }
    }
}

/// Who is scraped beside the processes: what tells the weights, and the proxies of a mesh.
async fn others(processes: &[Scraped]) -> anyhow::Result<String> {
    let (weights, proxy) = (Replay::start(WEIGHTS).await?.addr, Replay::start(PROXY).await?.addr);
    let mut text = format!(
        "- job_name: weights\n  honor_labels: true\n  static_configs:\n  - targets: [\"{weights}\"]\n    labels: {{ namespace: shop }}\n\
         - job_name: shop/linkerd-proxy\n  static_configs:\n"
    );
    for Scraped { app, version, namespace, .. } in processes {
        let labels = format!("app: {app}, version: {version}, namespace: {namespace}");
        writeln!(text, "  - {{ targets: [\"{proxy}\"], labels: {{ {labels} }} }}")?;
    }
    Ok(text)
}

/// Requests of all kinds, under way.
#[derive(Debug)]
pub struct Touching {
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Touching {
    /// Ends it with the last answer: a request that nobody waits for would be counted by some and not by others.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.task.await?)
    }
}

/// A process as Prometheus is told of it.
pub fn scraped((service, version): (&Service, &str)) -> Scraped {
    Scraped {
        app: service.name().to_owned(),
        version: version.to_owned(),
        namespace: "shop".to_owned(),
        admin: service.admin_addr(),
    }
}

/// Spoils the answers of a process; with two empty texts none of them any more.
pub async fn spoil(service: &Service, latency: &str, status: &str) -> anyhow::Result<()> {
    let faults = json!({ "latency": latency, "status": status });
    let request = http::request(::http::Method::PUT, &format!("{}/faults", service.admin_url()), Some(&faults));
    http::send(request).await?.expect(200).context("the faults are set")?;
    Ok(())
}

/// Stops a process where it is, or lets it go on.
pub fn freeze(service: &Service, frozen: bool) -> anyhow::Result<()> {
    let signal = if frozen { "-STOP" } else { "-CONT" };
    let sent = Command::new("kill").args([signal, &service.pid().to_string()]).status()?;
    ensure!(sent.success(), "{} cannot be signalled", service.name());
    Ok(())
}
