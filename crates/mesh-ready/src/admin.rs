//! What an operator asks a process: is it alive and ready, what did it count, who is it, how does it behave.
//!
//! A port of its own, so that none of this can be reached through the ingress and none of it is counted or
//! traced. A separate port does not by itself escape a mesh's mTLS or deny policies: `mesh/` allows it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};

use crate::faults::{Faults, Plan};
use crate::health::Health;
use crate::identity::Identity;
use crate::metrics::Metrics;
use crate::telemetry::LogFilter;

/// What the admin port can show and change.
#[derive(Clone, Debug)]
pub struct Admin {
    /// For `/readyz`.
    pub health: Health,
    /// For `/metrics`.
    pub metrics: Metrics,
    /// For `/version`.
    pub identity: Identity,
    /// For `/log-level`.
    pub filter: LogFilter,
    /// For `/faults`.
    pub faults: Faults,
    /// For `/openapi.json`.
    pub openapi: Arc<str>,
}

impl Admin {
    /// The routes of the admin port.
    pub fn router(self) -> Router {
        Router::new()
            .route("/livez", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .route("/version", get(version))
            .route("/openapi.json", get(openapi))
            .route("/log-level", get(log_level).put(set_log_level))
            .route("/faults", get(faults).put(set_faults).delete(clear_faults))
            .with_state(self)
    }
}

async fn ready(State(admin): State<Admin>) -> Response {
    let readiness = admin.health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics(State(admin): State<Admin>, asked: HeaderMap) -> Response {
    let exposition = admin.metrics.render(&asked);
    ([(header::CONTENT_TYPE, exposition.content_type)], exposition.text).into_response()
}

async fn version(State(admin): State<Admin>) -> Response {
    let Identity { service, version, pod } = &admin.identity;
    let build = env!("CARGO_PKG_VERSION");
    Json(serde_json::json!({ "service": service, "version": version, "pod": pod, "build": build })).into_response()
}

async fn openapi(State(admin): State<Admin>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], admin.openapi.to_string()).into_response()
}

async fn log_level(State(admin): State<Admin>) -> String {
    admin.filter.current() + "\n"
}

/// Takes the filter as plain text, for example `debug`.
async fn set_log_level(State(admin): State<Admin>, text: String) -> Response {
    match admin.filter.set(text.trim()) {
        Ok(()) => log_level(State(admin)).await.into_response(),
        Err(hint) => (StatusCode::BAD_REQUEST, hint + "\n").into_response(),
    }
}

async fn faults(State(admin): State<Admin>) -> Json<Plan> {
    Json(admin.faults.plan())
}

/// Takes a [`Plan`], for example `{"status":"503:5"}`, whatever the content type says.
async fn set_faults(State(admin): State<Admin>, text: String) -> Response {
    match serde_json::from_str(&text) {
        Ok(plan) => {
            admin.faults.set(plan);
            faults(State(admin)).await.into_response()
        }
        Err(error) => {
            let hint = format!("{error}; expected for example {{\"latency\":\"150ms:10\",\"status\":\"503:5\"}}\n");
            (StatusCode::BAD_REQUEST, hint).into_response()
        }
    }
}

async fn clear_faults(State(admin): State<Admin>) -> Json<Plan> {
    admin.faults.set(Plan::default());
    faults(State(admin)).await
}
