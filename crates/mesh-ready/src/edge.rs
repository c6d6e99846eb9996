//! What surrounds every request of the service port, in one place, in a visible sequence.
//!
//! Outermost first: count it ([`crate::metrics`]), give it a context ([`crate::propagation`]), a span when it
//! is recorded ([`crate::trace`]) and a log line ([`crate::access`]), refuse it if there are too
//! many ([`crate::crowd`]) or if it names no host, spoil it if somebody asked for that ([`crate::faults`]), serve it, sign
//! the answer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use axum::Router;
use axum::extract::MatchedPath;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::access::Access;
use crate::crowd::{Crowd, Place};
use crate::faults::{Fault, Faults};
use crate::identity::Identity;
use crate::logs::Log;
use crate::metrics::{Recorded, Requests};
use crate::propagation::{self, Context, Parent};
use crate::trace::{self, Sampling};
use crate::{host, problem};

/// Lists the hops that answered: `<service>/<version>/<pod>, ...`, callees first.
pub const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");
const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Changes what is admitted of a request's headers before any of them is carried on.
pub type InboundFilter = Arc<dyn Fn(&mut HeaderMap) + Send + Sync>;

/// What the edge needs to know.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    served_by: HeaderValue,
    sampling: Sampling,
    log: Log,
    crowd: Crowd,
    faults: Faults,
    filter: Option<InboundFilter>,
}

/// The edge around a service.
#[derive(Clone)]
pub struct EdgeService<S> {
    edge: Edge,
    inner: S,
}

impl Edge {
    /// An edge that signs as `identity`.
    #[must_use]
    pub fn new(
        identity: &Identity,
        sampling: Sampling,
        log: Log,
        crowd: Crowd,
        faults: Faults,
        filter: Option<InboundFilter>,
    ) -> Self {
        Self(Arc::new(Inner { served_by: identity.served_by(), sampling, log, crowd, faults, filter }))
    }

    /// Puts the edge around the routes of `app`, and `requests` around the edge.
    pub fn around(self, app: Router, requests: &Requests) -> Router {
        // Both in one, because axum boxes a route anew for each layer, and clones the boxes on each request.
        app.layer((requests.layer(), self))
    }

    /// The request's context, and its span, which is disabled unless the request is recorded.
    fn admit<B>(&self, request: &mut Request<B>) -> (Context, tracing::Span) {
        propagation::fold(request.headers_mut());
        if let Some(filter) = &self.0.filter {
            filter(request.headers_mut());
        }
        let parent = Parent::extract(request.headers());
        let span = if self.0.sampling.records(&parent) { server_span(request, &parent) } else { tracing::Span::none() };
        let own = trace::span_context(&span);
        let recording = own.is_some();
        let identity =
            own.or_else(|| parent.span().cloned()).unwrap_or_else(|| propagation::unrecorded_root(parent.decision()));
        (Context::admit(request.headers(), &parent, identity, recording), span)
    }

    fn sign(&self, response: &mut Response, context: &Context) {
        let headers = response.headers_mut();
        headers.insert(propagation::REQUEST_ID_NAME, context.request_id_value());
        headers.insert(TRACE_RESPONSE, context.trace_response());
        headers.insert(SERVED_BY, context.served_by(&self.0.served_by));
        if let Some(trace) = context.recorded() {
            response.extensions_mut().insert(Recorded(trace));
        }
    }
}

impl<S> Layer<S> for Edge {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { edge: self.clone(), inner }
    }
}

impl<S, B> Service<Request<B>> for EdgeService<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible> + Send,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (context, span) = self.edge.admit(&mut request);
        let access = Access::begin(&self.edge.0.log, &context, &request);
        let place = self.edge.0.crowd.enter();
        let fault = self.edge.0.faults.draw();
        // A request that is refused or spoiled never reaches the service, like one that a proxy aborts.
        let refused = refusal(&request, place.as_ref());
        let served = match refused.or_else(|| fault.as_ref().and_then(Fault::answer)) {
            Some(answer) => Served::Here(answer),
            None => Served::Service(self.inner.call(request)),
        };
        let edge = self.edge.clone();
        let recorded = span.clone();
        let scope = context.clone();
        let answered = async move {
            if let Some(fault) = &fault {
                fault.delay().await;
            }
            let mut response = match served {
                Served::Here(answer) => answer,
                Served::Service(future) => future.await.unwrap_or_else(|never| match never {}),
            };
            if let Some(fault) = &fault {
                fault.mark(&mut response);
            }
            edge.sign(&mut response, &context);
            trace::record_status(&recorded, response.status(), response.status().is_server_error());
            access.end(&response);
            drop(place);
            Ok(response)
        };
        let answered = propagation::scope(scope, answered);
        // To enter a span costs something even when it is none.
        if span.is_disabled() { Box::pin(answered) } else { Box::pin(answered.instrument(span)) }
    }
}

enum Served<F> {
    Here(Response),
    Service(F),
}

fn refusal<B>(request: &Request<B>, place: Option<&Place>) -> Option<Response> {
    if place.is_none() {
        return Some(too_many());
    }
    let message = host::check(request).err()?;
    Some(problem::response(StatusCode::BAD_REQUEST, "bad_request", message))
}

/// 503, as when the process is not there: whoever repeats it will find another replica, or a better moment.
fn too_many() -> Response {
    let message = "more requests are being served than this process takes, try again later";
    let mut response = problem::response(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn server_span<B>(request: &Request<B>, parent: &Parent) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    trace::server_span(request.method(), route, request.uri().path(), parent)
}
