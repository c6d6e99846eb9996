//! Is there a rule for the requests that no condition takes?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_catch_all, is_for_mesh, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-catch-all",
    severity: Severity::Error,
    title: "requests that match no rule of a VirtualService have nowhere to go",
    reason: "A sidecar that knows a VirtualService for a host answers 404 (flag NR) to what none of its rules takes. A \
             VirtualService that holds only the rule for the canary's header breaks all other calls.",
    reference: "https://istio.io/latest/docs/ops/best-practices/traffic-management/#set-default-routes-for-services",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http: # <-
  - match: [{headers: {x-canary: {exact: v2}}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{headers: {x-canary: {exact: v2}}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle).filter(|it| is_for_mesh(it) && hosts_of(it).next().is_some()) {
        let rules = &object["spec"]["http"];
        // A delegate holds only a part of the rules, and the one that delegates the others.
        let delegates = rules.items().iter().any(|rule| rule["delegate"].exists());
        if !rules.items().is_empty() && !delegates && !rules.items().iter().any(is_catch_all) {
            let will = "answer 404 (flag NR) to each request that no rule takes";
            report.at(object, rules, will, "a last rule without `match`");
        }
    }
}
