//! Who may come in: a caller within its rate, and with a good token if it wants to write.
//!
//! The order protects the costly step, the check of a signature:
//! 1. A token that was verified before names its caller at the cost of a look-up. The request is taken from the
//!    caller's own bucket, so that nobody suffers from others behind the same address.
//! 2. Every other request is taken from the bucket of its address, and refused there when that is empty. A flood
//!    of bad or invented tokens ends here, before any cryptography.
//! 3. Only now is the token verified. A good one is remembered, and the request taken from its caller's bucket.
//!
//! Reads are open. A token that a read brings buys the caller its own bucket, and is ignored when it is bad.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rustapi_axum::error_response;
use rustapi_core::ApiError;

use crate::caller::client_address;
use crate::proxy;
use crate::rate_limit::{Budget, Caller, Exhausted, Limiter};
use crate::token::{TokenError, Verifier, bearer};

/// What decides about a request before it is served.
#[derive(Debug)]
pub struct Admission {
    /// Checks tokens.
    pub verifier: Verifier,
    /// None when there is no limit.
    pub limiter: Option<Arc<Limiter>>,
    /// How many entries of `x-forwarded-for` are ours.
    pub trusted_proxies: usize,
}

/// Who a request is from, in its extensions: the subject of its verified token.
#[derive(Clone, Debug)]
pub struct Subject(pub Arc<str>);

/// What a request that is let in gets.
struct Admitted {
    budget: Option<Budget>,
    subject: Option<Arc<str>>,
}

/// Why a request was not let in.
enum Refusal {
    RateLimit(Exhausted),
    Token(TokenError, Option<Budget>),
}

/// Middleware that lets in what is admitted, and writes the caller's budget on every answer under `/api`.
pub async fn guard(State(admission): State<Arc<Admission>>, mut request: Request, next: Next) -> Response {
    if !is_guarded(request.uri().path()) {
        return next.run(request).await;
    }
    match admission.admit(&request) {
        Ok(Admitted { budget, subject }) => {
            if let Some(subject) = subject {
                request.extensions_mut().insert(Subject(subject));
            }
            with_budget(next.run(request).await, budget)
        }
        Err(refusal) => refusal.into_answer(),
    }
}

fn is_guarded(path: &str) -> bool {
    path.strip_prefix(proxy::PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Admission {
    fn admit(&self, request: &Request) -> Result<Admitted, Refusal> {
        let token = bearer(request.headers());
        if let Some(subject) = token.as_ref().ok().and_then(|token| self.verifier.remembered(token)) {
            return self.known(subject);
        }
        let budget = self.take(Caller::at(self.address(request)))?;
        match token.and_then(|token| self.verifier.verify(token)) {
            Ok(subject) => self.known(subject),
            Err(_) if request.method().is_safe() => Ok(Admitted { budget, subject: None }),
            Err(error) => Err(Refusal::Token(error, budget)),
        }
    }

    fn known(&self, subject: Arc<str>) -> Result<Admitted, Refusal> {
        let budget = self.take(Caller::Subject(subject.clone()))?;
        Ok(Admitted { budget, subject: Some(subject) })
    }

    fn take(&self, caller: Caller) -> Result<Option<Budget>, Refusal> {
        let taken = self.limiter.as_ref().map(|limiter| limiter.take(&caller));
        taken.transpose().map_err(Refusal::RateLimit)
    }

    fn address(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
        client_address(peer, request.headers(), self.trusted_proxies)
    }
}

impl Refusal {
    fn into_answer(self) -> Response {
        match self {
            Self::RateLimit(exhausted) => {
                metrics::counter!("gateway_rejected_total", "reason" => "rate_limit").increment(1);
                too_many_requests(exhausted)
            }
            Self::Token(error, budget) => {
                metrics::counter!("gateway_rejected_total", "reason" => "token").increment(1);
                with_budget(unauthorized(&error), budget)
            }
        }
    }
}

fn too_many_requests(exhausted: Exhausted) -> Response {
    let seconds = exhausted.retry_after_seconds;
    let message = format!("Too many requests: send the next one in {seconds} s");
    let mut answer = error_response(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message));
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    with_budget(answer, Some(exhausted.budget))
}

fn unauthorized(error: &TokenError) -> Response {
    let mut answer = error_response(ApiError::unauthorized(error.to_string()));
    answer.headers_mut().insert(WWW_AUTHENTICATE, challenge(error));
    answer
}

/// RFC 6750 section 3: without a token there is no error to name.
fn challenge(error: &TokenError) -> HeaderValue {
    let text = match error {
        TokenError::Missing => r#"Bearer realm="api-gateway""#.to_owned(),
        error => {
            let described = quotable(&error.to_string());
            format!(r#"Bearer error="invalid_token", error_description="{described}""#)
        }
    };
    HeaderValue::try_from(text).expect("visible ASCII and spaces")
}

/// Issuer and audience are settings, and may hold what a quoted string may not.
fn quotable(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars().map(|c| if allowed(c) { c } else { '?' }).collect()
}

fn with_budget(mut answer: Response, budget: Option<Budget>) -> Response {
    if let Some(budget) = budget {
        budget.write(answer.headers_mut());
    }
    answer
}
