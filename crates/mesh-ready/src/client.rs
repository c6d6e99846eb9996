//! The only outbound HTTP of a process: plain http, one attempt, the request's headers carried along.
//!
//! One attempt, because the sidecar retries and two layers of retry multiply under load. Plain http, because
//! mTLS is the sidecar's: no TLS code is compiled in. The timeout is a guard that is longer than the mesh's.

mod calls;
mod error;
mod pool;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::USER_AGENT;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use tracing::{Instrument, Span};
use url::Url;

pub use error::UpstreamError;

use self::calls::Calls;
use self::pool::Pool;
use crate::edge::SERVED_BY;
use crate::propagation::Context;
use crate::values::positive_ms;
use crate::{Identity, identity, propagation, trace};

/// Answers beyond this are refused: a caller's memory is not the callee's to fill.
const BODY_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// Below the keep-alive time of every peer (hyper, Envoy, Linkerd), so that this side closes first and no
/// call meets a connection that is just being closed.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// How this process calls others.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct ClientArgs {
    /// Milliseconds that a call to another service may take, with its body, for example 10000
    #[arg(long, env, value_name = "UPSTREAM_TIMEOUT_MS", default_value = "10000", value_parser = positive_ms)]
    pub upstream_timeout_ms: Duration,
    /// Milliseconds that connecting may take, for example 1000
    #[arg(long, env, value_name = "UPSTREAM_CONNECT_TIMEOUT_MS", default_value = "1000", value_parser = positive_ms)]
    pub upstream_connect_timeout_ms: Duration,
}

/// The shared client of a process; a clone shares the connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    args: ClientArgs,
    /// Who calls. A callee's log shows it, and a mesh whose routes know no workload can tell callers apart by it.
    agent: Option<HeaderValue>,
}

/// Another service, as this process sees it.
#[derive(Clone, Debug)]
pub struct Upstream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    base: Url,
    /// For calls whose answer is read as a type.
    client: Client,
    /// For calls that are passed through.
    pool: Pool,
    calls: Calls,
}

/// One call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// The route's template for spans, for example `/items/{id}`.
    pub route: &'static str,
    /// Path and query, encoded.
    pub target: &'a str,
    /// Headers beside those that are carried along.
    pub headers: HeaderMap,
    /// The body; may be empty.
    pub body: Bytes,
}

/// A call under way, as far as metrics and traces care.
struct Observed {
    context: Option<Context>,
    span: Span,
    started: Instant,
}

impl Client {
    /// The client that these settings describe.
    ///
    /// # Errors
    /// When the operating system gives no resolver configuration.
    #[expect(clippy::disallowed_methods, reason = "this is the place that the rule names")]
    pub fn new(args: &ClientArgs) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .timeout(args.upstream_timeout_ms)
            .connect_timeout(args.upstream_connect_timeout_ms)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .no_proxy();
        builder.build().map(|http| Self { http, args: args.clone(), agent: None })
    }

    /// The same, and each call says `user-agent: <service>/<version>`.
    #[must_use]
    pub fn named(self, identity: &Identity) -> Self {
        Self { agent: Some(identity.user_agent()), ..self }
    }

    /// The service `name` at `base`, for example `http://peer:8081`.
    #[must_use]
    pub fn upstream(&self, name: &'static str, base: Url) -> Upstream {
        let (pool, calls) = (Pool::new(name, &base, &self.args), Calls::to(name));
        Upstream(Arc::new(Inner { name, base, client: self.clone(), pool, calls }))
    }
}

impl Upstream {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Passes one call through. Any status is `Ok`; the body is read whole.
    ///
    /// # Errors
    /// When there is no whole answer of at most 4 MiB within `UPSTREAM_TIMEOUT_MS`.
    pub async fn send(&self, mut call: Call<'_>) -> Result<Response<Bytes>, UpstreamError> {
        let observed = self.begin(&mut call);
        let answer = self.pass(call).instrument(observed.span.clone()).await;
        self.end(&observed, &answer);
        answer
    }

