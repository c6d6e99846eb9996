//! Who decides about a trace: the caller first, then the settings.

use anyhow::{Context, ensure};
use e2e::{http, wait::PATIENCE};

use super::{SPAN, SPANS, TRACE, Traced, access_lines, trace_id};

/// What a caller sends. TRACE, SHORT (its second half) and SPAN stand for ids, a new trace for each caller.
type Caller = (&'static str, &'static [(&'static str, &'static str)]);

const CALLERS: [Caller; 6] = [
    ("W3C", &[("traceparent", "00-TRACE-SPAN-01")]),
    ("B3 in one header", &[("b3", "TRACE-SPAN-1")]),
    ("B3 in several headers", &[("x-b3-traceid", "TRACE"), ("x-b3-spanid", "SPAN"), ("x-b3-sampled", "1")]),
    ("B3 with its debug flag", &[("x-b3-traceid", "TRACE"), ("x-b3-spanid", "SPAN"), ("x-b3-flags", "1")]),
    ("B3 with a short trace id", &[("b3", "SHORT-SPAN-1")]),
    ("W3C beside another B3", &[("traceparent", "00-TRACE-SPAN-01"), ("b3", "SHORT-SPAN-1")]),
];

#[tokio::test]
async fn callers_of_every_kind_join() -> anyhow::Result<()> {
    let traced = Traced::start(&[]).await?;
    for (n, (what, headers)) in CALLERS.into_iter().enumerate() {
        let short = format!("4bf92f3577b34d{n:02}");
        let long = format!("a3ce929d0e0e4736{short}");
        let value = |value: &str| value.replace("TRACE", &long).replace("SHORT", &short).replace("SPAN", SPAN);
        let sent: Vec<_> = headers.iter().map(|(name, template)| (*name, value(template))).collect();
        let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected = if what.contains("short") { format!("{short:0>32}") } else { long.clone() };

        let answer = traced.get("/api/users/1/overview", &sent).await?.expect(200)?;
        ensure!(trace_id(&answer)? == expected, "{what}: the answer names {}", trace_id(&answer)?);
        let spans = traced.collector.wait_for_trace(&expected, SPANS, PATIENCE).await.context(what)?;
        let mut roots = spans.iter().filter(|span| span.parent_id == SPAN);
        ensure!(
            roots.next().is_some_and(|root| root.service == "api-gateway"),
            "{what}: nothing joins the caller's span"
        );
        ensure!(roots.next().is_none(), "{what}: more than one span joins the caller's");
    }
    Ok(())
}

#[tokio::test]
async fn an_unsampled_caller_gets_no_span_and_keeps_its_trace() -> anyhow::Result<()> {
    let traced = Traced::start(&[]).await?;
    let w3c = format!("00-{TRACE}-{SPAN}-00");
    let single = format!("{TRACE}-{SPAN}-0");
    let multiple = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "0")];
    let callers: [&[(&str, &str)]; 3] = [&[("traceparent", &w3c)], &[("b3", &single)], &multiple];
    for (seen, headers) in callers.into_iter().enumerate() {
        let answer = traced.get("/api/users/1/overview", headers).await?.expect(200)?;
        ensure!(trace_id(&answer)? == TRACE, "{headers:?}: {:?}", answer.header("traceresponse"));
        ensure!(answer.header("traceresponse").is_some_and(|value| value.ends_with("-00")), "it says that it records");
        for service in traced.services() {
            let lines = access_lines(service, TRACE, seen + 1).await.with_context(|| format!("{headers:?}"))?;
            ensure!(lines.len() == seen + 1, "{headers:?}: {} lines of {}", lines.len(), service.name());
        }
    }
    // A caller of B3 may refuse without naming a trace.
    let refused = traced.get("/api/users/1/overview", &[("b3", "0")]).await?.expect(200)?;
    let fence = traced.fence().await?;
    traced.expect_only(&[&fence]).await?;
    ensure!(traced.collector.trace(trace_id(&refused)?).is_empty(), "b3: 0 is recorded");
    Ok(())
}

#[tokio::test]
async fn a_ratio_of_zero_records_only_what_a_caller_asks_for() -> anyhow::Result<()> {
    let ratio = [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let traced = Traced::start(&ratio).await?;
    for _ in 0..20 {
        let answer = traced.get("/api/users/1/overview", &[]).await?.expect(200)?;
        traced.expect_lines(&answer).await?;
    }
    let parent = format!("00-{TRACE}-{SPAN}-01");
    traced.get("/api/users/1/overview", &[("traceparent", &parent)]).await?.expect(200)?;
    traced.expect_only(&[TRACE]).await
}

#[tokio::test]
async fn a_disabled_sdk_exports_nothing_and_carries_the_context_on() -> anyhow::Result<()> {
    let mut traced = Traced::start(&[("OTEL_SDK_DISABLED", "true"), ("DRAIN_DELAY_MS", "0")]).await?;
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let answer = traced.get("/api/users/1/overview", &[("traceparent", &parent)]).await?.expect(200)?;
    ensure!(trace_id(&answer)? == TRACE, "{:?}", answer.header("traceresponse"));
    traced.expect_lines(&answer).await?;
    // The end of a process sends what it holds back.
    for service in [&mut traced.stack.gateway, &mut traced.stack.orders, &mut traced.stack.users] {
        service.terminate()?;
        ensure!(service.wait_exit().await?.success(), "{} did not end well", service.name());
    }
    ensure!(traced.collector.spans().is_empty(), "{:?}", traced.collector.spans());
    Ok(())
}

#[tokio::test]
async fn probes_and_the_admin_port_make_no_spans() -> anyhow::Result<()> {
    let traced = Traced::start(&[]).await?;
    for service in traced.services() {
        for path in ["/livez", "/readyz", "/metrics", "/version", "/openapi.json", "/log-level", "/faults", "/nowhere"]
        {
            http::get(&format!("{}{path}", service.admin_url())).await?;
        }
    }
    let fence = traced.fence().await?;
    traced.expect_only(&[&fence]).await
}
