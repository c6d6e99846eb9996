//! Is a Service described in one way?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, Service};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{BALANCER, annotations, routes_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-service-profile",
    severity: Severity::Error,
    title: "a ServiceProfile takes the place of the routes and annotations of its Service",
    reason: "Where a ServiceProfile exists for a Service, proxies of callers follow it alone: HTTPRoutes, GRPCRoutes, \
             retries, timeouts and circuit breaking of that Service are off, and their status goes on saying \
             Accepted. Taking the profile away does not reach connections that are open; callers have to be \
             restarted.",
    reference: "linkerd/linkerd2#14274",
    bad: r#"
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata:
  name: order-service.shop.svc.cluster.local # <-
  namespace: shop
spec: {routes: []}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for profile in bundle.of("linkerd.io", "ServiceProfile") {
        let Some(host) = Host::in_full(&profile.name) else { continue };
        let routed = !routes_of(bundle, host.namespace, host.name).is_empty();
        if routed || host.service(bundle).is_some_and(is_annotated) {
            report.object(
                profile,
                format!(
                    "follow this profile and switch off {} of Service {}",
                    if routed { "the routes" } else { "the annotations" },
                    host.name
                ),
                "no ServiceProfile: routes and annotations say all that it said",
            );
        }
    }
}

fn is_annotated(service: Service<'_>) -> bool {
    let prefixes = ["retry.linkerd.io/", "timeout.linkerd.io/", BALANCER[0], BALANCER[1]];
    annotations(service.object).iter().any(|entry| prefixes.iter().any(|prefix| entry.key.starts_with(prefix)))
}
