//! Do annotations for the proxy stand on the pods?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::annotations;
use crate::yaml::Entry;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-config-on-workload",
    severity: Severity::Error,
    title: "an annotation for the proxy stands on an object that makes pods, not on the pods",
    reason: "The injector sees pods and their namespace; what a Deployment, a StatefulSet or a CronJob says in its \
             own metadata does not reach it. So the pods get no proxy, or one with the defaults. Of a Service it \
             reads opaque-ports alone.",
    reference: "https://linkerd.io/2/features/proxy-injection/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: order-service
  annotations:
    linkerd.io/inject: enabled # <-
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec: {containers: [{name: app, image: app}]}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: order-service
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        linkerd.io/inject: enabled
    spec: {containers: [{name: app, image: app}]}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        let workload = Workload::of(object).filter(|_| &*object.kind != "Pod");
        let service = object.is("", "Service") || object.is("", "ServiceAccount");
        for entry in annotations(object).iter().filter(|_| workload.is_some() || service) {
            let repeated = workload.is_some_and(|it| it.annotations()[&entry.key] == entry.value);
            let read = service && &*entry.key == "config.linkerd.io/opaque-ports";
            if is_for_proxy(&entry.key) && !same(workload, entry) && !repeated && !read {
                report.span(
                    object,
                    entry.span,
                    format!("not read `{}` from a {}: its injector sees pods and Namespaces", entry.key, object.kind),
                    "the annotation under spec.template.metadata.annotations, or on the Namespace for all its pods",
                );
            }
        }
    }
}

fn is_for_proxy(key: &str) -> bool {
    key == "linkerd.io/inject" || key.starts_with("config.linkerd.io/") || key.starts_with("config.alpha.linkerd.io/")
}

/// Whether the pods say the same, so that nothing is lost.
fn same(workload: Option<Workload<'_>>, entry: &Entry) -> bool {
    workload.is_some_and(|it| it.annotations()[&entry.key].text() == entry.value.text())
}
