//! A run of known requests, and what each process makes of it.

use std::collections::BTreeMap;

use ::http::{HeaderValue, Method, Request};
use anyhow::{Context, ensure};
use bytes::Bytes;
use e2e::{
    exposition::{Exposition, Sample},
    http::{self, post_request, request},
    report::figure,
    service::Service,
    shop,
    stack::Stack,
    token,
};

use super::{DURATION, PENDING, REQUESTS, expect, expect_calls, scrape, url, whole};

/// What a process may cost a Prometheus, after a run over most of its routes.
const MAX_SERIES: usize = 400;

/// The page that says what it does cost.
const PAGE: &str = include_str!("../../../../../dashboards/README.md");

/// How often, method, path at the gateway, with a token, status.
type Asked = (usize, &'static str, &'static str, bool, u16);

/// Requests to the gateway. Orders are placed apart, for their bodies.
pub(super) const ASKED: [Asked; 14] = [
    (7, "GET", "/api/users/1", false, 200),
    (3, "GET", "/api/users/999", false, 404),
    (2, "GET", "/api/users/x", false, 400),
    (2, "GET", "/api/users?limit=2", false, 200),
    (5, "GET", "/api/orders/1", false, 200),
    (4, "GET", "/api/users/1/overview", false, 200),
    (2, "HEAD", "/api/users/1", false, 200),
    (1, "OPTIONS", "/api/users/1", false, 204),
    (3, "POST", "/api/orders/2/pay", false, 401),
    (1, "POST", "/api/orders/2/pay", true, 200),
    (2, "POST", "/api/orders/2/pay", true, 409),
    (1, "DELETE", "/api/orders", true, 405),
    (6, "GET", "/nowhere", false, 404),
    (1, "BREW", "/api/users/1", true, 405),
];

/// Orders that are placed, and repeats of the last one with its key.
const ORDERS: usize = 6;
const REPEATS: usize = 3;

/// Method, endpoint, status, how often.
type Counted = (&'static str, &'static str, u16, usize);

const AT_GATEWAY: [Counted; 15] = [
    ("GET", "/api/users/{id}", 200, 7),
    ("GET", "/api/users/{id}", 404, 3),
    ("GET", "/api/users/{id}", 400, 2),
    ("GET", "/api/users", 200, 2),
    ("GET", "/api/orders/{id}", 200, 5),
    ("GET", "/api/users/{id}/overview", 200, 4),
    ("HEAD", "/api/users/{id}", 200, 2),
    ("OPTIONS", "/api/users/{id}", 204, 1),
    ("POST", "/api/orders/{id}/pay", 401, 3),
    ("POST", "/api/orders/{id}/pay", 200, 1),
    ("POST", "/api/orders/{id}/pay", 409, 2),
    ("DELETE", "/api/orders", 405, 1),
    ("GET", "unmatched", 404, 6),
    ("OTHER", "/api/users/{id}", 405, 1),
    ("POST", "/api/orders", 201, ORDERS + REPEATS),
];

/// The overviews and the buyers of orders are looked up here too.
const AT_USER_SERVICE: [Counted; 4] = [
    ("GET", "/users/{id}", 200, 7 + 4 + 2 + ORDERS),
    ("GET", "/users/{id}", 404, 3),
    ("GET", "/users/{id}", 400, 2),
    ("GET", "/users", 200, 2),
];

const AT_ORDER_SERVICE: [Counted; 5] = [
    ("GET", "/orders/{id}", 200, 5),
    ("GET", "/orders", 200, 4),
    ("POST", "/orders/{id}/pay", 200, 1),
    ("POST", "/orders/{id}/pay", 409, 2),
    ("POST", "/orders", 201, ORDERS + REPEATS),
];

