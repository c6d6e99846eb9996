//! Does a dot on a latency panel lead to its request? The same id in Prometheus, in the answer, in the log and in the spans.

use std::collections::{BTreeMap, BTreeSet};

use ::http::HeaderValue;
use anyhow::{Context, ensure};
use dashboards::scrape::configuration;
use dashboards::{artifacts, check};
use e2e::http::{self, get_request};
use e2e::otlp::{Collector, Kind};
use e2e::report::figure;
use e2e::service::Service;
use e2e::stack::Stack;
use e2e::wait::{PATIENCE, eventually};
use serde_json::Value;

use crate::shop::{SOON, scraped};
use crate::support::Prometheus;

/// A caller that has decided against recording.
const UNRECORDED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

#[tokio::test]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn a_dot_on_a_latency_panel_leads_to_the_log_lines_and_spans_of_its_request() -> anyhow::Result<()> {
    let collector = Collector::start()?;
    let endpoint = collector.endpoint();
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let stack = Stack::start(&env).await?;
    let services = [&stack.gateway, &stack.users, &stack.orders];
    let prometheus = Prometheus::with(&configuration(&services.map(|one| scraped((one, "v1"))), None)).await?;
    prometheus.wait("count(up{} == 1)", SOON, |up| up == 3.0).await?;

    let mut unrecorded = get_request(&format!("{}/api/users/1", stack.gateway.url()));
    unrecorded.headers_mut().insert("traceparent", HeaderValue::from_static(UNRECORDED));
    http::send(unrecorded).await?.expect(200)?;
    let answer = http::get(&format!("{}/api/users/1/overview", stack.gateway.url())).await?.expect(200)?;
    let trace = answer.trace_id().context("no traceresponse")?.to_owned();

    let queries = queries()?;
    ensure!(queries.len() == 2, "the overview and the canary board have a panel of latency each: {queries:#?}");
    for (place, expr, apps) in &queries {
        let dots = eventually(SOON, place, async || {
            let dots = dots(&prometheus.exemplars(expr).await?)?;
            ensure!(dots.iter().map(|dot| dot.app.as_str()).eq(apps.iter().copied()), "{dots:?}");
            Ok(dots)
        });
        for dot in dots.await? {
            ensure!(dot.trace == trace, "{place}: {dot:?} is not of the one recorded request {trace}");
            ensure!(dot.seconds <= dot.bound && dot.seconds > 0.0, "{place}: {dot:?} is not in its bucket");
        }
    }
    for service in services {
        expect_line(service, &trace).await?;
    }
    let spans = collector.wait_for_trace(&trace, 7, PATIENCE).await?;
    let served: BTreeSet<_> =
        spans.iter().filter(|span| span.kind == Kind::Server).map(|span| &*span.service).collect();
    ensure!(served == BTreeSet::from(["api-gateway", "order-service", "user-service"]), "{served:?}");
    figure("one id in the answer, 3 log lines, 7 spans, and the dots of", format!("{} panels", queries.len()));
    Ok(())
}

/// An exemplar as Prometheus gives it back.
#[derive(Debug, PartialEq, PartialOrd)]
struct Dot {
    app: String,
    trace: String,
    seconds: f64,
    bound: f64,
}

fn dots(series: &[Value]) -> anyhow::Result<Vec<Dot>> {
    let mut dots = Vec::new();
    for one in series {
        let text =
            |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("{value} is no text: {one}"));
        for exemplar in one["exemplars"].as_array().context("a list")? {
            dots.push(Dot {
                app: text(&one["seriesLabels"]["app"])?,
                trace: text(&exemplar["labels"]["trace_id"])?,
                seconds: text(&exemplar["value"])?.parse()?,
                bound: text(&one["seriesLabels"]["le"])?.parse()?,
            });
        }
    }
    dots.sort_by(|a, b| a.app.cmp(&b.app));
    Ok(dots)
}

/// What the committed boards ask for dots: the panel, the query, and whose dots it must show.
fn queries() -> anyhow::Result<Vec<(String, String, &'static [&'static str])>> {
    let chosen = [("__rate_interval", "15s"), ("namespace", "shop"), ("app", "order-service")];
    let chosen: BTreeMap<_, _> = chosen.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut queries = Vec::new();
    for board in artifacts().into_iter().filter(|one| one.path.ends_with(".json")) {
        let document: Value = serde_json::from_str(&board.text)?;
        for panel in document["panels"].as_array().context("panels")? {
            let targets = panel["targets"].as_array().into_iter().flatten();
            for target in targets.filter(|target| target["exemplar"] == true) {
                let expr = target["expr"].as_str().context("a query")?;
                let apps: &[_] = if expr.contains("$app") {
                    &["order-service"]
                } else {
                    &["api-gateway", "order-service", "user-service"]
                };
                let place = format!("{}: {}", board.path, panel["title"]);
                queries.push((place, check::resolved(expr, &chosen).map_err(anyhow::Error::msg)?, apps));
            }
        }
    }
    Ok(queries)
}

async fn expect_line(service: &Service, trace: &str) -> anyhow::Result<()> {
    eventually(PATIENCE, "the line of the request is written", async || {
        let lines = service.log().find("trace_id", trace);
        ensure!(lines.iter().filter(|line| line["message"] == "request").count() == 1, "{lines:?}");
        Ok(())
    })
    .await
}
