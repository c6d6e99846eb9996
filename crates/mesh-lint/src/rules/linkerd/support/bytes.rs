//! Which ports does Linkerd carry as bytes, without looking for requests?

use super::ports;
use crate::model::{Port, Service};

/// The ports that it does not look into unless it is told otherwise.
pub const OPAQUE: [i64; 8] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];

/// Whether it carries the port of a Service as bytes: an `appProtocol` decides, then the Service's list, then the default.
#[must_use]
pub fn is_bytes(service: Service<'_>, port: Port<'_>) -> bool {
    let list = service.object.annotation("config.linkerd.io/opaque-ports");
    let number = port.number().unwrap_or_default();
    match &*port.node["appProtocol"].str().to_ascii_lowercase() {
        "http" | "kubernetes.io/h2c" => false,
        "" if list.exists() => {
            ports(list.str()).is_ok_and(|it| it.iter().any(|(from, to)| (*from..=*to).contains(&number)))
        }
        "" => OPAQUE.contains(&number),
        _ => true,
    }
}

/// Whether it looks for requests on a port of a Service; one that shows no ports is a part of a Service.
#[must_use]
pub fn has_requests(service: Service<'_>) -> bool {
    service.ports().next().is_none() || service.ports().any(|port| !is_bytes(service, port))
}

/// What to write instead of a protocol that means HTTP, and that it does not know.
#[must_use]
pub fn known_as(protocol: &str) -> Option<&'static str> {
    match &*protocol.to_ascii_lowercase() {
        "grpc" | "grpc-web" | "http2" | "h2c" => Some("kubernetes.io/h2c, or no appProtocol: it is then detected"),
        "http1" | "http/1" | "http/1.1" | "kubernetes.io/ws" | "ws" => Some("http"),
        _ => None,
    }
}
