//! What a reader gets that asks for OpenMetrics: the same samples, and a trace for each bucket.

use std::collections::BTreeSet;

use ::http::HeaderValue;
use anyhow::{Context, ensure};
use e2e::{
    exposition::{Exposition, Sample},
    http::{self, Answer, get_request},
    otlp::Collector,
    service::Service,
};

use super::{DURATION, REQUESTS, scrape, url};

/// What Prometheus sends.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const UNRECORDED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

#[tokio::test]
async fn openmetrics_has_the_samples_of_the_older_text() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[]).await?;
    http::get(&url(&service, "/users/1")).await?.expect(200)?;
    scrape(&service).await?;
    let text = scrape(&service).await?;
    let answer = openmetrics(&service).await?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ensure!(answer.header("content-type") == Some(content_type), "{:?}", answer.header("content-type"));
    let body = answer.text();
    ensure!(body.ends_with("\n# EOF\n") && !body.contains("\n\n"), "{body}");
    ensure!(
        body.contains("# TYPE axum_http_requests counter\n") && body.contains(&format!("\n{REQUESTS}{{")),
        "{body}"
    );

    let (older, newer) = (names(&text), names(&Exposition::parse(&body)?));
    ensure!(older == newer, "{:?}", older.symmetric_difference(&newer).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_bucket_names_a_recorded_request_and_never_another_one() -> anyhow::Result<()> {
    let collector = Collector::start()?;
    let service =
        Service::start_ready("user-service", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]).await?;
    let mut unrecorded = get_request(&url(&service, "/users/999"));
    unrecorded.headers_mut().insert("traceparent", HeaderValue::from_static(UNRECORDED));
    http::send(unrecorded).await?.expect(404)?;
    let answer = http::get(&url(&service, "/users/1")).await?.expect(200)?;

    let body = openmetrics(&service).await?.text();
    let with: Vec<_> = body.lines().filter_map(|line| line.split_once(" # ")).collect();
    let [(bucket, exemplar)] = with[..] else { anyhow::bail!("not one exemplar: {with:?}") };
    let route = "method=\"GET\",status=\"200\",endpoint=\"/users/{id}\"";
    ensure!(bucket.starts_with(&format!("{DURATION}_bucket{{")) && bucket.contains(route), "{bucket}");
    let trace = answer.trace_id().context("no traceresponse")?;
    ensure!(exemplar.starts_with(&format!("{{trace_id=\"{trace}\"}} 0.")), "{exemplar} is not of {trace}");

    let older = http::get(&format!("{}/metrics", service.admin_url())).await?;
    ensure!(older.header("content-type") == Some("text/plain; version=0.0.4; charset=utf-8"), "{:?}", older.headers);
    ensure!(!older.text().contains("trace_id") && !older.text().contains("# EOF"), "{}", older.text());
    Ok(())
}

async fn openmetrics(service: &Service) -> anyhow::Result<Answer> {
    let mut request = get_request(&format!("{}/metrics", service.admin_url()));
    request.headers_mut().insert("accept", HeaderValue::from_static(ACCEPT));
    http::send(request).await?.expect(200)
}

fn names(exposition: &Exposition) -> BTreeSet<String> {
    let name = |sample: &Sample| format!("{} {:?}", sample.name, sample.labels);
    exposition.samples().iter().map(name).collect()
}
