//! One request, one trace: through three processes, in their spans and in their log lines, whatever the caller speaks.

mod callers;
mod carried;
mod collector;
mod database;
mod tree;

use ::http::{HeaderName, HeaderValue};
use anyhow::{Context, bail, ensure};
use e2e::{
    http::{self, Answer, get_request},
    otlp::{Collector, Kind, Span},
    service::Service,
    stack::{self, Stack},
    wait::{PATIENCE, eventually},
};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Spans of a request to the overview, and of an order that is placed through the gateway.
const SPANS: usize = 7;

/// A span as it must be: its service, its kind, its name, and the row of its parent; the first row is the root.
type Row = (&'static str, Kind, &'static str, Option<usize>);

/// The three services and a collector of their spans.
struct Traced {
    collector: Collector,
    stack: Stack,
}

impl Traced {
    async fn start(env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let collector = Collector::start()?;
        let stack = Stack::start(&with_collector(&collector.endpoint(), env)).await?;
        Ok(Self { collector, stack })
    }

    fn services(&self) -> [&Service; 3] {
        [&self.stack.gateway, &self.stack.users, &self.stack.orders]
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stack.gateway.url())
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        send(&self.stack.gateway, path, headers).await
    }

    /// A recorded request through all three, whose spans have arrived: what was to be exported before has been.
    async fn fence(&self) -> anyhow::Result<String> {
        let answer = self.get("/api/users/1/overview", &[]).await?.expect(200)?;
        self.collector.wait_for_trace(trace_id(&answer)?, SPANS, PATIENCE).await?;
        Ok(trace_id(&answer)?.to_owned())
    }

    /// Waits for the spans of these traces, of which there must be no others.
    async fn expect_only(&self, traces: &[&str]) -> anyhow::Result<()> {
        for trace in traces {
            self.collector.wait_for_trace(trace, SPANS, PATIENCE).await?;
        }
        let others: Vec<_> =
            self.collector.spans().into_iter().filter(|span| !traces.contains(&span.trace_id.as_str())).collect();
        ensure!(others.is_empty(), "{} other spans, one of {} {}", others.len(), others[0].service, others[0].name);
        Ok(())
    }

    /// The spans of an answer, in the order of the table that they must agree with.
    async fn expect_tree(&self, answer: &Answer, rows: &[Row]) -> anyhow::Result<Vec<Span>> {
        let found = self.collector.wait_for_trace(trace_id(answer)?, rows.len(), PATIENCE).await?;
        let is =
            |span: &Span, row: &Row| (span.service.as_str(), span.kind, span.name.as_str()) == (row.0, row.1, row.2);
        let mut spans: Vec<Span> = Vec::new();
        for row in rows {
            let parent = row.3.map_or(String::new(), |parent| spans[parent].span_id.clone());
            let mut matching = found.iter().filter(|span| is(span, row) && span.parent_id == parent);
            let one = matching.next().with_context(|| format!("no {row:?} in\n{}", show(&found)))?;
            ensure!(matching.next().is_none(), "{row:?} twice in\n{}", show(&found));
            ensure!(one.version == "v1", "{row:?} is of release {:?}", one.version);
            spans.push(one.clone());
        }
        ensure!(found.len() == rows.len(), "more spans than expected:\n{}", show(&found));
        let traceresponse = format!("00-{}-{}-01", trace_id(answer)?, spans[0].span_id);
        ensure!(answer.header("traceresponse") == Some(&traceresponse), "{:?}", answer.header("traceresponse"));
        Ok(spans)
    }

    /// Waits until each process has written the line of its part of the request, under the trace and the request id of the
    /// answer. Lines are written a moment later than the answer.
    async fn expect_lines(&self, answer: &Answer) -> anyhow::Result<()> {
        let request_id = answer.header("x-request-id").context("no x-request-id")?;
        for service in self.services() {
            let [line] = &access_lines(service, trace_id(answer)?, 1).await?[..] else {
                bail!("more than one line of {}", service.name())
            };
            ensure!(line["request_id"] == request_id, "{line}");
            ensure!(line["span_id"].as_str().is_some_and(|id| id.len() == 16), "{line}");
        }
        Ok(())
    }
}

/// Waits for this many lines of requests in a trace.
async fn access_lines(service: &Service, trace_id: &str, count: usize) -> anyhow::Result<Vec<Value>> {
    let what = format!("{} writes {count} lines of the trace {trace_id}", service.name());
    let lines = eventually(PATIENCE, &what, async || {
        let mut lines = service.log().find("trace_id", trace_id);
        lines.retain(|line| line["message"] == "request");
        ensure!(lines.len() >= count, "{} lines", lines.len());
        Ok(lines)
    });
    lines.await.with_context(|| service.log().tail())
}

fn show(spans: &[Span]) -> String {
    let line =
        |span: &Span| format!("{} {:?} {} {} < {}\n", span.service, span.kind, span.name, span.span_id, span.parent_id);
    spans.iter().map(line).collect()
}

fn trace_id(answer: &Answer) -> anyhow::Result<&str> {
    answer.trace_id().context("no traceresponse")
}

/// The variables that send spans to a collector soon.
fn with_collector<'a>(endpoint: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    stack::with(more, &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50")])
}

async fn send(service: &Service, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
    let mut request = get_request(&format!("{}{path}", service.url()));
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::try_from(*name)?, HeaderValue::from_str(value)?);
    }
    http::send(request).await
}
