//! The shop's edge: one address for users and orders.
//!
//! | question | file |
//! |---|---|
//! | Which paths are there, and who serves them? | `routes` |
//! | How does a request reach a service, and what comes back? | `proxy`, `upstream_answer`, `envelope` |
//! | How do two answers become one? | `overview` |
//! | Who may come in? | `admission`, with `caller`, `rate_limit`, `token`, `key_ring` and `jwks` |
//! | Who may choose a release? | `canary` |
//! | What do people and their tools see? | `pages`, `openapi` |
//!
//! What is not here is the mesh's: TLS, retries, timeouts by route, breakers, balancing, weights between releases.

mod admission;
mod caller;
mod canary;
mod config;
mod envelope;
mod jwks;
mod key_ring;
mod openapi;
mod overview;
mod pages;
mod proxy;
mod rate_limit;
mod reply;
mod routes;
mod token;
mod upstream_answer;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use mesh_ready::{Bound, Client, Workload};

pub use canary::CanaryVersions;
pub use config::{Args, CanaryArgs, RateLimitArgs, TokenArgs, UpstreamArgs};
pub use key_ring::KeyRing;

use admission::Admission;
use rate_limit::Limiter;
use routes::Upstreams;
use token::Verifier;

/// What this process is in the mesh.
pub const WORKLOAD: Workload = Workload { name: "api-gateway", port: 8080, admin_port: 9080, versions: &["v1"] };

/// Starts the process and opens its ports. It is ready at once: a service that is down degrades answers, and
/// taking the gateway out of the balancing would not bring it back.
///
/// # Errors
/// Telemetry cannot start, or a port is taken.
pub async fn bind(args: Args) -> anyhow::Result<Bound> {
    let runtime = mesh_ready::start(&WORKLOAD, &args.mesh)?;
    describe_counters();
    let (app, document) = app(&args, runtime.client())?;
    let canary = args.canary.canary_versions;
    let runtime = runtime.with_inbound_filter(move |headers| canary.admit(headers));
    Ok(runtime.bind(app, document).await?)
}

/// The routes with everything that guards them, and their OpenAPI document. Must be called inside tokio.
///
/// # Errors
/// The services' OpenAPI documents contradict each other.
pub fn app(args: &Args, client: &Client) -> anyhow::Result<(Router, serde_json::Value)> {
    let upstreams = Upstreams {
        users: client.upstream("user-service", args.upstreams.user_service_url.clone()),
        orders: client.upstream("order-service", args.upstreams.order_service_url.clone()),
    };
    let document = openapi::document(routes::own_document())?;
    let guard = from_fn_with_state(Arc::new(admission(args)), admission::guard);
    Ok((routes::router(upstreams, &document).layer(guard), document))
}

fn admission(args: &Args) -> Admission {
    let tokens = &args.tokens;
    tokens.jwks_file.spawn_refresh();
    Admission {
        verifier: Verifier::new(tokens.jwks_file.clone(), tokens.jwt_issuer.clone(), tokens.jwt_audience.clone()),
        limiter: limiter(&args.rate_limit),
        trusted_proxies: args.rate_limit.trusted_proxies,
    }
}

fn limiter(args: &RateLimitArgs) -> Option<Arc<Limiter>> {
    let per_second = NonZeroU32::new(args.rate_limit_per_second)?;
    let limiter = Limiter::new(per_second, args.rate_limit_burst);
    limiter.spawn_upkeep();
    Some(limiter)
}

fn describe_counters() {
    metrics::describe_counter!("gateway_degraded_total", "Overviews answered without a service, by upstream");
    metrics::describe_counter!("gateway_rejected_total", "Requests refused at the edge, by reason: rate_limit, token");
}
