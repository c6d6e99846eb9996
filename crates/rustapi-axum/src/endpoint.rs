//! Answers every request to one path, whatever its method.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::Response;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{Extensions, HeaderValue, Method, StatusCode};
use http_body::Body as _;
use rustapi_core::{ApiError, BodyVariant, PathParams};

use crate::body::{self, Limits};
use crate::error::{self, error_response};
use crate::mount::{Handler, Mount};

pub(crate) struct Endpoint {
    mounts: Vec<Mount>,
    allow: HeaderValue,
    shared: Arc<Shared>,
}

/// What all endpoints of a host have in common.
pub(crate) struct Shared {
    /// RustAPI's `State<T>` reads from it. One for all requests: only its count is touched.
    pub(crate) state: Arc<Extensions>,
    pub(crate) limits: Limits,
}

impl Endpoint {
    pub(crate) fn new(mounts: Vec<Mount>, shared: Arc<Shared>) -> Self {
        let allow = allow(&mounts);
        Self { mounts, allow, shared }
    }

    pub(crate) async fn answer(&self, request: axum::extract::Request) -> Response {
        let head = request.method() == Method::HEAD;
        let Some(mount) = self.mount_for(request.method()) else {
            return self.without_handler(request.method());
        };
        let response = match self.prepare(mount, request).await {
            Ok(request) => call(&mount.handler, request).await,
            Err(error) => error_response(error),
        };
        if head { without_body(response) } else { response }
    }

    /// RustAPI answers HEAD with 405. HTTP wants it to be GET without the body.
    fn mount_for(&self, method: &Method) -> Option<&Mount> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.mounts.iter().find(|mount| mount.method == *method)
    }

    /// RustAPI knows no OPTIONS, and its 405 names GET but not HEAD.
    fn without_handler(&self, method: &Method) -> Response {
        let mut response = if method == Method::OPTIONS {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        } else {
            let allow = self.allow.to_str().expect("method names are visible ASCII");
            let message = format!("This path does not answer this method; it answers {allow}");
            error_response(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message))
        };
        response.headers_mut().insert(ALLOW, self.allow.clone());
        if method == Method::HEAD { without_body(response) } else { response }
    }

    async fn prepare(&self, mount: &Mount, request: axum::extract::Request) -> Result<rustapi_core::Request, ApiError> {
        let (mut parts, body) = request.into_parts();
        let params = if mount.params.is_empty() { PathParams::new() } else { path_params(mount, &mut parts).await? };
        let body = body::read(body, &parts.headers, &self.shared.limits).await?;
        if mount.json_only {
            body::must_be_json(&body, &parts.headers)?;
        }
        let state = Arc::clone(&self.shared.state);
        Ok(rustapi_core::Request::new(parts, BodyVariant::Buffered(body), state, params))
    }
}

/// RustAPI's own router hands parameters over as they stand in the URL; axum decodes them.
async fn path_params(mount: &Mount, parts: &mut http::request::Parts) -> Result<PathParams, ApiError> {
    let raw = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| ApiError::bad_request("A path parameter is not UTF-8 once its percent signs are decoded"))?;
    let mut params = PathParams::with_capacity(mount.params.len());
    // A router that is nested under a path with parameters hands over those of the outer path too, first.
    let outer = raw.iter().count().saturating_sub(mount.params.len());
    for ((name, text), param) in raw.iter().skip(outer).zip(&mount.params) {
        if let Some(kind) = param.kind {
            kind.check(name, text)?;
        }
        params.insert(name.to_owned(), text.to_owned());
    }
    Ok(params)
}

/// A panic in a handler would end the connection without an answer, for RustAPI catches none.
async fn call(handler: &Handler, request: rustapi_core::Request) -> Response {
    let mut future = handler(request);
    let outcome = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    match outcome.await {
        Ok(response) => error::masked(response),
        Err(panic) => error_response(ApiError::internal(format!("A handler panicked: {}", panic_message(&*panic)))),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    response.map(|_| Body::empty())
}

fn allow(mounts: &[Mount]) -> HeaderValue {
    let mut methods: Vec<&str> = mounts.iter().map(|mount| mount.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    methods.sort_unstable();
    HeaderValue::from_str(&methods.join(", ")).expect("method names are visible ASCII")
}
