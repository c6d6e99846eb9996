//! What did this process do: request metrics by route, method and status under axum-prometheus' names.
//!
//! Its stock layer builds labels and looks the series up on each event, which costs as much as a small
//! handler. [`Requests`] plugs into the same life cycle and recorder with handles looked up once a series.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use axum_prometheus::lifecycle::layer::LifeCycleLayer;
use axum_prometheus::lifecycle::{Callbacks, OnBodyChunk};
use axum_prometheus::metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use axum_prometheus::utils::{requests_duration_name, requests_pending_name, requests_total_name};
use http::{Method, Request, Response};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use tower_http::classify::{ClassifiedResponse, ServerErrorsAsFailures, SharedClassifier};

use crate::identity::Identity;

/// Outbound calls by `target` and `status`; the status is a code, or why there is none.
pub const UPSTREAM_REQUESTS: &str = "upstream_requests_total";
/// Seconds of outbound calls by `target`.
pub const UPSTREAM_DURATION: &str = "upstream_requests_duration_seconds";
/// Requests that [`crate::faults`] spoiled, by `kind` (`latency` or `status`).
pub const FAULTS: &str = "faults_injected_total";
/// The label of requests that no route matched: a raw path would be a series for each typo.
pub const UNMATCHED: &str = "unmatched";

/// Seconds. The latency objective 0.25 is a bound, and no bound is an integer: Prometheus 3 would write `1`
/// as `1.0`, and queries by `le` would differ between its versions.
const BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5];
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// The process's recorder.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

/// The layer that counts requests.
pub type RequestsLayer = LifeCycleLayer<SharedClassifier<ServerErrorsAsFailures>, Requests, Requests>;

/// The callbacks that count requests.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<RwLock<Routes>>);

/// By endpoint, then by method: both are few, and neither look-up allocates.
type Routes = HashMap<String, Vec<(Method, Arc<Route>)>>;

/// The series of one route and method.
#[derive(Debug)]
pub struct Route {
    endpoint: String,
    method: &'static str,
    pending: Gauge,
    by_status: RwLock<Vec<(u16, Counter, Histogram)>>,
}

/// A request on its way. Dropping it ends its part of the pending gauge, also when the caller hangs up.
#[derive(Clone, Debug)]
pub struct Pending(Arc<Started>);

#[derive(Debug)]
struct Started {
    route: Arc<Route>,
    at: Instant,
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
        Ok(Self(handle))
    }

    /// The exposition, with process and runtime figures as of now.
    #[must_use]
    pub fn render(&self) -> String {
        metrics_process::Collector::default().collect();
        runtime_figures();
        self.0.render()
    }
}

impl Requests {
    /// The layer; put it around routes, so that it sees their templates.
    #[must_use]
    pub fn layer() -> RequestsLayer {
        let requests = Self::default();
        LifeCycleLayer::new(ServerErrorsAsFailures::make_classifier(), requests.clone(), requests)
    }

    fn route(&self, endpoint: &str, method: &Method) -> Arc<Route> {
        let find = |routes: &Routes| {
            let methods = routes.get(endpoint)?;
            methods.iter().find(|(known, _)| known == method).map(|(_, route)| Arc::clone(route))
        };
        if let Some(route) = find(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return route;
        }
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        find(&routes).unwrap_or_else(|| {
            let route = Arc::new(Route::new(endpoint, method_label(method)));
            // Methods that callers invent share one label, so they must share one entry too.
            let known = if route.method == OTHER { Method::CONNECT } else { method.clone() };
            routes.entry(endpoint.to_owned()).or_default().push((known, Arc::clone(&route)));
            route
        })
    }
}

impl<Failure> Callbacks<Failure> for Requests {
    type Data = Pending;

    fn prepare<B>(&mut self, request: &Request<B>) -> Pending {
        let endpoint = request.extensions().get::<MatchedPath>().map_or(UNMATCHED, MatchedPath::as_str);
        let method = if method_label(request.method()) == OTHER { &Method::CONNECT } else { request.method() };
        let route = self.route(endpoint, method);
        route.pending.increment(1.0);
        Pending(Arc::new(Started { route, at: Instant::now() }))
    }

    fn on_response<B>(&mut self, response: &Response<B>, _: ClassifiedResponse<Failure, ()>, pending: &mut Pending) {
        pending.0.route.answered(response.status().as_u16(), pending.0.at.elapsed());
    }
}

/// Sizes of bodies are not counted: the sidecar does.
impl<B: bytes::Buf> OnBodyChunk<B> for Requests {
    type Data = Pending;
}

impl Route {
    fn new(endpoint: &str, method: &'static str) -> Self {
        let pending = gauge!(requests_pending_name(), "method" => method, "endpoint" => endpoint.to_owned());
        Self { endpoint: endpoint.to_owned(), method, pending, by_status: RwLock::default() }
    }

    fn answered(&self, status: u16, took: Duration) {
        let count = |series: &[(u16, Counter, Histogram)]| {
            let (_, total, duration) = series.iter().find(|(known, ..)| *known == status)?;
            total.increment(1);
            duration.record(took.as_secs_f64());
            Some(())
        };
        if count(&self.by_status.read().unwrap_or_else(PoisonError::into_inner)).is_some() {
            return;
        }
        let mut series = self.by_status.write().unwrap_or_else(PoisonError::into_inner);
        if count(&series).is_none() {
            series.push(self.series(status));
            count(&series);
        }
    }

    fn series(&self, status: u16) -> (u16, Counter, Histogram) {
        let labels =
            [("method", self.method.to_owned()), ("status", status.to_string()), ("endpoint", self.endpoint.clone())];
        (status, counter!(requests_total_name(), &labels), histogram!(requests_duration_name(), &labels))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.route.pending.decrement(1.0);
    }
}

const OTHER: &str = "OTHER";

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
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
    metrics::describe_counter!(requests_total_name(), "Requests answered, by route, method and status");
    metrics::describe_histogram!(requests_duration_name(), Seconds, "Time to the head of the answer");
    metrics::describe_gauge!(requests_pending_name(), "Requests that are being served");
    metrics::describe_counter!(UPSTREAM_REQUESTS, "Calls to other services, by target and status");
    metrics::describe_histogram!(UPSTREAM_DURATION, Seconds, "Time of calls to other services, with the body");
    metrics::describe_counter!(FAULTS, "Requests spoiled on purpose, by kind");
    metrics::describe_counter!("log_lines_dropped_total", "Log lines that nobody read in time");
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
