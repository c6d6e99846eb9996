//! Can Linkerd read the lists of ports?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{all_annotations, ports};
use crate::yaml::Entry;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-port-list",
    severity: Severity::Error,
    title: "a list of ports that Linkerd cannot read",
    reason: "Ports are numbers and rising ranges with commas between them; names count only for the opaque ports of a \
             pod that has such a port. On a Service the policy controller takes a list with one bad entry for empty, \
             so that nothing of it is opaque; what is to be skipped goes to the program that sets up the pod's \
             network, which fails.",
    reference: "https://linkerd.io/2/reference/proxy-configuration/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: 5432;6379 # <-
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: 5432,6379
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in all_annotations(object).filter(|entry| LISTS.contains(&&*entry.key)) {
            let Err(wrong) = ports(&without_names(object, entry)).map_err(ToOwned::to_owned) else { continue };
            let will =
                if object.is("", "Service") { "take the list for empty" } else { "not skip or mark these ports" };
            report.at(
                object,
                &entry.value,
                format!("{will}: it cannot read {wrong:?}"),
                "numbers and ranges such as 5432,6379,9300-9302",
            );
        }
    }
}

const LISTS: [&str; 5] = [
    "config.linkerd.io/opaque-ports",
    "config.linkerd.io/skip-inbound-ports",
    "config.linkerd.io/skip-outbound-ports",
    "config.linkerd.io/pod-inbound-ports",
    "config.linkerd.io/proxy-require-identity-inbound-ports",
];

/// The list without the names that stand for ports of the pod.
fn without_names(object: &Object, entry: &Entry) -> String {
    let named = |part: &str| {
        let mut names = Workload::of(object).into_iter().flat_map(Workload::ports).map(|port| port["name"].str());
        &*entry.key == LISTS[0] && names.any(|name| name == part)
    };
    let parts: Vec<_> = entry.value.str().split(',').map(str::trim).filter(|part| !named(part)).collect();
    parts.join(",")
}
