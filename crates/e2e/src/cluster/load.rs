//! Constant load from outside while something happens inside: reads of both services and new orders, each with its key.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use e2e::shop;
use http::Method;
use probe::{Answer, Failure, Outcome, Plan, Rate, Running};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    admin::Forward,
    context::{Cluster, body, expect, trouble},
};

/// Of ten requests, how many are of each kind.
const SHARES: [(Kind, f64); 3] = [(Kind::Users, 0.4), (Kind::Orders, 0.4), (Kind::NewOrders, 0.2)];

/// The kinds of requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Reads of user-service.
    Users,
    /// Reads of order-service.
    Orders,
    /// Writes to order-service, which asks user-service about the buyer.
    NewOrders,
}

/// The load under way.
#[derive(Debug)]
#[must_use = "the load ends when this is dropped"]
pub struct Load {
    running: Vec<(Kind, Running)>,
    acknowledged: Acknowledged,
    buyer: i64,
    calm: Calm,
    disturbed_seconds: f64,
    way: Option<Forward>,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Of the reads.
    pub reads: Outcome,
    /// Of the writes.
    pub writes: Outcome,
    acknowledged: BTreeMap<String, Value>,
    buyer: i64,
    calm: Calm,
    disturbed_seconds: f64,
    by_pod: bool,
}

/// How long requests took before anything happened, in milliseconds: on a machine that is busy with other things, much.
type Calm = f64;

/// The id that was answered for each new order's SKU.
#[derive(Clone, Debug, Default)]
struct Acknowledged(Arc<Mutex<BTreeMap<String, Value>>>);

impl Load {
    /// Starts so many requests a second, on behalf of a buyer of its own: through the ingress, or by another way in.
    pub async fn start(cluster: &Cluster, way: Option<Forward>, per_second: f64) -> anyhow::Result<Self> {
        let buyer = new_buyer(cluster).await?;
        let acknowledged = Acknowledged::default();
        let mut running = Vec::new();
        for (kind, share) in SHARES {
            let mut plan = kind.plan(cluster, buyer)?;
            if let Some(way) = &way {
                let by_pod = cluster.plan_by(way, &kind.path(buyer))?;
                plan.url = by_pod.url;
                plan.headers.extend(by_pod.headers);
            }
            plan.rate = Rate::PerSecond(per_second * share);
            let seen = acknowledged.clone();
            running.push((kind, Running::start_observed(plan, move |n: u64, result: &_| seen.note(kind, n, result))));
        }
        Ok(Self { running, acknowledged, buyer, calm: 0.0, disturbed_seconds: 0.0, way })
    }

    /// How many requests were sent so far.
    pub fn sent(&self) -> u64 {
        self.running.iter().map(|(_, running)| running.outcome().sent).sum()
    }

    /// Sends so many requests before anything happens: a failure at once would be one of the load itself.
    pub async fn undisturbed(&mut self, count: u64) {
        self.reach(count).await;
        let p99 = self.running.iter().map(|(_, running)| running.outcome().latency.quantile_ms(0.99));
        self.calm = p99.fold(0.0, f64::max);
    }

