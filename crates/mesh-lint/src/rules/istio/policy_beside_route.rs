//! Is a DestinationRule about the Service to which a route sends?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, Host, Parent, Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, destinations, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-beside-route",
    severity: Severity::Error,
    title: "a DestinationRule is about a Service that a route sends elsewhere",
    reason: "An HTTPRoute leads the calls of a Service to the Services of its releases, which are hosts of their own \
             with clusters of their own. A rule for the Service that was called applies to a cluster to which nothing \
             is sent: no breaker trips, no limit holds. Observed: of six requests none was counted there.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local # <-
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service-v1, namespace: shop}
spec:
  host: order-service-v1.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service-v2, namespace: shop}
spec:
  host: order-service-v2.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule").filter(|it| it["spec"]["trafficPolicy"].exists()) {
        let Some(host) = host_of(rule) else { continue };
        let mut routes = bundle.routes_about(host.namespace, host.name).into_iter();
        let away = routes.find_map(|route| leads_away(bundle, route, host));
        if let Some(backend) = away.filter(|_| !is_sent_to(bundle, host)) {
            let will = format!("apply this to no request: a route leads those for {} to {backend}", host.name);
            report.at(rule, &rule["spec"]["host"], will, "a DestinationRule for each Service that the route names");
        }
    }
}

/// Whether something sends to a Service by name, a gateway for one.
fn is_sent_to(bundle: &Bundle, host: Host<'_>) -> bool {
    let routes = bundle.routes_about(host.namespace, host.name).into_iter();
    let mut backends = routes.flat_map(Route::rules).flat_map(RouteRule::backends);
    backends.any(|it| it.name() == host.name && it.namespace() == host.namespace)
        || destinations(bundle).any(|(object, it)| Host::of(it["host"].str(), &object.namespace) == Some(host))
}

/// Where a route leads the calls of a Service, if it leads all of them to others.
fn leads_away<'a>(bundle: &Bundle, route: Route<'a>, host: Host<'_>) -> Option<&'a str> {
    let all =
        route.parents().any(|parent| is_whole(bundle, parent, host)) && route.rules().any(RouteRule::is_catch_all);
    let stays = |rule: RouteRule<'_>| rule.node["backendRefs"].items().is_empty();
    let mut backends = route.rules().flat_map(RouteRule::backends).map(Backend::name);
    backends.next().filter(|_| all && !route.rules().any(stays))
}

/// Whether a parent is all of a Service: another of its ports would have no route.
fn is_whole(bundle: &Bundle, parent: Parent<'_>, host: Host<'_>) -> bool {
    let named = parent.is_service() && parent.name() == host.name && parent.namespace() == host.namespace;
    let single = || host.service(bundle).is_some_and(|service| service.ports().count() == 1);
    named && (!parent.node["port"].exists() || single())
}
