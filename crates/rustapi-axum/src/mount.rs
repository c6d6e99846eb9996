//! One RustAPI route taken apart: its path, its handler, what its parameters and body must be, and its documentation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use rustapi_core::{ApiError, Request, Response, Route, RouteMatch, RustApi};
use rustapi_openapi::{OpenApiSpec, Operation};

/// RustAPI's type-erased handler. The framework keeps its own name for this type private.
pub(crate) type Handler = Arc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

pub(crate) struct Mount {
    pub(crate) method: Method,
    /// As axum spells it: `/users/{id}`, `/files/{*path}`.
    pub(crate) axum_path: String,
    /// In the order of the path.
    pub(crate) params: Vec<Param>,
    /// False when the handler's documentation names a body that is not JSON.
    pub(crate) json_only: bool,
    pub(crate) handler: Handler,
}

pub(crate) struct Param {
    pub(crate) name: String,
    /// What the handler wants, as far as RustAPI's macro could see.
    pub(crate) kind: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    Integer,
    Number,
    Boolean,
    Uuid,
}

impl Mount {
    /// The route, and its documentation as RustAPI wrote it. That names every type of every route again, so whoever keeps
    /// mounts, as a server does for as long as it lives, is not to keep it.
    pub(crate) fn new(route: Route) -> (Self, OpenApiSpec) {
        let method = method(&route);
        let axum_path = axum_path(route.path());
        let params = params(&axum_path, &route);
        let (handler, document) = take_apart(route, &method);
        let json_only = operation(&document).is_none_or(takes_json_only);
        (Self { method, axum_path, params, json_only, handler }, document)
    }

    /// The path without its parameter names: two routes with the same shape answer the same requests.
    pub(crate) fn shape(&self) -> String {
        pieces(&self.axum_path).map(|piece| if is_param(piece) { "{}" } else { piece }).collect::<Vec<_>>().join("/")
    }

    /// As OpenAPI spells it, which has no catch-all: `/files/{path}`.
    pub(crate) fn openapi_path(&self) -> String {
        self.axum_path.replace("{*", "{")
    }

    /// # Panics
    /// When `self` and `other`, which have the same shape, cannot both be served.
    pub(crate) fn assert_beside(&self, other: &Mount) {
        assert!(
            self.axum_path == other.axum_path,
            "{} {} and {} {} are the same path with other parameter names: use the same names in both",
            other.method,
            other.axum_path,
            self.method,
            self.axum_path,
        );
        assert!(
            self.method != other.method,
            "{} {} is mounted twice: a method and path can have one handler",
            self.method,
            self.axum_path,
        );
    }
}

impl Kind {
    /// The names that RustAPI's macro and its `#[param(...)]` attribute use.
    fn from_schema_type(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "integer" | "int" | "int64" | "i64" | "int32" | "i32" => Some(Self::Integer),
            "number" | "float" | "f64" | "f32" => Some(Self::Number),
            "boolean" | "bool" => Some(Self::Boolean),
            "uuid" => Some(Self::Uuid),
            _ => None,
        }
    }

    /// Checks a parameter before its handler parses it: RustAPI's `Path<T>` answers a wrong value with the parser's words
    /// ("invalid digit found in string"), which name neither the parameter nor what is right.
    pub(crate) fn check(self, name: &str, text: &str) -> Result<(), ApiError> {
        let right = match self {
            Self::Integer => text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok(),
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Boolean => text.parse::<bool>().is_ok(),
            // Its own parser says what is wrong, and checking it here would need that parser.
            Self::Uuid => true,
        };
        if right {
            return Ok(());
        }
        Err(ApiError::bad_request(format!("Path parameter `{name}` must be {}", self.example())))
    }

    fn example(self) -> &'static str {
        match self {
            Self::Integer => "an integer of at most 64 bits, such as 42",
            Self::Number => "a number, such as 1.5",
            Self::Boolean => "true or false",
            Self::Uuid => "a UUID",
        }
    }
}

/// RustAPI registers a method that it does not know as GET. That would serve a handler under the wrong method.
fn method(route: &Route) -> Method {
    match route.method() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        other => panic!("{other} {}: RustAPI handlers answer GET, POST, PUT, PATCH or DELETE", route.path()),
    }
}

/// RustAPI spells a catch-all `*path`, axum `{*path}`; RustAPI also forgives a missing slash in front.
fn axum_path(path: &str) -> String {
    let pieces = path.strip_prefix('/').unwrap_or(path).split('/');
    let spell = |piece: &str| match piece.strip_prefix('*') {
        Some(name) => format!("/{{*{name}}}"),
        None => format!("/{piece}"),
    };
    pieces.map(spell).collect()
}

/// RustAPI's macro files a parameter's type under the name of the variable, not under the name in the path: in
/// `Path(user_id): Path<i64>` on `/users/{id}` they differ. With one of each there is no doubt.
fn params(axum_path: &str, route: &Route) -> Vec<Param> {
    let names: Vec<&str> =
        pieces(axum_path).filter(|piece| is_param(piece)).map(|piece| piece.trim_matches(['{', '*', '}'])).collect();
    let kinds = route.param_schemas();
    let only = (names.len() == 1 && kinds.len() == 1).then(|| kinds.values().next()).flatten();
    let kind = |name: &str| kinds.get(name).or(only).and_then(|kind| Kind::from_schema_type(kind));
    names.into_iter().map(|name| Param { name: name.to_owned(), kind: kind(name) }).collect()
}

/// A route's handler and operation are private, and an app panics when a second method is mounted on a path. So each route
/// gets an app of its own, which hands both out.
fn take_apart(route: Route, method: &Method) -> (Handler, OpenApiSpec) {
    let app = RustApi::new().mount_route(route);
    let router = app.router();
    let pattern = router.registered_routes().keys().next().expect("one route was mounted");
    // A pattern such as `/users/:id` is a path too, and matches itself.
    match router.match_route(pattern, method) {
        RouteMatch::Found { handler, .. } => (Arc::clone(handler), app.openapi_spec().clone()),
        _ => unreachable!("the pattern {pattern} matches the route that was mounted under it"),
    }
}

/// What the documentation of one route says of it.
pub(crate) fn operation(document: &OpenApiSpec) -> Option<&Operation> {
    let item = document.paths.values().next()?;
    [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten().next()
}

fn takes_json_only(operation: &Operation) -> bool {
    operation.request_body.as_ref().is_none_or(|body| body.content.contains_key("application/json"))
}

fn pieces(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
}

fn is_param(piece: &str) -> bool {
    piece.starts_with('{')
}
