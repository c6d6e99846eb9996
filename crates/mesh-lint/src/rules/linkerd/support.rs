//! What do several rules about Linkerd ask? What annotations hold, which routes proxies read, whom a Server takes.

mod annotation;
mod bytes;
mod outbound;
mod policy;
mod probe;

pub use annotation::{
    BALANCER, OTHER_ANNOTATIONS, RETRIED_READS, TIME_ANNOTATIONS, all_annotations, annotations, is_about_calls,
    is_duration, is_go_bool, milliseconds, ports, proxy_settings, says_who_is_injected,
};
pub use bytes::{OPAQUE, has_requests, is_bytes, known_as};
pub use outbound::{apex_of, is_egress, is_outbound, is_server, outbound_routes, routes_of};
pub use policy::{POLICY, Server, points_at, policies_of, policies_of_namespace, servers};
pub use probe::{Probe, probes, takes_get};
