//! What do several rules about Linkerd ask? What its annotations hold, which routes its proxies read, whom a Server takes.

mod annotation;
mod outbound;
mod policy;
mod probe;

pub use annotation::{
    BALANCER, TIME_ANNOTATIONS, annotations, go_millis, is_duration, is_go_bool, is_retry, milliseconds, ports,
    proxy_settings,
};
pub use outbound::{RouteKey, is_egress, is_outbound, is_server, outbound_routes, route_key, routes_of};
pub use policy::{POLICY, Server, points_at, policies_of, servers};
pub use probe::{Probe, probes};

/// The group of the Gateway API.
pub const GATEWAY_API: &str = "gateway.networking.k8s.io";
