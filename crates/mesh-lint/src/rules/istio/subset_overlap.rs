//! Do the subsets of a host have different pods?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::NETWORKING;
use crate::yaml::Node;
use std::collections::BTreeMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-subset-overlap",
    severity: Severity::Error,
    title: "two subsets of a host are the same pods",
    reason: "Weights between subsets that hold the same pods change nothing, and a canary by header reaches the old \
             release. Usually one subset was copied and its labels were not edited.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - name: v2
    labels: {version: v1} # <-
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let subsets = rule["spec"]["subsets"].items();
        for (number, subset) in subsets.iter().enumerate() {
            // Subsets may differ in their policy alone, where one of them has any. Argo Rollouts adds the label itself.
            let same = subsets[..number].iter().find(|first| {
                labels(first) == labels(subset) && !subset["trafficPolicy"].exists() && !first["trafficPolicy"].exists()
            });
            if let Some(first) = same.filter(|_| !subset["labels"].entries().is_empty() && !is_managed(bundle, rule)) {
                let (one, other) = (subset["name"].str(), first["name"].str());
                let will = format!("send what is meant for subset {one} to the pods of subset {other}");
                report.at(rule, &subset["labels"], will, "labels that tell the subsets apart");
            }
        }
    }
}

fn is_managed(bundle: &Bundle, rule: &Object) -> bool {
    let mut rollouts = bundle.of("argoproj.io", "Rollout").filter(|it| it.namespace == rule.namespace);
    rollouts.any(|it| {
        let istio = it.root.dig("spec.strategy.canary.trafficRouting.istio");
        istio["destinationRule"]["name"].str() == &*rule.name
    })
}

fn labels(subset: &Node) -> BTreeMap<&str, &str> {
    subset["labels"].entries().iter().map(|entry| (&*entry.key, entry.value.str())).collect()
}
