//! The layer that counts requests, with handles that are looked up once a series.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use axum_prometheus::lifecycle::layer::LifeCycleLayer;
use axum_prometheus::lifecycle::{Callbacks, OnBodyChunk};
use axum_prometheus::utils::{requests_duration_name, requests_pending_name, requests_total_name};
use http::{Method, Request, Response};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use tower_http::classify::{ClassifiedResponse, ServerErrorsAsFailures, SharedClassifier};

use super::exemplars::{Exemplar, Exemplars, Recorded};
use super::{CLIENT_CLOSED, UNMATCHED};

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
    by_status: RwLock<Vec<Series>>,
}

/// What is counted of one status.
#[derive(Debug)]
struct Series {
    status: u16,
    total: Counter,
    duration: Histogram,
    exemplars: Exemplars,
}

/// A request on its way. Dropping it ends its part of the pending gauge, and counts it if nobody waited for the answer.
#[derive(Clone, Debug)]
pub struct Pending(Arc<Started>);

#[derive(Debug)]
struct Started {
    route: Arc<Route>,
    at: Instant,
    answered: AtomicBool,
}

impl Requests {
    /// The layer; put it around routes, so that it sees their templates.
    #[must_use]
    pub fn layer(&self) -> RequestsLayer {
        LifeCycleLayer::new(ServerErrorsAsFailures::make_classifier(), self.clone(), self.clone())
    }

    /// The request that stands for a bucket, given as its line of the exposition.
    pub(super) fn exemplar(&self, line: &str) -> Option<Exemplar> {
        let labels = line.strip_prefix(requests_duration_name())?.strip_prefix("_bucket")?;
        let (method, status) = (label(labels, "method")?, label(labels, "status")?.parse::<u16>().ok()?);
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (_, route) = routes.get(label(labels, "endpoint")?)?.iter().find(|(_, route)| route.method == method)?;
        let series = route.by_status.read().unwrap_or_else(PoisonError::into_inner);
        series.iter().find(|one| one.status == status)?.exemplars.of(label(labels, "le")?)
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
        Pending(Arc::new(Started { route, at: Instant::now(), answered: AtomicBool::new(false) }))
    }

    fn on_response<B>(&mut self, response: &Response<B>, _: ClassifiedResponse<Failure, ()>, pending: &mut Pending) {
        let recorded = response.extensions().get::<Recorded>().copied();
        pending.0.answered.store(true, Ordering::Relaxed);
        pending.0.route.ended(response.status().as_u16(), pending.0.at.elapsed(), recorded);
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

    fn ended(&self, status: u16, took: Duration, recorded: Option<Recorded>) {
        let count = |series: &[Series]| {
            let one = series.iter().find(|known| known.status == status)?;
            one.count(took, recorded);
            Some(())
        };
        if count(&self.by_status.read().unwrap_or_else(PoisonError::into_inner)).is_some() {
            return;
        }
        let mut series = self.by_status.write().unwrap_or_else(PoisonError::into_inner);
        if count(&series).is_none() {
            series.push(Series::new(self, status));
            count(&series);
        }
    }
}

impl Series {
    fn new(route: &Route, status: u16) -> Self {
        let labels =
            [("method", route.method.to_owned()), ("status", status.to_string()), ("endpoint", route.endpoint.clone())];
        let (total, duration) =
            (counter!(requests_total_name(), &labels), histogram!(requests_duration_name(), &labels));
        Self { status, total, duration, exemplars: Exemplars::default() }
    }

    fn count(&self, took: Duration, recorded: Option<Recorded>) {
        self.total.increment(1);
        self.duration.record(took.as_secs_f64());
        if let Some(recorded) = recorded {
            self.exemplars.keep(recorded, took);
        }
    }
}

/// A label's value out of a line of the exposition. Methods, statuses, templates and bounds hold nothing that is escaped.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = labels.trim_start_matches('{').split("\",");
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\"")?.split('"').next())
}

impl Drop for Started {
    fn drop(&mut self) {
        self.route.pending.decrement(1.0);
        if !*self.answered.get_mut() {
            self.hung_up();
        }
    }
}

impl Started {
    /// Out of the way of the requests that are answered.
    #[cold]
    fn hung_up(&self) {
        self.route.ended(CLIENT_CLOSED, self.at.elapsed(), None);
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use axum::body::Body;
    use axum_prometheus::metrics_exporter_prometheus::PrometheusBuilder;
    use tower::{Layer, Service, service_fn};

    use super::*;

    /// Status and number of what was counted, and what still is pending, of one request that was looked at once.
    fn counted<F>(answer: impl Fn() -> F) -> (Vec<String>, String)
    where
        F: Future<Output = Result<Response<Body>, Infallible>>,
    {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let mut service = Requests::default().layer().layer(service_fn(|_: Request<()>| answer()));
            let mut answered = pin!(service.call(Request::new(())));
            let _ = answered.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        let text = recorder.handle().render();
        let value = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
        let of = |name: &str| text.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
        let [total, took] = [requests_total_name().to_owned(), format!("{}_count", requests_duration_name())]
            .map(|name| of(&name).iter().map(|line| format!("{:?} {}", label(line, "status"), value(line))).collect());
        assert_eq!(total, took, "both metrics count the same requests");
        (total, of(requests_pending_name()).iter().map(|line| value(line)).collect())
    }

    #[test]
    fn a_request_that_nobody_waits_for_any_more_is_counted_once_as_499() {
        assert_eq!(counted(future::pending), (vec!["Some(\"499\") 1".to_owned()], "0".to_owned()));
    }

    #[test]
    fn an_answered_request_is_counted_by_its_status_alone() {
        let answer = || future::ready(Ok(Response::new(Body::empty())));
        assert_eq!(counted(answer), (vec!["Some(\"200\") 1".to_owned()], "0".to_owned()));
    }

    #[test]
    fn labels_are_read_whole() {
        let labels = "{app=\"a\",method=\"GET\",status=\"200\",endpoint=\"/things/{id}\",le=\"+Inf\"} 3";
        let read = ["method", "status", "endpoint", "le", "end"].map(|name| label(labels, name));
        assert_eq!(read, [Some("GET"), Some("200"), Some("/things/{id}"), Some("+Inf"), None]);
    }
}
