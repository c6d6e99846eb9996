//! Does a DestinationRule keep the TLS that the callee asks for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, host_of, mtls};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-destination-tls",
    severity: Severity::Error,
    title: "a DestinationRule switches off the mTLS that the namespace requires",
    reason: "Without `tls` in a DestinationRule Istio uses mTLS wherever the callee has a sidecar. With `DISABLE` or \
             `SIMPLE` callers send what a STRICT callee refuses: 503 with the flags UF or UC.",
    reference: "https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    tls: {mode: DISABLE} # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let Some(host) = host_of(rule).filter(|host| mtls(bundle, host.namespace) == Some("STRICT")) else { continue };
        let top = &rule["spec"]["trafficPolicy"];
        let subsets = rule["spec"]["subsets"].items().iter().map(|it| &it["trafficPolicy"]);
        for policy in std::iter::once(top).chain(subsets) {
            let ports = policy["portLevelSettings"].items().iter();
            for mode in std::iter::once(policy).chain(ports).map(|it| &it["tls"]["mode"]) {
                if matches!(mode.str(), "DISABLE" | "SIMPLE" | "MUTUAL") {
                    let will = format!("answer 503: {} takes nothing but Istio's mTLS", host.full());
                    report.at(rule, mode, will, "no `tls` at all, or `ISTIO_MUTUAL`");
                }
            }
        }
    }
}
