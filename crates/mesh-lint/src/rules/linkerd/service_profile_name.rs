//! Does Linkerd find a ServiceProfile?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-service-profile-name",
    severity: Severity::Error,
    title: "a ServiceProfile is not called by the full name of a Service",
    reason: "Linkerd completes the name that a caller asks for to `<service>.<namespace>.svc.<domain>` and looks for a \
             profile of that name. The webhook asks for no more than a name of DNS, so a profile that is called like \
             the Service alone is accepted, and its routes, retries and timeouts hold for nobody.",
    reference: "https://linkerd.io/2/tasks/setting-up-service-profiles/",
    bad: r#"
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata:
  name: order-service # <-
  namespace: shop
spec:
  routes:
  - {name: orders, condition: {method: GET, pathRegex: /orders}}
"#,
    good: r#"
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata:
  name: order-service.shop.svc.cluster.local
  namespace: shop
spec:
  routes:
  - {name: orders, condition: {method: GET, pathRegex: /orders}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for profile in bundle.of("linkerd.io", "ServiceProfile") {
        if !profile.name.is_empty() && Host::in_full(&profile.name).is_none() {
            let will = "never be looked up: Linkerd asks for the full name of a Service";
            report.object(profile, will, "`<service>.<namespace>.svc.cluster.local`");
        }
    }
}
