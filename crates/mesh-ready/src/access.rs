//! One line a request: who asked for what, what came of it, and by which ids to find the rest.

use std::time::Instant;

use axum::extract::MatchedPath;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;

use crate::logs::Log;
use crate::metrics::CLIENT_CLOSED;
use crate::propagation::Context;

/// A request that will be logged once: when it is answered, or when its caller hangs up.
#[derive(Debug)]
pub struct Access {
    log: Log,
    context: Context,
    method: Method,
    path: String,
    route: Option<MatchedPath>,
    started: Instant,
    open: bool,
}

impl Access {
    /// Notes the request. Query strings are not logged: they hold what callers type.
    pub fn begin<B>(log: &Log, context: &Context, request: &Request<B>) -> Self {
        Self {
            log: log.clone(),
            context: context.clone(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            started: Instant::now(),
            open: true,
        }
    }

    /// Writes the line of an answered request.
    pub fn end<B: Body>(mut self, response: &Response<B>) {
        self.open = false;
        self.write(response.status().as_u16(), response.body().size_hint().exact());
    }

    fn write(&self, status: u16, bytes: Option<u64>) {
        let failed = StatusCode::from_u16(status).is_ok_and(|status| status.is_server_error());
        let mut line = self.log.line(if failed { "WARN" } else { "INFO" }, "request");
        line.text("method", self.method.as_str());
        line.text("path", &self.path);
        line.text("route", self.route.as_ref().map_or(crate::metrics::UNMATCHED, MatchedPath::as_str));
        line.value("status", status);
        line.value("duration_ms", self.milliseconds());
        line.value("bytes", bytes);
        Log::identify(&mut line, &self.context);
        self.log.write(line);
    }

    /// Three decimals: microseconds matter for a service that answers in less than one millisecond.
    fn milliseconds(&self) -> f64 {
        (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if self.open {
            self.write(CLIENT_CLOSED, None);
        }
    }
}