#[tokio::test]
async fn counts_equal_the_requests_made() -> anyhow::Result<()> {
    let stack = Stack::start(&[]).await?;
    for (times, method, path, with_token, status) in ASKED {
        for _ in 0..times {
            let request = request(Method::from_bytes(method.as_bytes())?, &url(&stack.gateway, path), None);
            let request = if with_token { authorized(request)? } else { request };
            http::send(request).await?.expect(status).with_context(|| format!("{method} {path}"))?;
        }
    }
    place_orders(&stack.gateway).await?;

    let gateway = expect_counts(&stack.gateway, &AT_GATEWAY).await?;
    let users = expect_counts(&stack.users, &AT_USER_SERVICE).await?;
    let orders = expect_counts(&stack.orders, &AT_ORDER_SERVICE).await?;
    let lookups = |status| AT_USER_SERVICE.iter().filter(|row| row.2 == status).map(|row| row.3).sum::<usize>();
    expect_calls(&gateway, "user-service", &[("200", lookups(200) - ORDERS), ("404", 3), ("400", 2)])?;
    expect_calls(&gateway, "order-service", &[("200", 5 + 4 + 1), ("201", ORDERS + REPEATS), ("409", 2)])?;
    expect_calls(&orders, "user-service", &[("200", ORDERS)])?;
    expect_calls(&users, "", &[])?;
    expect(&orders, "orders_created_total", &[], ORDERS)?;
    expect(&orders, "order_transitions_total", &[("to", "paid")], 1)?;
    expect(&gateway, "gateway_rejected_total", &[("reason", "token")], 3)?;
    expect(&gateway, "gateway_degraded_total", &[], 0)?;
    Ok(())
}

/// The last order is repeated with its key, which makes no more orders and looks up no more buyers.
async fn place_orders(gateway: &Service) -> anyhow::Result<()> {
    for n in 0..ORDERS + REPEATS {
        let mut request = authorized(post_request(&url(gateway, "/api/orders"), &shop::new_order("COUNTED-1")))?;
        let key = format!("counted-{}", n.min(ORDERS - 1));
        request.headers_mut().insert("idempotency-key", HeaderValue::try_from(key)?);
        http::send(request).await?.expect(201)?;
    }
    Ok(())
}

/// The counters and the histograms of requests hold exactly these rows, under the name and version of the service, and
/// nothing is pending.
async fn expect_counts(service: &Service, rows: &[Counted]) -> anyhow::Result<Exposition> {
    let metrics = scrape(service).await?;
    let expected: BTreeMap<_, _> = rows
        .iter()
        .map(|(method, endpoint, status, count)| (key(method, endpoint, &status.to_string()), *count))
        .collect();
    for name in [REQUESTS.to_owned(), format!("{DURATION}_count")] {
        let counted = metrics.find(&name, &[]).filter(|sample| sample.value > 0.0);
        let counted: BTreeMap<_, _> = counted.map(|sample| (key_of(sample), whole(sample.value))).collect();
        ensure!(counted == expected, "{}, {name}:\n{counted:#?}\nnot\n{expected:#?}", service.name());
    }
    let labels = [("app", service.name()), ("version", "v1")];
    for name in [REQUESTS, PENDING] {
        let all = metrics.find(name, &[]).count();
        ensure!(metrics.find(name, &labels).count() == all, "{}: {name} without {labels:?}", service.name());
    }
    expect(&metrics, PENDING, &[], 0)?;
    expect_stated(service, metrics.series())?;
    Ok(metrics)
}

/// The page states no fewer series than there are, hardly more, and no more than are allowed.
fn expect_stated(service: &Service, series: usize) -> anyhow::Result<()> {
    let row = format!("| {} | ", service.name());
    let stated = PAGE.lines().find_map(|line| line.strip_prefix(&row)?.split(' ').next()?.parse::<usize>().ok());
    let stated = stated.with_context(|| format!("dashboards/README.md tells no series of {}", service.name()))?;
    figure(&format!("metrics: series of {}, and stated", service.name()), format!("{series}, {stated}"));
    ensure!((series..series + series / 10).contains(&stated), "{}: {series}, not {stated}", service.name());
    ensure!(stated <= MAX_SERIES, "{} has {series} series", service.name());
    Ok(())
}

fn key(method: &str, endpoint: &str, status: &str) -> String {
    format!("{method} {endpoint} {status}")
}

fn key_of(sample: &Sample) -> String {
    key(sample.label("method"), sample.label("endpoint"), sample.label("status"))
}

fn authorized(mut request: Request<Bytes>) -> anyhow::Result<Request<Bytes>> {
    request.headers_mut().insert("authorization", HeaderValue::try_from(token::bearer("e2e"))?);
    Ok(request)
}
