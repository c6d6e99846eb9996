//! Is injection asked for by an annotation?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-inject-label",
    severity: Severity::Error,
    title: "linkerd.io/inject is a label",
    reason: "Linkerd's injector reads annotations; as a label, as Istio has it, the key is kept and nothing is \
             injected.",
    reference: "https://linkerd.io/2/features/proxy-injection/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    linkerd.io/inject: enabled # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    linkerd.io/inject: enabled
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        let pods = Workload::of(object).filter(|_| &*object.kind != "Pod").map(Workload::labels);
        let labels = [Some(&object["metadata"]["labels"]), pods].into_iter().flatten().flat_map(Node::entries);
        for entry in labels.filter(|entry| &*entry.key == "linkerd.io/inject") {
            report.span(object, entry.span, "add no proxy: it does not read labels", "the same under `annotations`");
        }
    }
}
