//! The pages for people: the live page, the interface's documentation, and what they load. All of it is in the
//! binary, so that it works in a cluster that reaches no internet.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rustapi_core::Route;
use rustapi_rs::Headers;
use serde_json::{Value, json};

use crate::reply::Reply;

/// Everything a page needs comes from the same origin, and nobody may put it into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// Something that is the same for everybody, with the tag that tells whether a browser has it already.
#[derive(Clone, Debug)]
struct Page {
    content_type: &'static str,
    content: Bytes,
    etag: HeaderValue,
}

/// `/`, `/docs`, `/openapi.json` and the files that the pages load.
pub fn routes(document: &Value) -> Vec<Route> {
    let mut routes = vec![
        index(),
        Page::new(HTML, include_str!("../pages/docs.html")).at("/docs"),
        Page::new(JSON, document.to_string()).at("/openapi.json"),
    ];
    routes.extend(assets());
    routes
}

fn assets() -> [Route; 4] {
    [
        Page::new(CSS, include_str!("../pages/index.css")).at("/assets/index.css"),
        Page::new(JAVASCRIPT, include_str!("../pages/index.js")).at("/assets/index.js"),
        Page::new(CSS, include_str!("../pages/docs.css")).at("/assets/docs.css"),
        Page::new(JAVASCRIPT, include_str!("../pages/docs.js")).at("/assets/docs.js"),
    ]
}

/// Browsers ask for HTML by name; curl takes anything and gets what a program can use.
fn index() -> Route {
    let html = Page::new(HTML, include_str!("../pages/index.html"));
    let json = Page::new(JSON, format!("{:#}\n", links()));
    Route::new("/", "GET", move |Headers(headers): Headers| {
        let mut answer = if wants_html(&headers) { html.answer(&headers) } else { json.answer(&headers) };
        answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        async move { Reply(answer) }
    })
}

fn links() -> Value {
    json!({
        "name": "microservices",
        "service": crate::WORKLOAD.name,
        "version": env!("CARGO_PKG_VERSION"),
        "links": {
            "docs": "/docs",
            "openapi": "/openapi.json",
            "users": "/api/users",
            "orders": "/api/orders",
            "overview": "/api/users/1/overview",
        },
    })
}

impl Page {
    fn new(content_type: &'static str, content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let etag =
            HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish())).expect("hexadecimal digits in quotes");
        Self { content_type, content, etag }
    }

    fn at(self, path: &'static str) -> Route {
        Route::new(path, "GET", move |Headers(headers): Headers| {
            let answer = self.answer(&headers);
            async move { Reply(answer) }
        })
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let known = is_known(request, &self.etag);
        let mut answer = Response::new(if known { Body::empty() } else { Body::from(self.content.clone()) });
        *answer.status_mut() = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let headers = answer.headers_mut();
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }
}

fn wants_html(request: &HeaderMap) -> bool {
    let mut accepted = request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

/// `if-none-match` compares weakly (RFC 9110 section 13.1.2): a proxy that compresses makes `W/` of a tag.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let tags = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
