//! Does Linkerd know what is asked of its injector?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::proxy_settings;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-inject-value",
    severity: Severity::Error,
    title: "an unknown value of linkerd.io/inject",
    reason: "The injector knows `enabled`, `disabled` and `ingress`. Any other value, `true` for one, switches \
             injection off for the pod, or for the whole namespace even where a pod says `enabled`; only an event of \
             the pod's owner tells.",
    reference: "https://linkerd.io/2/features/proxy-injection/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    linkerd.io/inject: "true" # <-
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
    for (object, entry) in proxy_settings(bundle).filter(|(_, entry)| &*entry.key == "linkerd.io/inject") {
        if !KNOWN.contains(&entry.value.str()) {
            report.at(
                object,
                &entry.value,
                format!("add no proxy: it knows no value {:?}", entry.value.str()),
                "enabled",
            );
        }
    }
}
/// The last one is known to a vendor's build that has Windows nodes.
const KNOWN: [&str; 5] = ["", "enabled", "disabled", "ingress", "windows"];