    /// Does something to the shop meanwhile, and notes how long it takes.
    pub async fn disturbed_by(&mut self, what: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let started = Instant::now();
        what.await?;
        self.disturbed_seconds = started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Goes on until so many requests were sent.
    pub async fn reach(&self, count: u64) {
        while self.sent() < count {
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends it, after the requests under way.
    pub async fn stop(self) -> Report {
        let (mut reads, mut writes) = (Outcome::default(), Outcome::default());
        for (kind, running) in self.running {
            let outcome = running.stop().await;
            if kind == Kind::NewOrders { writes.merge(&outcome) } else { reads.merge(&outcome) }
        }
        Report {
            reads,
            writes,
            acknowledged: self.acknowledged.all(),
            buyer: self.buyer,
            calm: self.calm,
            disturbed_seconds: self.disturbed_seconds,
            by_pod: self.way.is_some(),
        }
    }
}

impl Report {
    /// Reads or writes that got no answer, or one that is not as it should be.
    pub fn bad(outcome: &Outcome) -> u64 {
        outcome.failures() + outcome.unexpected
    }

    /// Fails unless every request was answered as it should be.
    pub fn expect_flawless(&self) -> anyhow::Result<()> {
        let bad = Self::bad(&self.reads) + Self::bad(&self.writes);
        ensure!(bad == 0, "{bad} failed of {}\n{}", self.line(), self.trouble());
        Ok(())
    }

    /// Fails unless each order that was acknowledged exists exactly once; says how many there are.
    pub async fn expect_each_order_once(&self, cluster: &Cluster) -> anyhow::Result<usize> {
        let orders = orders_of(cluster, self.buyer).await?;
        shop::expect_each_once(&self.acknowledged, &orders)?;
        Ok(self.acknowledged.len())
    }

    /// `4000 requests at 98/s, disturbed for 30 s, p99 40 ms (12 ms before)`.
    pub fn line(&self) -> String {
        let mut all = self.reads.clone();
        all.merge(&self.writes);
        let (rate, p99) = (all.sent as f64 / all.duration_seconds.max(0.001), all.latency.quantile_ms(0.99));
        let (disturbed, calm) = (self.disturbed_seconds, self.calm);
        let way = if self.by_pod { " through a pod" } else { "" };
        format!(
            "{} requests{way} at {rate:.0}/s, disturbed for {disturbed:.0} s, p99 {p99:.0} ms ({calm:.0} ms before)",
            all.sent
        )
    }

    /// What went wrong.
    pub fn trouble(&self) -> String {
        format!("reads: {}\nwrites: {}", trouble(&self.reads), trouble(&self.writes))
    }
}

impl Kind {
    fn path(self, buyer: i64) -> String {
        match self {
            Self::Users => format!("/api/users/{buyer}"),
            Self::Orders => "/api/orders/1".to_owned(),
            Self::NewOrders => "/api/orders".to_owned(),
        }
    }

    fn plan(self, cluster: &Cluster, buyer: i64) -> anyhow::Result<Plan> {
        match self {
            Self::Users | Self::Orders => cluster.plan(&self.path(buyer)),
            Self::NewOrders => {
                let line =
                    json!({"sku": "load-{n}", "quantity": 1, "unit_price": {"amount_minor": 1, "currency": "EUR"}});
                let mut plan =
                    cluster.write(Method::POST, &self.path(buyer), &json!({"user_id": buyer, "lines": [line]}))?;
                plan.headers.push(("idempotency-key".parse()?, format!("load-{buyer}-{{n}}").parse()?));
                Ok(plan)
            }
        }
    }
}

impl Acknowledged {
    fn note(&self, kind: Kind, n: u64, result: &Result<Answer, Failure>) {
        let Ok(answer) = result else { return };
        if kind == Kind::NewOrders && answer.status.is_success() {
            let id = body(answer).map(|body| body["data"]["id"].clone()).unwrap_or_default();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("load-{n}"), id);
        }
    }

    fn all(&self) -> BTreeMap<String, Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A buyer whose orders can be told from all others. Orders are never deleted, so the buyer stays as well.
async fn new_buyer(cluster: &Cluster) -> anyhow::Result<i64> {
    let user = json!({"name": "Load", "email": format!("load-{}@example.com", unique())});
    let answer = probe::call(&cluster.write(Method::POST, "/api/users", &user)?).await?;
    expect(&answer, 201)?;
    body(&answer)?["data"]["id"].as_i64().context("a new user has an id")
}

/// All orders of a buyer, page by page.
async fn orders_of(cluster: &Cluster, buyer: i64) -> anyhow::Result<Vec<Value>> {
    let mut orders = Vec::new();
    let mut after = String::new();
    loop {
        let answer = cluster.get(&format!("/api/orders?user_id={buyer}&limit=100{after}")).await?;
        expect(&answer, 200)?;
        let page = body(&answer)?;
        orders.extend(page["data"]["items"].as_array().context("a page has items")?.iter().cloned());
        let Some(next) = page["data"]["next"].as_i64() else { return Ok(orders) };
        after = format!("&after={next}");
    }
}

/// Differs from call to call.
pub fn unique() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_micros()
}
