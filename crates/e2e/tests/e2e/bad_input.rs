//! Whatever a caller sends: an answer that says what was wrong, no 5xx, and the next request is served.
//!
//! The requests are written byte by byte, because a client library would mend them.

mod bodies;
mod headers;
mod http2;
mod slow;
mod targets;
mod wire;
mod write;

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use e2e::{
    exposition::Exposition,
    raw::{Raw, RawAnswer},
    report::figure,
    service::Service,
    stack::Stack,
    wait::PATIENCE,
};
use serde_json::Value;

use Then::{Any, Closed, Refused, Usable};
use To::{Gateway, Orders, Users};
use bodies::{order_bodies, order_rules, user_bodies};
use headers::{authorization, content_types, heads, hosts, idempotency_keys};
use targets::{ids, methods, paths, queries, steps};
use wire::{framing, large_bodies, versions};
use write::get;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum To {
    Users,
    Orders,
    Gateway,
}

impl To {
    fn addr(self, stack: &Stack) -> SocketAddr {
        match self {
            Users => stack.users.addr(),
            Orders => stack.orders.addr(),
            Gateway => stack.gateway.addr(),
        }
    }

    fn good_path(self) -> &'static str {
        match self {
            Users => "/users/1",
            Orders => "/orders/1",
            Gateway => "/api/users/1",
        }
    }
}

/// What the connection is good for after the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// It serves on.
    Usable,
    /// It is closed, as HTTP demands or because the rest of the body was not worth reading.
    Closed,
    /// Either is right.
    Any,
    /// The bytes are no request to hyper, which answers with a bare status before any service sees it, and closes.
    Refused,
}

/// A request and what must come of it.
struct Case {
    what: String,
    to: To,
    request: Vec<u8>,
    status: u16,
    then: Then,
}

impl Case {
    fn new(what: impl Into<String>, to: To, request: Vec<u8>, status: u16, then: Then) -> Self {
        Self { what: what.into(), to, request, status, then }
    }

    fn check(&self, stack: &Stack) -> Result<(), String> {
        let addr = self.to.addr(stack);
        self.ask(addr).map_err(|error| format!("{:?}, {}: {error:#}", self.to, self.what))
    }

    fn ask(&self, addr: SocketAddr) -> anyhow::Result<()> {
        let mut raw = Raw::open(addr)?;
        raw.send(&self.request)?;
        let is_head = self.request.starts_with(b"HEAD ");
        let answer = raw.answer(if is_head { "HEAD" } else { "" })?;
        ensure!(answer.status == self.status, "{}, not {}: {}", answer.status, self.status, answer.text());
        match self.then {
            Refused => ensure!(answer.body.is_empty(), "hyper gives no body: {}", answer.text()),
            Usable | Closed | Any => expect_signed(&answer, is_head)?,
        }
        match self.then {
            Usable => expect_good(&mut raw, self.to).context("the next request on this connection"),
            Closed | Refused => Ok(ensure_closed(&mut raw)?),
            Any => Ok(()),
        }?;
        expect_good(&mut Raw::open(addr)?, self.to).context("the next request")
    }
}

#[tokio::test]
async fn every_odd_request_is_answered_as_it_should_be() -> anyhow::Result<()> {
    let mut stack = Stack::start(&[]).await?;
    let pids = [stack.users.pid(), stack.orders.pid(), stack.gateway.pid()];
    let cases = cases();
    let wrong: Vec<String> = cases.iter().filter_map(|case| case.check(&stack).err()).collect();
    figure("bad input: requests tried", cases.len());
    ensure!(wrong.is_empty(), "{} are not answered as they should be:\n{}", wrong.len(), wrong.join("\n"));
    for (service, pid) in [&mut stack.users, &mut stack.orders, &mut stack.gateway].into_iter().zip(pids) {
        ensure!(service.is_running() && service.pid() == pid, "{} is another process", service.name());
        expect_unharmed(service).await.with_context(|| service.name().to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order() -> anyhow::Result<()> {
    let stack = Stack::start(&[]).await?;
    let mut raw = Raw::open(stack.users.addr())?;
    let wave = [("/users/1", 200), ("/users/x", 400), ("/users/2", 200), ("/nowhere", 404), ("/users/3", 200)];
    raw.send(&wave.iter().flat_map(|(path, _)| get(path)).collect::<Vec<_>>())?;
    for (path, status) in wave {
        let answer = raw.answer("GET")?;
        ensure!(answer.status == status, "{path}: {} {}", answer.status, answer.text());
    }
    Ok(())
}

fn ensure_closed(raw: &mut Raw) -> anyhow::Result<()> {
    ensure!(raw.is_closed_within(PATIENCE)?, "the connection is left open");
    Ok(())
}

fn expect_good(raw: &mut Raw, to: To) -> anyhow::Result<()> {
    raw.send(&get(to.good_path()))?;
    let answer = raw.answer("GET")?;
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
    Ok(())
}

/// What each answer of a service has, and each error besides.
fn expect_signed(answer: &RawAnswer, is_head: bool) -> anyhow::Result<()> {
    for name in ["x-request-id", "x-served-by", "traceresponse"] {
        ensure!(answer.headers.contains_key(name), "no {name}");
    }
    let needed = match answer.status {
        401 => Some("www-authenticate"),
        405 => Some("allow"),
        _ => None,
    };
    if let Some(name) = needed {
        ensure!(answer.headers.get(name).is_some_and(|value| !value.is_empty()), "no {name}");
    }
    if answer.status < 400 {
        return Ok(());
    }
    let content_type = answer.headers.get("content-type").map(String::as_str);
    ensure!(content_type == Some("application/json"), "content-type: {content_type:?}");
    if is_head {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(&answer.body).with_context(|| answer.text())?;
    for field in [&body["error"]["type"], &body["error"]["message"], &body["error_id"]] {
        ensure!(field.as_str().is_some_and(|text| !text.is_empty()), "not the error shape: {body}");
    }
    Ok(())
}

async fn expect_unharmed(service: &Service) -> anyhow::Result<()> {
    let metrics = Exposition::scrape(&service.admin_url()).await?;
    let failed: Vec<_> = metrics
        .find("axum_http_requests_total", &[])
        .filter(|sample| sample.label("status").starts_with('5'))
        .collect();
    ensure!(failed.is_empty(), "5xx: {failed:?}");
    ensure!(!service.log().text().contains("panicked"), "a panic:\n{}", service.log().text());
    ensure!(service.readiness().await? == 200, "it is not ready any more");
    Ok(())
}

fn cases() -> Vec<Case> {
    let groups = [
        ids(),
        paths(),
        queries(),
        order_bodies(),
        order_rules(),
        user_bodies(),
        content_types(),
        idempotency_keys(),
        steps(),
        methods(),
        versions(),
        hosts(),
        heads(),
        framing(),
        large_bodies(),
        authorization(),
    ];
    groups.into_iter().flatten().collect()
}
