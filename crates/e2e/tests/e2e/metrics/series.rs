//! How many series there are, and what they look like.

use std::collections::BTreeMap;

use ::http::{HeaderValue, Method};
use anyhow::{Context, ensure};
use e2e::{
    connection::{Connection, Http},
    exposition::Exposition,
    http::{self, get_request, request},
    service::Service,
    stack::Stack,
    token,
    wait::{PATIENCE, eventually},
};

use super::{DURATION, PENDING, REQUESTS, UPSTREAM_DURATION, expect, scrape, url};

const PROCESSOR_TIME: &str = "process_cpu_seconds_total";

#[tokio::test]
async fn unknown_urls_and_invented_methods_add_one_series_each() -> anyhow::Result<()> {
    let stack = Stack::start(&[]).await?;
    for (service, known) in [(&stack.gateway, "/api/users/1"), (&stack.users, "/users/1"), (&stack.orders, "/orders/1")]
    {
        let mut connection = Connection::open(service.addr(), Http::H1).await?;
        connection.send(get_request(known)).await?.expect(200)?;
        let before = scrape(service).await?;
        for n in 0..500 {
            connection.send(get_request(&format!("/unknown/{n}?x={n}"))).await?.expect(404)?;
        }
        let after = scrape(service).await?;
        expect_added(&before, &after).with_context(|| format!("500 URLs, {}", service.name()))?;
        expect(&after, REQUESTS, &[("endpoint", "unmatched"), ("method", "GET"), ("status", "404")], 500)?;

        for n in 0..50 {
            let method = Method::from_bytes(format!("INVENTED{n}").as_bytes())?;
            let mut invented = request(method, known, None);
            invented.headers_mut().insert("authorization", HeaderValue::try_from(token::bearer("e2e"))?);
            connection.send(invented).await?.expect(405)?;
        }
        let last = scrape(service).await?;
        expect_added(&after, &last).with_context(|| format!("50 methods, {}", service.name()))?;
        expect(&last, REQUESTS, &[("method", "OTHER"), ("status", "405")], 50)?;
    }
    Ok(())
}

#[tokio::test]
async fn pending_requests_are_counted_while_they_are() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[("FAULT_LATENCY", "1s:100")]).await?;
    let slow = url(&service, "/users/1");
    let asked = tokio::spawn(async move { http::get(&slow).await });
    eventually(PATIENCE, "one is pending", async || expect(&scrape(&service).await?, PENDING, &[], 1)).await?;
    asked.await??.expect(200)?;
    // Whoever hangs up is not pending any more either, and is counted all the same.
    let slow = url(&service, "/users/1");
    let hung_up = tokio::spawn(async move { http::get(&slow).await });
    eventually(PATIENCE, "one is pending", async || expect(&scrape(&service).await?, PENDING, &[], 1)).await?;
    hung_up.abort();
    let gone = async || {
        let metrics = scrape(&service).await?;
        expect(&metrics, PENDING, &[], 0)?;
        Ok(metrics)
    };
    let metrics = eventually(PATIENCE, "none is pending", gone).await?;
    for (status, count) in [("200", 1), ("499", 1), ("", 2)] {
        let labels = [("endpoint", "/users/{id}"), ("status", status)];
        let labels = if status.is_empty() { &labels[..1] } else { &labels };
        expect(&metrics, REQUESTS, labels, count)?;
        expect(&metrics, &format!("{DURATION}_count"), labels, count)?;
    }
    Ok(())
}

#[tokio::test]
async fn processor_time_is_a_counter_with_fractions_of_a_second() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[]).await?;
    eventually(PATIENCE, "a fraction of a second was used", async || {
        let used = scrape(&service).await?.sum(PROCESSOR_TIME, &[]);
        ensure!(used.fract() > 0.0, "{used} s");
        Ok(())
    })
    .await?;
    for accept in ["text/plain", "application/openmetrics-text"] {
        let mut request = get_request(&format!("{}/metrics", service.admin_url()));
        request.headers_mut().insert("accept", HeaderValue::from_static(accept));
        let text = http::send(request).await?.expect(200)?.text();
        let family = if accept == "text/plain" { PROCESSOR_TIME } else { "process_cpu_seconds" };
        ensure!(text.contains(&format!("# TYPE {family} counter\n")), "{accept}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn the_bounds_of_histograms_hold_the_objective_and_no_integer() -> anyhow::Result<()> {
    let stack = Stack::start(&[]).await?;
    http::get(&url(&stack.gateway, "/api/users/1")).await?.expect(200)?;
    let gateway = scrape(&stack.gateway).await?;
    for histogram in [DURATION, UPSTREAM_DURATION] {
        let name = format!("{histogram}_bucket");
        let bounds: Vec<&str> = gateway.find(&name, &[]).map(|sample| sample.label("le")).collect();
        ensure!(bounds.contains(&"0.25") && bounds.contains(&"+Inf"), "{histogram}: {bounds:?}");
        let integer = |bound: &&str| bound.parse::<f64>().is_ok_and(|bound| bound.is_finite() && bound.fract() == 0.0);
        ensure!(!bounds.iter().any(integer), "{histogram}: {bounds:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_series_names_its_service_and_its_release() -> anyhow::Result<()> {
    let service = Service::start_ready("order-service", &[("SERVICE_VERSION", "v2")]).await?;
    http::get(&url(&service, "/orders/1")).await?.expect(200)?;
    let metrics = scrape(&service).await?;
    let anonymous = metrics.samples().iter().find(|s| s.label("app") != "order-service" || s.label("version") != "v2");
    ensure!(anonymous.is_none(), "{anonymous:?}");
    Ok(())
}

/// One more label set for each metric of requests. Others may appear at any time: what a pool counts, for example.
fn expect_added(before: &Exposition, after: &Exposition) -> anyhow::Result<()> {
    let before = before.label_sets();
    let added: BTreeMap<&str, usize> = after
        .label_sets()
        .into_iter()
        .map(|(name, count)| (name, count - before.get(name).copied().unwrap_or_default()))
        .filter(|(name, added)| *added > 0 && name.starts_with("axum_http_"))
        .collect();
    let endings = ["_bucket", "_count", "_sum"].map(|ending| format!("{DURATION}{ending}"));
    let expected = endings.iter().map(|name| (name.as_str(), 1)).chain([(PENDING, 1), (REQUESTS, 1)]);
    let expected: BTreeMap<&str, usize> = expected.collect();
    ensure!(added == expected, "added: {added:?}");
    Ok(())
}
