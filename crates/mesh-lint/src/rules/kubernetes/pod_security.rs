//! Does the namespace admit what injection adds?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::injects;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-pod-security",
    severity: Severity::Warning,
    title: "the namespace refuses the pods that injection makes",
    reason: "The container that redirects traffic wants NET_ADMIN and NET_RAW, which the Pod Security profiles \
             `baseline` and `restricted` forbid. The webhook injects it, admission refuses the pod, and the Deployment \
             stays at zero. With the mesh's CNI plugin there is no such container; then suppress this. Observed with \
             both meshes.",
    reference: "https://istio.io/latest/docs/setup/additional-setup/pod-security-admission/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: enabled
    pod-security.kubernetes.io/enforce: restricted # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: enabled
    pod-security.kubernetes.io/enforce: privileged
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for namespace in bundle.of("", "Namespace") {
        let profile = namespace.label("pod-security.kubernetes.io/enforce");
        if matches!(profile.str(), "baseline" | "restricted") && injects(namespace) {
            let will = format!("make no pod: the profile {} forbids what redirects the traffic", profile.str());
            report.at(
                namespace,
                profile,
                will,
                "`privileged`, or the mesh's CNI plugin and a suppression that says so",
            );
        }
    }
}
