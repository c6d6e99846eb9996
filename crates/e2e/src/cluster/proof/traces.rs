//! One request is one trace: through the ingress, every proxy, process and database that it passes, and in all their logs.

mod lines;
mod sampling;
mod tree;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use e2e::shop;
use http::{HeaderName, HeaderValue, Method};
use probe::{Plan, collect::Span};

use self::tree::Tree;
use crate::cluster::{
    assertion::{Assertion, Needs},
    collector::{ARRIVAL, Collector},
    context::{Cluster, expect, until},
    load::unique,
    measured::Measured,
    mesh::Mesh,
};

/// The span of the caller that begins a trace here.
const CALLER: &str = "00f067aa0ba902b7";

/// What asks a proxy for a trace, whatever share of requests it records otherwise.
const ASK: &str = "x-client-trace-id";

/// What the release is asked for; proxies note it in their spans.
const CANARY: &str = "v2";

/// A read of both services at once.
const OVERVIEW: &str = "/api/users/1/overview";

/// A proxy that gets a new listener serves connections that are open under the old one for 45 s, and that one knows no
/// collector.
const KNOWN: Duration = Duration::from_secs(90);

/// Enough requests for each pod to get one.
const AT_ONCE: usize = 6;

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("traces/read-of-two-services", Needs::Nothing, read),
        Assertion::new("traces/order-that-asks-for-its-buyer", Needs::Nothing, write),
        Assertion::new("traces/share-at-the-ingress", Needs::Only(Mesh::Istio), sampling::at_the_ingress),
        Assertion::new("traces/share-inside", Needs::Only(Mesh::Istio), sampling::inside),
        Assertion::new("traces/share-without-a-proxy", Needs::Nothing, sampling::without_a_proxy),
    ]
}

/// A read of both services at once.
async fn read(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    followed(&cluster, &cluster.plan(OVERVIEW)?, 200, &overview(&cluster)).await
}

fn overview(cluster: &Cluster) -> Tree {
    let mut tree = Tree::new(cluster.mesh);
    let gateway = tree.enter("GET /api/users/{id}/overview");
    let users = tree.call(gateway, "api-gateway", "GET /users/{id}", "user-service");
    tree.query(users, "user-service", "SELECT users");
    let orders = tree.call(gateway, "api-gateway", "GET /orders", "order-service");
    tree.query(orders, "order-service", "SELECT orders");
    tree
}

/// A write, in which a service calls another.
async fn write(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut tree = Tree::new(cluster.mesh);
    let gateway = tree.enter("POST /api/orders");
    let orders = tree.call(gateway, "api-gateway", "POST /orders", "order-service");
    let users = tree.call(orders, "order-service", "GET /users/{id}", "user-service");
    tree.query(users, "user-service", "SELECT users");
    tree.query(orders, "order-service", "INSERT orders");
    followed(&cluster, &cluster.write(Method::POST, "/api/orders", &shop::new_order("TRACE"))?, 201, &tree).await
}

/// Sends the request in a trace of its own, and finds the tree in the spans and each span in a log.
async fn followed(cluster: &Cluster, plan: &Plan, status: u16, tree: &Tree) -> anyhow::Result<Measured> {
    let collector = known(cluster).await?;
    let trace = ask(plan, status).await?;
    let spans = arrived(collector, tree, &trace).await?;
    if let Some(span) = tree::sidecars(&spans).find(|span| span.attribute("canary") != Some(CANARY)) {
        bail!("{} notes x-canary as {:?}, not as {CANARY}", span.service, span.attribute("canary"));
    }
    let lines = lines::of(cluster.mesh, &spans, &trace).await?;
    let line = format!("trace {trace}: {} spans, each with its parent, {lines} of them in log lines", spans.len());
    Ok(Measured::from(line).with(tree.shown(&spans)))
}

/// The collector, when everybody has found it: a name that is new reaches each proxy and each exporter in its own time.
///
/// # Errors
/// When some of what is sent to all pods does not come; with the first trace that is not whole.
async fn known(cluster: &Cluster) -> anyhow::Result<&Collector> {
    let (collector, plan, tree) = (cluster.collector().await?, cluster.plan(OVERVIEW)?, overview(cluster));
    until(KNOWN, "everybody has found the collector", || async {
        let mut traces = Vec::new();
        for _ in 0..AT_ONCE {
            traces.push(ask(&plan, 200).await?);
        }
        for trace in &traces {
            arrived(collector, &tree, trace).await?;
        }
        Ok(collector)
    })
    .await
}

/// Sends it as a caller that records, and returns the trace.
async fn ask(plan: &Plan, status: u16) -> anyhow::Result<String> {
    let trace = format!("{:032x}", unique());
    let mut plan = plan.clone();
    for (name, value) in
        [("traceparent", format!("00-{trace}-{CALLER}-01")), (ASK, trace.clone()), ("x-canary", CANARY.to_owned())]
    {
        plan.headers.push((HeaderName::from_static(name), HeaderValue::from_str(&value)?));
    }
    let answer = probe::call(&plan).await?;
    expect(&answer, status)?;
    let told = answer.header("traceresponse").and_then(|value| value.split('-').nth(1)).context("no traceresponse")?;
    ensure!(told == trace, "the answer is of the trace {told}, not of {trace}");
    Ok(trace)
}

/// The spans of the trace, in the order of the tree that they must agree with.
async fn arrived(collector: &Collector, tree: &Tree, trace: &str) -> anyhow::Result<Vec<Span>> {
    let look = || async { tree.matched(collector.trace(trace).await?.spans, CALLER) };
    until(ARRIVAL, "the whole trace has arrived", look).await
}
