//! What assertions work with: the shop as a user sees it, and ways to change it that are undone.

use std::{
    future::Future,
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use http::{
    HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, HOST},
};
use probe::{Answer, Band, Confidence, Outcome, Plan, Rate, Target};
use serde_json::Value;
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};

use super::{Args, admin::Forward, callers::Callers, changes::Changes, collector::Collector, edge::Edge, mesh::Mesh};

/// How long a change may take to reach every proxy.
pub const SETTLE: Duration = Duration::from_secs(45);

/// The longest that anything is waited for, when somebody is less patient than the assertions.
static PATIENCE: OnceLock<Duration> = OnceLock::new();

/// Bounds each wait from here on.
pub fn be_patient_for(longest: Duration) {
    PATIENCE.get_or_init(|| longest);
}

/// A deadline, or what is left of it for the less patient.
pub fn bounded(deadline: Duration) -> Duration {
    PATIENCE.get().map_or(deadline, |longest| deadline.min(*longest))
}

/// Requests at a time of a load whose size matters and not its pace.
const WORKERS: usize = 8;

/// What callers within the cluster call the gateway.
const GATEWAY: &str = "api-gateway.shop:8080";

/// Asking the cluster costs it something.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// The deployed shop.
#[derive(Debug)]
pub struct Cluster {
    /// The mesh that it was deployed with.
    pub mesh: Mesh,
    /// How it is entered.
    pub edge: Edge,
    /// The shop's address from outside.
    pub url: Target,
    /// What has been changed and must be undone.
    pub changes: Changes,
    full: bool,
    token: String,
    callers: OnceCell<Callers>,
    called: AtomicBool,
    collector: OnceCell<Collector>,
    collected: AtomicBool,
}

impl Cluster {
    /// Asks nothing yet.
    pub fn new(args: &Args) -> Self {
        Self {
            mesh: args.mesh,
            edge: args.edge.unwrap_or_else(|| Edge::on_kind(args.mesh)),
            url: args.url.clone(),
            changes: Changes::default(),
            full: args.full,
            token: args.token.clone(),
            callers: OnceCell::new(),
            called: AtomicBool::new(false),
            collector: OnceCell::new(),
            collected: AtomicBool::new(false),
        }
    }

    /// The value for a full run or the one for a quick run.
    pub fn choose<T>(&self, full: T, quick: T) -> T {
        if self.full { full } else { quick }
    }

    /// Where a share of so many requests may lie.
    pub fn band(&self, share: f64, count: u64) -> Band {
        Band::new(if self.full { Confidence::Thorough } else { Confidence::Gate }, share, count)
    }

    /// The pods that ask from inside, made when they are needed first.
    pub async fn callers(&self) -> anyhow::Result<&Callers> {
        self.called.store(true, Ordering::Relaxed);
        self.callers.get_or_try_init(|| Callers::start(self.mesh)).await
    }

    /// Whether there may be any, or the beginnings of them.
    pub fn has_callers(&self) -> bool {
        self.called.load(Ordering::Relaxed)
    }

    /// A way to the gateway through a pod of the mesh, for what must not be seen from a caller without a sidecar. `None`
    /// where there is no mesh, and where the way in leads through one anyway.
    pub async fn way_in(&self) -> anyhow::Result<Option<Forward>> {
        if self.mesh == Mesh::None || self.edge == Edge::Ingress {
            return Ok(None);
        }
        self.callers().await?.relay().await.map(Some)
    }

    /// Where spans go, from the first time that somebody asks for it.
    pub async fn collector(&self) -> anyhow::Result<&Collector> {
        self.collected.store(true, Ordering::Relaxed);
        self.collector.get_or_try_init(Collector::start).await
    }

    /// Whether there may be one, or the beginnings of it.
    pub fn has_collector(&self) -> bool {
        self.collected.load(Ordering::Relaxed)
    }

    /// GETs of a path through the ingress, by a few workers.
    pub fn plan(&self, path: &str) -> anyhow::Result<Plan> {
        let mut plan = Plan::new(format!("http://{}{path}", self.url.authority()).parse()?);
        plan.rate = Rate::Closed { workers: WORKERS };
        Ok(plan)
    }

    /// The same by another way.
    pub fn plan_by(&self, way: &Forward, path: &str) -> anyhow::Result<Plan> {
        let mut plan = self.plan(path)?;
        plan.url = format!("{}{path}", way.url()).parse()?;
        // A sidecar may go by the name in the request, and the address of the way means nothing to it.
        plan.headers.push((HOST, HeaderValue::from_static(GATEWAY)));
        Ok(plan)
    }

    /// The same with another method and a body, and with the token that writes need.
    pub fn write(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Plan> {
        let mut plan = self.plan(path)?;
        plan.method = method;
        plan.body = body.to_string();
        plan.headers.push((AUTHORIZATION, self.bearer()?));
        Ok(plan)
    }

    /// What a request with the good token says about its caller.
    pub fn bearer(&self) -> anyhow::Result<HeaderValue> {
        HeaderValue::from_str(&format!("Bearer {}", self.token)).context("the token is no header value")
    }

    /// One GET through the ingress.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let answer = probe::call(&self.plan(path)?).await;
        answer.with_context(|| format!("GET {path}"))
    }

    /// Applies a file of the mesh's folder.
    pub async fn apply(&self, path: &str) -> anyhow::Result<()> {
        self.changes.apply(&read(&self.mesh.file(path))?).await
    }
}

/// A plan with one more header.
pub fn with_header(mut plan: Plan, name: &'static str, value: &'static str) -> Plan {
    plan.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
    plan
}

/// Runs a plan until it has sent so many requests.
pub async fn count(mut plan: Plan, count: u64) -> Outcome {
    plan.count = Some(count);
    probe::run(plan, |_| {}).await
}

/// The body of an answer as JSON.
pub fn body(answer: &Answer) -> anyhow::Result<Value> {
    serde_json::from_slice(&answer.body).with_context(|| format!("no JSON: {} {}", answer.status, answer.text()))
}

/// Fails unless the status is this one.
pub fn expect(answer: &Answer, status: u16) -> anyhow::Result<()> {
    ensure!(answer.status == status, "{status} expected, not {}: {}", answer.status, answer.text());
    Ok(())
}

/// Fails with a table and samples unless every request was answered as expected.
pub fn flawless(outcome: &Outcome) -> anyhow::Result<()> {
    ensure!(outcome.is_flawless(), "{}", trouble(outcome));
    Ok(())
}

/// What went wrong with a load, for people.
pub fn trouble(outcome: &Outcome) -> String {
    let samples = outcome.samples.iter().map(|sample| {
        format!("\n  at {:.1} s, request {}: {}: {}", sample.at_seconds, sample.n, sample.what, sample.text.trim())
    });
    format!("{outcome}; by status {:?}{}", outcome.by_status, samples.collect::<String>())
}

/// Calls `look` until it finds what it looks for.
///
/// # Errors
/// After `deadline`: its last error.
pub async fn until<T, F>(deadline: Duration, what: &str, mut look: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let deadline = bounded(deadline);
    let end = Instant::now() + deadline;
    loop {
        match look().await {
            Ok(found) => return Ok(found),
            Err(error) if Instant::now() > end => {
                return Err(error).with_context(|| format!("{what}: not within {deadline:?}"));
            }
            Err(_) => sleep(ASK_EVERY).await,
        }
    }
}

/// A file as text.
pub fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
