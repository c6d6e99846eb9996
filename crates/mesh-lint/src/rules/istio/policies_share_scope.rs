//! Is there one policy for a namespace as a whole?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, SECURITY};
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policies-share-scope",
    severity: Severity::Error,
    title: "two objects of a kind are about the same namespace as a whole",
    reason: "Of PeerAuthentication, Telemetry and Sidecar without a selector each namespace may have one. Of two, Istio \
             takes the older one and ignores the other, settings that only the other has included.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0160/",
    bad: r#"
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: default, namespace: shop}
spec: {tracing: [{randomSamplingPercentage: 1}]}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: logs, namespace: shop} # <-
spec: {accessLogging: [{providers: [{name: envoy}]}]}
"#,
    good: r#"
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: default, namespace: shop}
spec: {tracing: [{randomSamplingPercentage: 1}]}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: logs, namespace: shop}
spec: {selector: {matchLabels: {app: order-service}}, accessLogging: [{providers: [{name: envoy}]}]}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (group, kind) in
        [(SECURITY, "PeerAuthentication"), ("telemetry.istio.io", "Telemetry"), (NETWORKING, "Sidecar")]
    {
        let mut first: HashMap<&str, &'a Object> = HashMap::new();
        for object in bundle.of(group, kind).filter(|it| is_whole(it)) {
            let other = *first.entry(&object.namespace).or_insert(object);
            if other.name != object.name && bundle.together(other, object) {
                let will = format!("take the older of this and {}, and ignore the other", other.title());
                report.object(object, will, "one object that says both, or a selector");
            }
        }
    }
}

fn is_whole(object: &Object) -> bool {
    let spec = &object["spec"];
    !["selector", "workloadSelector", "targetRefs", "targetRef"].iter().any(|key| spec[key].exists())
}
