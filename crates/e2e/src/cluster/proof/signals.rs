//! One request can be followed: by one id in the lines of every proxy and every process that it passed.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use http::HeaderValue;
use probe::Answer;
use serde_json::Value;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, SETTLE, until},
    kubectl,
    load::unique,
    measured::Measured,
    mesh::Mesh,
    table::table,
};

/// The processes that log.
pub const SERVICES: [&str; 3] = ["api-gateway", "user-service", "order-service"];
/// Where the ingress logs: its namespace, its container, its labels, and what it is called here.
pub const INGRESS: [&str; 4] = ["istio-system", "istio-proxy", "istio=ingressgateway", "ingress"];

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("signals/log-lines-share-a-trace", Needs::Nothing, log_lines),
        Assertion::new("signals/access-logs-share-a-trace", Needs::Only(Mesh::Istio), access_logs),
    ]
}

/// A request over all three services leaves a line in each, and all have the trace that the caller began.
async fn log_lines(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (trace, answer) = traced(&cluster).await?;
    ensure!(trace_of(&answer) == Some(trace.as_str()), "traceresponse names another trace than {trace}");
    let counts = until(SETTLE, "each service has logged the trace", || async {
        let mut counts = Vec::new();
        for service in SERVICES {
            let lines = lines(SHOP, service, &format!("app={service}"), &trace).await?;
            ensure!(!lines.is_empty(), "{service} has no line with {trace}");
            counts.push(format!("{service} {}", lines.len()));
        }
        Ok(counts)
    })
    .await?;
    Ok(format!("trace {trace}: {} lines", counts.join(", ")).into())
}

/// The same request in the access logs of all proxies, both sides of each hop, under the id that the caller was told and
/// the trace that it began.
async fn access_logs(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (trace, answer) = traced(&cluster).await?;
    let id = answer.header("x-request-id").context("the answer has an x-request-id")?.to_owned();
    let rows = until(SETTLE, "each proxy has logged the request", || async {
        let mut seen: BTreeMap<(String, &str), u64> = BTreeMap::new();
        let mut sources = vec![INGRESS];
        let labels = SERVICES.map(|service| format!("app={service}"));
        sources.extend(SERVICES.iter().zip(&labels).map(|(name, labels)| [SHOP, "istio-proxy", labels.as_str(), name]));
        for [namespace, container, labels, name] in sources {
            for line in lines(namespace, container, labels, &id).await? {
                let parent = line["traceparent"].as_str().unwrap_or_default();
                ensure!(parent.contains(&trace), "a line of {name} with {id} has the trace {parent:?}, not {trace}");
                *seen.entry((name.to_owned(), side(&line))).or_default() += 1;
            }
        }
        for (name, side) in [
            ("ingress", "outbound"),
            ("api-gateway", "inbound"),
            ("api-gateway", "outbound"),
            ("user-service", "inbound"),
            ("order-service", "inbound"),
        ] {
            ensure!(seen.contains_key(&(name.to_owned(), side)), "no {side} line of {name} with {id}: {seen:?}");
        }
        Ok(seen.into_iter().map(|((name, side), n)| vec![name, side.to_owned(), n.to_string()]).collect::<Vec<_>>())
    })
    .await?;
    // What joins both kinds of lines: a process logs the request's id beside the trace's.
    let own = lines(SHOP, "api-gateway", "app=api-gateway", &id).await?;
    ensure!(own.iter().any(|line| line["trace_id"] == trace.as_str()), "api-gateway has no line with {id} and {trace}");
    let line = format!("request {id} of trace {trace} in {} logs of proxies and of the gateway", rows.len());
    Ok(Measured::from(line).with(table(&["proxy", "side", "lines"], &rows)))
}

/// A read over all services in a trace that begins here.
async fn traced(cluster: &Cluster) -> anyhow::Result<(String, Answer)> {
    let trace = format!("{:032x}", unique());
    let mut plan = cluster.plan("/api/users/1/overview")?;
    let parent = HeaderValue::from_str(&format!("00-{trace}-00f067aa0ba902b7-01"))?;
    plan.headers.push(("traceparent".parse()?, parent));
    let answer = probe::call(&plan).await?;
    crate::cluster::context::expect(&answer, 200)?;
    Ok((trace, answer))
}

fn trace_of(answer: &Answer) -> Option<&str> {
    answer.header("traceresponse")?.split('-').nth(1)
}

/// The JSON lines of the last minute, of all such pods, that contain a text.
pub async fn lines(namespace: &str, container: &str, labels: &str, wanted: &str) -> anyhow::Result<Vec<Value>> {
    let args = ["-n", namespace, "logs", "-l", labels, "-c", container, "--since=60s", "--tail=-1"];
    let text = kubectl::run(&args).await?;
    Ok(text.lines().filter(|line| line.contains(wanted)).filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Which side of its pod a proxy's line is about.
fn side(line: &Value) -> &'static str {
    let cluster = line["upstream_cluster"].as_str().unwrap_or_default();
    if cluster.starts_with("inbound") { "inbound" } else { "outbound" }
}
