//! Are all labels and annotations strings?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-annotation-type",
    severity: Severity::Error,
    title: "a label or annotation is not a string",
    reason: "A number, `true` or `yes` without quotes is no string, and the API server refuses the object for it: \
             `cannot unmarshal number into Go struct field ObjectMeta.metadata.annotations of type string`. In a \
             template or a patch that shows only when it is applied.",
    reference: "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service-db
  annotations:
    config.linkerd.io/opaque-ports: 3306 # <-
spec:
  selector: {app: order-service-db}
  ports: [{name: mysql, port: 3306}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service-db
  annotations:
    config.linkerd.io/opaque-ports: "3306"
spec:
  selector: {app: order-service-db}
  ports: [{name: mysql, port: 3306}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        let template = object.root.dig("spec.template.metadata");
        let maps = [&object["metadata"], template].into_iter().flat_map(|it| [&it["labels"], &it["annotations"]]);
        for entry in maps.flat_map(Node::entries).filter(|it| !it.value.is_null() && !it.value.is_string()) {
            let will = format!("refuse the object: `{}` is not a string", entry.key);
            report.at(object, &entry.value, will, "the value in quotes");
        }
    }
}
