//! The gateway under test, called without a socket.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::issuer::Issuer;

pub struct Gateway {
    router: Router,
    pub issuer: Issuer,
    pub folder: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Gateway {
    /// In front of these services, with the defaults.
    pub fn new(users: &str, orders: &str) -> Self {
        Self::with(users, orders, &[])
    }

    /// In front of these services, with more flags.
    pub fn with(users: &str, orders: &str, flags: &[&str]) -> Self {
        let issuer = Issuer::new("a", 1);
        let folder = tempfile::tempdir().expect("a folder");
        let jwks = folder.path().join("jwks.json");
        std::fs::write(&jwks, json!({ "keys": [issuer.jwk()] }).to_string()).expect("a written file");
        let jwks = jwks.to_str().expect("a readable path");
        let fixed = ["api-gateway", "--user-service-url", users, "--order-service-url", orders, "--jwks-file", jwks];
        let args: api_gateway::Args =
            mesh_ready::config::try_parse_from(&api_gateway::WORKLOAD, fixed.iter().chain(flags))
                .expect("good settings");
        let client = mesh_ready::Client::new(&args.mesh.client).expect("a client");
        let (router, _) = api_gateway::app(&args, &client).expect("an app");
        Self { router, issuer, folder }
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// A write with a good token.
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.issuer.token("ada")))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()));
        self.call(request.expect("a request")).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("visible ASCII"))
    }

    /// The error's message, after a look at its shape.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{:?}", self.body);
        let problem: contracts::Problem = serde_json::from_slice(&self.body).expect("the error shape");
        problem.error.message
    }
}

/// As if it came over a connection from this address.
pub fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let peer = SocketAddr::new(address.parse().expect("an address"), 40000);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
