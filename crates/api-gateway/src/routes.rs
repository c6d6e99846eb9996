//! What the gateway serves: the table of what it passes on, and its own routes.

use axum::Router;
use mesh_ready::Upstream;
use rustapi_axum::Host;
use rustapi_core::Route;
use serde_json::Value;

use crate::proxy::{self, Inbound};
use crate::reply::Reply;
use crate::{overview, pages};

/// A route that is passed on to a service, which serves it without the prefix.
#[derive(Clone, Copy, Debug)]
pub struct Proxied {
    /// In capitals.
    pub method: &'static str,
    /// The path's template at the gateway.
    pub path: &'static str,
    /// Who serves it.
    pub service: Service,
}

/// The services behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// user-service.
    Users,
    /// order-service.
    Orders,
}

/// How to call the services.
#[derive(Clone)]
pub struct Upstreams {
    /// user-service.
    pub users: Upstream,
    /// order-service.
    pub orders: Upstream,
}

use Service::{Orders, Users};

/// Everything that is passed on. A path that is not here is not reachable from outside, whatever a service serves.
pub const PROXIED: [Proxied; 13] = [
    Proxied::new("GET", "/api/users", Users),
    Proxied::new("POST", "/api/users", Users),
    Proxied::new("GET", "/api/users/{id}", Users),
    Proxied::new("PUT", "/api/users/{id}", Users),
    Proxied::new("PATCH", "/api/users/{id}", Users),
    Proxied::new("DELETE", "/api/users/{id}", Users),
    Proxied::new("GET", "/api/orders", Orders),
    Proxied::new("POST", "/api/orders", Orders),
    Proxied::new("GET", "/api/orders/{id}", Orders),
    Proxied::new("POST", "/api/orders/{id}/pay", Orders),
    Proxied::new("POST", "/api/orders/{id}/ship", Orders),
    Proxied::new("POST", "/api/orders/{id}/deliver", Orders),
    Proxied::new("POST", "/api/orders/{id}/cancel", Orders),
];

/// All routes. `document` is what `/openapi.json` shows.
///
/// Proxied routes are RustAPI routes like the others, though they use nothing of it: that way one place decides
/// for all of them about body limits, content types, HEAD, OPTIONS, `Allow` and the shape of errors.
pub fn router(upstreams: Upstreams, document: &Value) -> Router {
    let host =
        Host::new("api-gateway", env!("CARGO_PKG_VERSION")).state(upstreams.clone()).mount(overview::overview_route());
    let host = pages::routes(document).into_iter().fold(host, Host::mount);
    let host = PROXIED.iter().fold(host, |host, proxied| host.mount(proxied.route(&upstreams)));
    let (router, _) = host.into_parts();
    router
}

/// The document of the gateway's own routes under the prefix. The proxied ones are documented by their services.
pub fn own_document() -> Value {
    Host::new("api-gateway", env!("CARGO_PKG_VERSION")).mount(overview::overview_route()).into_parts().1
}

impl Proxied {
    const fn new(method: &'static str, path: &'static str, service: Service) -> Self {
        Self { method, path, service }
    }

    fn route(self, upstreams: &Upstreams) -> Route {
        let upstream = upstreams.of(self.service).clone();
        let method = http::Method::try_from(self.method).expect("the table holds methods");
        let template = self.path.strip_prefix(proxy::PREFIX).expect("the table holds paths under the prefix");
        Route::new(self.path, self.method, move |inbound: Inbound| {
            let (upstream, method) = (upstream.clone(), method.clone());
            async move { Reply(proxy::forward(&upstream, method, template, inbound).await) }
        })
    }
}

impl Upstreams {
    fn of(&self, service: Service) -> &Upstream {
        match service {
            Users => &self.users,
            Orders => &self.orders,
        }
    }
}
