//! Does a manifest still say what Linkerd no longer reads?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::all_annotations;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-annotation-retired",
    severity: Severity::Warning,
    title: "an annotation that Linkerd read once and reads no more",
    reason: "Annotations of features that were taken out stay in manifests for years, because nothing complains. \
             Whoever reads them believes that traces are collected or that something is switched off.",
    reference: "https://linkerd.io/2/tasks/jaeger-extension-migration/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        config.linkerd.io/trace-collector: collector.linkerd-jaeger:55678 # <-
    spec:
      containers: [{name: app, image: app}]
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers: [{name: app, image: app}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in all_annotations(object) {
            if let Some((_, instead)) = RETIRED.iter().find(|(key, _)| *key == &*entry.key) {
                report.span(object, entry.span, format!("not read `{}`", entry.key), *instead);
            }
        }
    }
}

/// What was taken out, and what does the same now.
pub const RETIRED: [(&str, &str); 6] = [
    ("config.linkerd.io/trace-collector", TRACING),
    ("config.linkerd.io/trace-collector-service-account", TRACING),
    ("config.linkerd.io/disable-identity", "nothing: encryption cannot be switched off for a pod with a proxy"),
    ("config.linkerd.io/disable-tap", "viz.linkerd.io/disable-tap"),
    ("config.linkerd.io/init-image", "nothing: the proxy's image brings it along"),
    ("config.linkerd.io/init-image-version", "nothing: the proxy's image brings it along"),
];

const TRACING: &str = "the values proxy.tracing.* of the control plane's installation";
