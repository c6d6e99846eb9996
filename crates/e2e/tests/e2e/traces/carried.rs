//! What of a caller's context an upstream gets to see.

use anyhow::{Context, ensure};
use e2e::{otlp::Collector, recorder::Recorder, service::Service, stack};
use serde_json::{Value, json};

use super::{SPAN, TRACE, send, with_collector};

#[tokio::test]
async fn a_context_reaches_the_upstream_recorded_or_not() -> anyhow::Result<()> {
    let collector = Collector::start()?;
    let upstream = Recorder::start(&user()).await?;
    let gateway = gateway_before(&upstream.url(), &with_collector(&collector.endpoint(), &[])).await?;
    for flags in ["00", "01"] {
        let parent = format!("00-{TRACE}-{SPAN}-{flags}");
        let context = [
            ("traceparent", parent.as_str()),
            ("tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
            ("baggage", "userId=alice,serverNode=DF%2028;isProduction=false"),
            ("x-request-id", "request-7"),
            ("x-canary", "v2"),
        ];
        let answer = send(&gateway, "/api/users/1", &context).await?.expect(200)?;
        ensure!(answer.header("x-request-id") == Some("request-7"), "{:?}", answer.headers);
        let asked = upstream.last()?;
        for (name, value) in &context[1..] {
            ensure!(asked.header(name).as_deref() == Some(value), "flags {flags}, {name}: {:?}", asked.header(name));
        }
        let traceparent = asked.header("traceparent").context("no traceparent")?;
        let fields: Vec<&str> = traceparent.split('-').collect();
        ensure!(fields[..2] == ["00", TRACE] && fields[3] == flags, "{traceparent}");
        ensure!(
            (fields[2] == SPAN) == (flags == "00"),
            "the parent of the upstream is not the client span: {traceparent}"
        );
        ensure!(asked.header("b3").is_none() && asked.header("x-b3-traceid").is_none(), "B3 was not asked for");
    }
    Ok(())
}

#[tokio::test]
async fn several_lines_of_a_list_are_carried_like_one() -> anyhow::Result<()> {
    let upstream = Recorder::start(&user()).await?;
    let gateway = gateway_before(&upstream.url(), &[]).await?;
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let context = [
        ("traceparent", parent.as_str()),
        ("tracestate", "congo=1"),
        ("tracestate", "rojo=2"),
        ("baggage", "a=1"),
        ("baggage", "b=2"),
    ];
    send(&gateway, "/api/users/1", &context).await?.expect(200)?;
    let asked = upstream.last()?;
    let list = |name| asked.header(name).unwrap_or_default().replace(' ', "");
    ensure!(list("baggage") == "a=1,b=2", "baggage: {}", list("baggage"));
    ensure!(list("tracestate") == "congo=1,rojo=2", "tracestate: {}", list("tracestate"));
    Ok(())
}

#[tokio::test]
async fn b3_goes_on_in_the_form_in_which_it_came() -> anyhow::Result<()> {
    let upstream = Recorder::start(&user()).await?;
    let gateway = gateway_before(&upstream.url(), &[]).await?;
    let single = format!("{TRACE}-{SPAN}-1");
    send(&gateway, "/api/users/1", &[("b3", &single)]).await?.expect(200)?;
    let asked = upstream.last()?;
    let b3 = asked.header("b3").context("no b3")?;
    ensure!(b3.starts_with(TRACE) && b3.ends_with("-1"), "{b3}");
    ensure!(asked.header("x-b3-traceid").is_none(), "the other form was not asked for");
    ensure!(asked.header("traceparent").is_some_and(|value| value.contains(TRACE)), "W3C goes along");

    let multiple = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    send(&gateway, "/api/users/1", &multiple).await?.expect(200)?;
    let asked = upstream.last()?;
    ensure!(asked.header("x-b3-traceid").as_deref() == Some(TRACE), "{:?}", asked.headers);
    ensure!(asked.header("x-b3-sampled").as_deref() == Some("1"), "{:?}", asked.headers);
    ensure!(asked.header("b3").is_none(), "the other form was not asked for");
    Ok(())
}

#[tokio::test]
async fn no_empty_header_is_sent_for_what_did_not_come() -> anyhow::Result<()> {
    let collector = Collector::start()?;
    let upstream = Recorder::start(&user()).await?;
    let gateway = gateway_before(&upstream.url(), &with_collector(&collector.endpoint(), &[])).await?;
    send(&gateway, "/api/users/1", &[]).await?.expect(200)?;
    let asked = upstream.last()?;
    for name in ["tracestate", "baggage", "x-canary", "b3", "x-b3-traceid", "authorization", "cookie"] {
        ensure!(asked.header(name).is_none(), "{name}: {:?}", asked.header(name));
    }
    for name in ["traceparent", "x-request-id"] {
        ensure!(asked.header(name).is_some_and(|value| !value.is_empty()), "no {name}");
    }
    Ok(())
}

async fn gateway_before(upstream: &str, env: &[(&str, &str)]) -> anyhow::Result<Service> {
    let urls = [("USER_SERVICE_URL", upstream), ("ORDER_SERVICE_URL", upstream)];
    Service::start_ready("api-gateway", &stack::with(env, &urls)).await
}

fn user() -> Value {
    json!({"id": 1, "name": "Ada", "email": "ada@example.com", "created_at": "2025-01-01T00:00:00.000Z"})
}
