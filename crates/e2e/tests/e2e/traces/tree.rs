//! Which spans a request makes, and which is whose parent.

use ::http::{HeaderValue, Request};
use anyhow::ensure;
use bytes::Bytes;
use e2e::{
    http::{self, post_request},
    otlp::{
        Collector,
        Kind::{Client, Server},
        Span, Status,
    },
    service::Service,
    shop, stack, token,
    wait::PATIENCE,
};

use super::{Row, SPANS, Traced, access_lines, trace_id, with_collector};

const OVERVIEW: [Row; SPANS] = [
    ("api-gateway", Server, "GET /api/users/{id}/overview", None),
    ("api-gateway", Client, "GET /users/{id}", Some(0)),
    ("user-service", Server, "GET /users/{id}", Some(1)),
    ("user-service", Client, "SELECT users", Some(2)),
    ("api-gateway", Client, "GET /orders", Some(0)),
    ("order-service", Server, "GET /orders", Some(4)),
    ("order-service", Client, "SELECT orders", Some(5)),
];

const PLACED_ORDER: [Row; SPANS] = [
    ("api-gateway", Server, "POST /api/orders", None),
    ("api-gateway", Client, "POST /orders", Some(0)),
    ("order-service", Server, "POST /orders", Some(1)),
    ("order-service", Client, "GET /users/{id}", Some(2)),
    ("user-service", Server, "GET /users/{id}", Some(3)),
    ("user-service", Client, "SELECT users", Some(4)),
    ("order-service", Client, "INSERT orders", Some(2)),
];

#[tokio::test]
async fn an_overview_is_one_trace_through_three_processes() -> anyhow::Result<()> {
    let traced = Traced::start(&[("SERVICE_VERSION", "v1")]).await?;
    let answer = traced.get("/api/users/1/overview", &[]).await?.expect(200)?;
    let spans = traced.expect_tree(&answer, &OVERVIEW).await?;
    expect_attributes(
        &spans[0],
        &[
            ("http.request.method", "GET"),
            ("http.route", "/api/users/{id}/overview"),
            ("url.path", "/api/users/1/overview"),
            ("url.scheme", "http"),
            ("http.response.status_code", "200"),
        ],
    )?;
    let users = traced.stack.users.addr();
    let (host, port) = (users.ip().to_string(), users.port().to_string());
    let call = [
        ("http.request.method", "GET"),
        ("url.template", "/users/{id}"),
        ("peer.service", "user-service"),
        ("server.address", host.as_str()),
        ("server.port", port.as_str()),
        ("http.response.status_code", "200"),
    ];
    expect_attributes(&spans[1], &call)?;
    let query = [("db.system.name", "sqlite"), ("db.operation.name", "SELECT"), ("db.collection.name", "users")];
    expect_attributes(&spans[3], &query)?;
    traced.expect_lines(&answer).await
}

#[tokio::test]
async fn an_order_is_one_trace_through_three_processes() -> anyhow::Result<()> {
    let traced = Traced::start(&[]).await?;
    let order = authorized(post_request(&traced.url("/api/orders"), &shop::new_order("TRACE-1")))?;
    let answer = http::send(order).await?.expect(201)?;
    let spans = traced.expect_tree(&answer, &PLACED_ORDER).await?;
    expect_attributes(&spans[2], &[("http.route", "/orders"), ("http.response.status_code", "201")])?;
    expect_attributes(&spans[6], &[("db.operation.name", "INSERT"), ("db.collection.name", "orders")])?;
    traced.expect_lines(&answer).await
}

#[tokio::test]
async fn the_release_is_the_version_of_the_spans() -> anyhow::Result<()> {
    let collector = Collector::start()?;
    let users = Service::start_ready("user-service", &[]).await?;
    let orders = stack::orders(&users, &with_collector(&collector.endpoint(), &[("SERVICE_VERSION", "v2")])).await?;
    let answer = http::get(&format!("{}/orders/1", orders.url())).await?.expect(200)?;
    let spans = collector.wait_for_trace(trace_id(&answer)?, 2, PATIENCE).await?;
    ensure!(spans.iter().all(|span| span.service == "order-service" && span.version == "v2"), "{spans:?}");
    Ok(())
}

#[tokio::test]
async fn a_failing_call_is_an_error_in_spans_and_logs() -> anyhow::Result<()> {
    let mut traced = Traced::start(&[]).await?;
    traced.stack.orders.kill();
    let answer = traced.get("/api/orders/1", &[]).await?.expect(503)?;
    let spans = traced.collector.wait_for_trace(trace_id(&answer)?, 2, PATIENCE).await?;
    for span in &spans {
        ensure!(span.status == Status::Error, "{} is no error: {:?}", span.name, span.status);
        ensure!(span.attribute("error.type").is_some(), "{} has no error.type", span.name);
    }
    let line = access_lines(&traced.stack.gateway, trace_id(&answer)?, 1).await?;
    ensure!(line[0]["status"] == 503 && line[0]["level"] == "WARN", "{line:?}");
    let lines = traced.stack.gateway.log().find("trace_id", trace_id(&answer)?);
    ensure!(lines.iter().any(|line| line["message"] != "request"), "nothing says why: {lines:?}");

    let missing = traced.get("/api/users/999", &[]).await?.expect(404)?;
    let spans = traced.collector.wait_for_trace(trace_id(&missing)?, 4, PATIENCE).await?;
    for span in spans.iter().filter(|span| span.kind == Server) {
        ensure!(span.status != Status::Error, "a 404 is the caller's error, not that of {}", span.service);
    }
    Ok(())
}

fn expect_attributes(span: &Span, expected: &[(&str, &str)]) -> anyhow::Result<()> {
    for (key, value) in expected {
        let found = span.attribute(key);
        ensure!(found == Some(value), "{} {}: {key} is {found:?}, not {value}", span.service, span.name);
    }
    Ok(())
}

fn authorized(mut request: Request<Bytes>) -> anyhow::Result<Request<Bytes>> {
    request.headers_mut().insert("authorization", HeaderValue::try_from(token::bearer("e2e"))?);
    Ok(request)
}
