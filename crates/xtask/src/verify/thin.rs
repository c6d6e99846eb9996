//! What the sidecar does must not be in a service: no TLS, no retry, no breaker, no balancer in its tree.

use super::tree::Tree;

const SERVICES: [&str; 3] = ["user-service", "order-service", "api-gateway"];

/// Crates for what the sidecar does. (`tower` has retry and balance modules that reqwest and the OTLP exporter
/// compile in; `reqwest::retry::never()` and a test in `mesh-ready` hold that a call is made once.)
const SIDECARS: [(&str, &str); 16] = [
    ("rustls", "mTLS"),
    ("native-tls", "mTLS"),
    ("openssl", "mTLS"),
    ("openssl-sys", "mTLS"),
    ("ring", "mTLS"),
    ("aws-lc-rs", "mTLS"),
    ("tokio-rustls", "mTLS"),
    ("reqwest-retry", "retries"),
    ("reqwest-middleware", "retries"),
    ("tokio-retry", "retries"),
    ("backoff", "retries"),
    ("backon", "retries"),
    ("again", "retries"),
    ("failsafe", "circuit breaking"),
    ("recloser", "circuit breaking"),
    ("rustapi-extras", "retries, circuit breaking and timeouts"),
];

/// What is in a service and should be in its sidecar.
pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for service in SERVICES {
        let below = tree.below(service);
        let found = SIDECARS.iter().filter(|(name, _)| below.contains(*name));
        findings.extend(found.map(|(name, what)| format!("{service} contains {name}: {what} belongs to the sidecar")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_deep_in_a_tree_is_found() {
        let tree = Tree::of(&[("api-gateway", &["client"]), ("client", &["transport"]), ("transport", &["rustls"])]);
        assert_eq!(check(&tree), ["api-gateway contains rustls: mTLS belongs to the sidecar"]);
    }

    #[test]
    fn a_tool_may_contain_what_a_service_may_not() {
        assert!(check(&Tree::of(&[("e2e", &["rustls"])])).is_empty());
    }
}
