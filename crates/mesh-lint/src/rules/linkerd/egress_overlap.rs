//! Is it said by one object what may leave a namespace?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-egress-overlap",
    severity: Severity::Warning,
    title: "two EgressNetworks of a namespace are about the same addresses",
    reason: "Of EgressNetworks in one namespace the one with the smallest network around an address counts, then the \
             older one, then the first by name. Two about the same network leave the choice to the order of their \
             creation, and the routes of the other are not asked.",
    reference: "https://linkerd.io/2/reference/egress-network/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: outside, namespace: shop}
spec: {trafficPolicy: Deny}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: carriers, namespace: shop} # <-
spec: {trafficPolicy: Allow}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: outside, namespace: shop}
spec: {trafficPolicy: Deny}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: carriers, namespace: shop}
spec: {trafficPolicy: Allow, networks: [{cidr: 203.0.113.0/24}]}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut seen: HashMap<_, &'a Object> = HashMap::new();
    for object in bundle.of(POLICY, "EgressNetwork") {
        let networks = object["spec"]["networks"].items().iter().map(|it| it["cidr"].str());
        // Without any it is about all that is not of the cluster.
        let networks: Vec<_> = if object["spec"]["networks"].exists() { networks.collect() } else { vec![""] };
        let others = networks.into_iter().map(|cidr| *seen.entry((&object.namespace, cidr)).or_insert(object));
        if let Some(other) =
            others.into_iter().find(|other| other.name != object.name && bundle.together(other, object))
        {
            report.object(
                object,
                format!("follow either it or {}, the older one, for the same addresses", other.name),
                "one EgressNetwork with a route for each host, or networks that differ",
            );
        }
    }
}
