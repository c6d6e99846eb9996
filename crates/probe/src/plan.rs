//! What to send, how hard and for how long.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, HOST},
};

use crate::{target::Target, template};

/// A load. The same request over and over; `{n}` in the URL's path, the header values and the body is replaced by the
/// number of the request, counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where to.
    pub url: Target,
    /// `GET` by default.
    pub method: Method,
    /// Sent as they are. `host` replaces the URL's own, over h2c as `:authority`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Sent as `application/json` unless a header says otherwise; nothing when empty, as it is by default.
    pub body: String,
    /// How hard. One worker by default.
    pub rate: Rate,
    /// How many requests in all; as many as the duration allows by default.
    pub count: Option<u64>,
    /// How long requests are started; without an end by default.
    pub duration: Option<Duration>,
    /// How many connections at most. Over HTTP/1.1 each carries one request at a time, over h2c they are used in turn.
    pub connections: usize,
    /// How long a request may take, connecting included; and before that, how long it may wait for one of the connections
    /// to become free. 10 s by default.
    pub timeout: Duration,
    /// A new connection for each request, so that balancing by connection spreads them.
    pub fresh_connections: bool,
    /// The protocol. HTTP/1.1 by default.
    pub http: Http,
    /// The statuses that are right; all 2xx when empty, as it is by default.
    pub expect: Vec<u16>,
}

/// How hard to press.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Open loop: so many requests start each second, whatever becomes of the earlier ones.
    PerSecond(f64),
    /// Closed loop: each worker sends its next request when it is done with the last one.
    Closed {
        /// Requests at a time.
        workers: usize,
    },
}

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Http {
    /// HTTP/1.1 with keep-alive.
    #[default]
    H1,
    /// HTTP/2 without TLS, by prior knowledge, as sidecars speak it.
    H2c,
}

impl Plan {
    /// GETs of this URL by one worker, until it is stopped.
    #[must_use]
    pub fn new(url: Target) -> Self {
        let http = Http::default();
        Self {
            url,
            method: Method::GET,
            headers: Vec::new(),
            body: String::new(),
            rate: Rate::Closed { workers: 1 },
            count: None,
            duration: None,
            connections: http.connections(),
            timeout: Duration::from_secs(10),
            fresh_connections: false,
            http,
            expect: Vec::new(),
        }
    }

    /// Whether an answer with this status is right.
    #[must_use]
    pub fn expects(&self, status: u16) -> bool {
        if self.expect.is_empty() { (200..300).contains(&status) } else { self.expect.contains(&status) }
    }

    /// The request with this number. Its URI is a path; the connection adds what its protocol needs.
    #[must_use]
    pub fn request(&self, n: u64) -> Request<Bytes> {
        let body = Bytes::from(template::text(&self.body, n).into_owned());
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.path(n);
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, template::header(value, n));
        }
        headers.entry(HOST).or_insert_with(|| self.url.host_header());
        if !self.body.is_empty() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        request
    }
}

impl Http {
    /// How many connections are enough by default: many over HTTP/1.1, a few over h2c, which shares them.
    #[must_use]
    pub const fn connections(self) -> usize {
        match self {
            Self::H1 => 64,
            Self::H2c => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_the_request_is_put_in_everywhere() {
        let mut plan = Plan::new("http://shop/orders/{n}".parse().expect("a URL"));
        plan.body = r#"{"sku":"s-{n}"}"#.to_owned();
        plan.headers = vec![(HeaderName::from_static("idempotency-key"), HeaderValue::from_static("key-{n}"))];
        let request = plan.request(12);
        assert_eq!(request.uri(), "/orders/12");
        assert_eq!(request.headers()["idempotency-key"], "key-12");
        assert_eq!(request.headers()[HOST], "shop");
        assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(request.body(), r#"{"sku":"s-12"}"#);
    }

    #[test]
    fn a_header_replaces_the_host_of_the_url() {
        let mut plan = Plan::new("http://127.0.0.1:8080/".parse().expect("a URL"));
        plan.headers = vec![(HOST, HeaderValue::from_static("shop.example"))];
        let hosts: Vec<_> = plan.request(0).headers().get_all(HOST).iter().cloned().collect();
        assert_eq!(hosts, ["shop.example"]);
    }

    #[test]
    fn every_2xx_is_expected_unless_statuses_are_named() {
        let mut plan = Plan::new("http://shop".parse().expect("a URL"));
        assert!(plan.expects(204) && !plan.expects(302) && !plan.expects(503));
        plan.expect = vec![403];
        assert!(plan.expects(403) && !plan.expects(200));
    }
}
