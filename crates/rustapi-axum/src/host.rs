//! The builder: which routes, state and limits an axum Router is made of.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use http::Extensions;
use rustapi_core::{ApiError, Route};

use crate::body::Limits;
use crate::endpoint::{Endpoint, Shared};
use crate::error::error_response;
use crate::mount::Mount;
use crate::openapi::Document;

/// Collects RustAPI routes and turns them into an axum [`Router`] and an OpenAPI document.
///
/// Only the routes given to [`Host::mount`] are served. RustAPI's link-time route table, which would serve the routes of
/// every crate in the binary, is never read.
#[must_use = "a host serves nothing until `into_parts` makes a router of it"]
pub struct Host {
    document: Document,
    state: Extensions,
    limits: Limits,
    paths: BTreeMap<String, Vec<Mount>>,
}

impl Host {
    /// An empty host. `title` and `version` go into the OpenAPI document. Bodies may have 1 MiB and take 10 s.
    pub fn new(title: &str, version: &str) -> Self {
        Self {
            document: Document::new(title, version),
            state: Extensions::new(),
            limits: Limits { bytes: 1024 * 1024, timeout: Duration::from_secs(10) },
            paths: BTreeMap::new(),
        }
    }

    /// Gives handlers a value to extract with RustAPI's `State<S>`. A second value of the same type replaces the first.
    pub fn state<S: Clone + Send + Sync + 'static>(mut self, state: S) -> Self {
        self.state.insert(state);
        self
    }

    /// Serves one route. A handler named `list` under `#[rustapi_rs::get("/users")]` has the route `list_route()`. One path may
    /// have several methods.
    ///
    /// # Panics
    /// When the method and path are mounted already, when the same path is mounted with other parameter names, when the
    /// method is none of GET, POST, PUT, PATCH and DELETE, or when two different types share one OpenAPI component name.
    pub fn mount(mut self, route: Route) -> Self {
        let (mount, document) = Mount::new(route);
        let mounted = self.paths.entry(mount.shape()).or_default();
        for other in mounted.iter() {
            mount.assert_beside(other);
        }
        self.document.add(&mount, document);
        mounted.push(mount);
        self
    }

    /// The largest request body in bytes, also when it is sent in chunks of unknown total. Default 1 MiB; more is answered 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// How long a whole request body may take to arrive. Default 10 s, less than a drain lasts; longer is answered 408.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// The router and its OpenAPI 3.1 document.
    ///
    /// Layers that are added to the router with `Router::layer` run outside the panic guard and see axum's `MatchedPath` on
    /// every request whose path is mounted, whatever its method; on a 404 they see none. The router's fallback is taken: it
    /// answers 404. Axum routes can be added, on paths that are not mounted here.
    ///
    /// # Panics
    /// When axum refuses a path, such as `/files/{name}.json`; its message names the path.
    pub fn into_parts(self) -> (Router, serde_json::Value) {
        let shared = Arc::new(Shared { state: Arc::new(self.state), limits: self.limits });
        let mut router = Router::new().fallback(not_found);
        for mounts in self.paths.into_values() {
            let path = mounts[0].axum_path.clone();
            let endpoint = Arc::new(Endpoint::new(mounts, Arc::clone(&shared)));
            // A closure, not a named service: its future needs no box of its own.
            let service = tower::service_fn(move |request: Request| {
                let endpoint = Arc::clone(&endpoint);
                async move { Ok::<_, Infallible>(endpoint.answer(request).await) }
            });
            router = router.route_service(&path, service);
        }
        (router, self.document.into_json())
    }
}

async fn not_found() -> axum::response::Response {
    error_response(ApiError::not_found("No route has this path"))
}
