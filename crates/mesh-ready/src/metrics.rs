//! What did this process do: request metrics by route, method and status under axum-prometheus' names.
//!
//! Its stock layer builds labels and looks the series up on each event, which costs as much as a small
//! handler. [`Requests`] plugs into the same life cycle and recorder with handles looked up once a series, and keeps for
//! each bucket the trace of a request that fell into it.

mod exemplars;
mod openmetrics;
mod requests;

use std::time::Duration;

use axum_prometheus::metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use axum_prometheus::utils::{requests_duration_name, requests_pending_name, requests_total_name};
use http::HeaderMap;
use metrics::{counter, gauge};

pub use exemplars::Recorded;
pub use requests::{Pending, Requests, RequestsLayer};

use crate::identity::Identity;

/// Outbound calls by `target` and `status`; the status is a code, or why there is none.
pub const UPSTREAM_REQUESTS: &str = "upstream_requests_total";
/// Seconds of outbound calls by `target`.
pub const UPSTREAM_DURATION: &str = "upstream_requests_duration_seconds";
/// Requests that [`crate::faults`] spoiled, by `kind` (`latency` or `status`).
pub const FAULTS: &str = "faults_injected_total";
/// The status of a request whose caller hung up before the answer began (nginx' code for it), in metrics and in the log.
pub const CLIENT_CLOSED: u16 = 499;
/// The label of requests that no route matched: a raw path would be a series for each typo.
pub const UNMATCHED: &str = "unmatched";

/// Seconds. The latency objective 0.25 is a bound, and no bound is an integer: Prometheus 3 would write `1`
/// as `1.0`, and queries by `le` would differ between its versions.
const BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5];
/// How the collector says what the processor time is, so that it can give fractions of a second, and what it is.
const PROCESSOR_TIME: [&str; 2] =
    ["# TYPE process_cpu_seconds_total gauge\n", "# TYPE process_cpu_seconds_total counter\n"];
/// The recorder keeps each time that was measured, 24 bytes, until upkeep sorts it into a bucket: at 25,000 requests a
/// second and two histograms that is 1.2 MB for each second between.
const UPKEEP_EVERY: Duration = Duration::from_millis(100);

/// The process's recorder.
#[derive(Clone, Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
    requests: Requests,
}

/// What a process counted, in the words of one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposition {
    /// The format's name.
    pub content_type: &'static str,
    /// Its lines.
    pub text: String,
}

impl Metrics {
    /// Makes the process's recorder, once a process, with `app` and `version` on every series.
    ///
    /// # Errors
    /// When the process has a recorder already.
    pub fn install(identity: &Identity) -> Result<Self, BuildError> {
        let handle = builder(identity)?.install_recorder()?;
        describe();
        metrics_process::Collector::default().describe();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_EVERY).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self { handle, requests: Requests::default() })
    }

    /// What counts requests into this recorder.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The exposition, with process and runtime figures as of now: OpenMetrics, with exemplars, for whoever asks for it by
    /// `Accept`, else the older text.
    #[must_use]
    pub fn render(&self, asked: &HeaderMap) -> Exposition {
        metrics_process::Collector::default().collect();
        runtime_figures();
        let [told, meant] = PROCESSOR_TIME;
        let text = self.handle.render().replacen(told, meant, 1);
        if openmetrics::is_wanted(asked) {
            let text = openmetrics::from_text(&text, |line| self.requests.exemplar(line));
            return Exposition { content_type: openmetrics::CONTENT_TYPE, text };
        }
        Exposition { content_type: "text/plain; version=0.0.4; charset=utf-8", text }
    }
}

fn builder(identity: &Identity) -> Result<PrometheusBuilder, BuildError> {
    let builder = PrometheusBuilder::new()
        .add_global_label("app", identity.service)
        .add_global_label("version", identity.version.as_str());
    [requests_duration_name(), UPSTREAM_DURATION]
        .into_iter()
        .try_fold(builder, |builder, name| builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &BUCKETS))
}

fn describe() {
    use metrics::Unit::Seconds;
    metrics::describe_counter!(
        requests_total_name(),
        "Requests by route, method and status, 499 where the caller hung up"
    );
    metrics::describe_histogram!(
        requests_duration_name(),
        Seconds,
        "Time to the head of the answer, or until the caller hung up"
    );
    metrics::describe_gauge!(requests_pending_name(), "Requests that are being served");
    metrics::describe_counter!(UPSTREAM_REQUESTS, "Calls to other services, by target and status");
    metrics::describe_histogram!(UPSTREAM_DURATION, Seconds, "Time of calls to other services, with the body");
    metrics::describe_counter!(FAULTS, "Requests spoiled on purpose, by kind");
    metrics::describe_counter!("log_lines_dropped_total", "Log lines that nobody read in time");
    // There from the start: growth from nothing to the first is none, and what is not there looks like a misspelt name.
    counter!("log_lines_dropped_total").increment(0);
    metrics::describe_gauge!("tokio_workers", "Worker threads of the runtime");
    metrics::describe_gauge!("tokio_alive_tasks", "Tasks that have not ended");
    metrics::describe_gauge!("tokio_global_queue_depth", "Tasks that wait for a worker");
    metrics::describe_counter!("tokio_busy_milliseconds_total", "Time that workers were busy");
}

/// Saturation of the runtime, read when somebody scrapes.
fn runtime_figures() {
    let runtime = tokio::runtime::Handle::current().metrics();
    let busy: u128 =
        (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker).as_millis()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and these are small")]
    let figure = |count: usize| count as f64;
    gauge!("tokio_workers").set(figure(runtime.num_workers()));
    gauge!("tokio_alive_tasks").set(figure(runtime.num_alive_tasks()));
    gauge!("tokio_global_queue_depth").set(figure(runtime.global_queue_depth()));
    counter!("tokio_busy_milliseconds_total").absolute(u64::try_from(busy).unwrap_or(u64::MAX));
}