    /// GETs `target` and decodes its JSON body.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`UpstreamError::Status`] for an answer that is no success.
    pub async fn get_json<T: DeserializeOwned>(&self, route: &'static str, target: &str) -> Result<T, UpstreamError> {
        let mut call = Call { method: Method::GET, route, target, headers: HeaderMap::new(), body: Bytes::new() };
        let observed = self.begin(&mut call);
        let answer = self.get(call).instrument(observed.span.clone()).await;
        self.end(&observed, &answer);
        let answer = answer?;
        let (upstream, status) = (self.0.name, answer.status());
        if !status.is_success() {
            return Err(UpstreamError::Status { upstream, status, body: answer.into_body() });
        }
        let decoded = serde_json::from_slice(answer.body()).map_err(|error| UpstreamError::broken(upstream, error));
        decoded.inspect_err(|error| error.log(upstream))
    }

    /// Makes a call part of the request that it is made for: gives it its headers and its span.
    fn begin(&self, call: &mut Call<'_>) -> Observed {
        let (host, port) = (self.0.base.host_str().unwrap_or_default(), self.0.base.port_or_known_default());
        let span = trace::client_span(&call.method, self.0.name, call.route, host, port.unwrap_or(80));
        let context = propagation::current();
        if let Some(context) = &context {
            context.inject(&mut call.headers, trace::span_context(&span));
        }
        if let Some(agent) = &self.0.client.agent {
            call.headers.insert(USER_AGENT, agent.clone());
        }
        Observed { context, span, started: Instant::now() }
    }

    /// Tells what came of a call: to the metrics, the span, the log, and the answer's list of hops.
    fn end(&self, observed: &Observed, answer: &Result<Response<Bytes>, UpstreamError>) {
        let Observed { context, span, started } = observed;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.0.calls.count(error.kind(), started.elapsed());
                span.record("error.type", error.kind());
                span.record("otel.status_code", "ERROR");
                return error.log(self.0.name);
            }
        };
        self.0.calls.count(answer.status().as_str(), started.elapsed());
        // By the conventions a 4xx is an error on the client's side of a call.
        trace::record_status(span, answer.status(), answer.status().as_u16() >= 400);
        let hops = answer.headers().get(SERVED_BY).filter(|hops| identity::are_hops(hops));
        if let (Some(context), Some(hops)) = (context, hops) {
            context.answered_by(hops.clone());
        }
    }

    async fn pass(&self, call: Call<'_>) -> Result<Response<Bytes>, UpstreamError> {
        let uri = PathAndQuery::try_from(call.target).map_err(|error| UpstreamError::broken(self.0.name, error))?;
        let mut request = Request::new(Full::from(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = uri.into();
        *request.headers_mut() = call.headers;
        self.0.pool.exchange(request).await
    }

    async fn get(&self, call: Call<'_>) -> Result<Response<Bytes>, UpstreamError> {
        let url = self.0.base.join(call.target).map_err(|error| UpstreamError::broken(self.0.name, error))?;
        let request = self.0.client.http.get(url).headers(call.headers);
        let failed = |error| UpstreamError::from_transport(self.0.name, error);
        let mut answer = request.send().await.map_err(failed)?;
        let body = self.body(&mut answer).await?;
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    async fn body(&self, answer: &mut reqwest::Response) -> Result<Bytes, UpstreamError> {
        let failed = |error| UpstreamError::from_transport(self.0.name, error);
        // Most bodies are one chunk, which is passed on without a copy.
        let Some(first) = answer.chunk().await.map_err(failed)? else { return Ok(Bytes::new()) };
        let Some(second) = answer.chunk().await.map_err(failed)? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            if whole.len() + chunk.len() > BODY_LIMIT_BYTES {
                return Err(UpstreamError::broken(self.0.name, format!("body over {BODY_LIMIT_BYTES} bytes")));
            }
            whole.extend_from_slice(&chunk);
            next = answer.chunk().await.map_err(failed)?;
        }
        Ok(whole.freeze())
    }
}
