//! Are the settings of the proxy those of a native sidecar?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{all_annotations, annotations, proxy_settings};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-native-sidecar",
    severity: Severity::Warning,
    title: "a setting that native sidecars ignore, or an old name of theirs",
    reason: "Since 2.20 the proxy is a native sidecar, which the kubelet starts before the application and ends after \
             it. `proxy-wait-before-exit-seconds` is then ignored, and the alpha and beta spellings of \
             `proxy-enable-native-sidecar` are on their way out; a namespace's beta spelling does not reach its pods.",
    reference: "https://linkerd.io/2/features/native-sidecars/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.alpha.linkerd.io/proxy-wait-before-exit-seconds: "40" # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/shutdown-grace-period: 40s
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        match &*entry.key {
            "config.alpha.linkerd.io/proxy-wait-before-exit-seconds" if is_native(bundle, object) => report.span(
                object,
                entry.span,
                "not wait: as a native sidecar the proxy outlives the application anyway",
                "nothing; config.linkerd.io/shutdown-grace-period says how long the proxy drains",
            ),
            "config.alpha.linkerd.io/proxy-enable-native-sidecar"
            | "config.beta.linkerd.io/proxy-enable-native-sidecar" => {
                report.span(
                    object,
                    entry.span,
                    "read this name for some more releases",
                    "config.linkerd.io/proxy-enable-native-sidecar",
                );
            }
            _ => {}
        }
    }
}

/// Native unless the pods or their namespace say otherwise.
fn is_native(bundle: &Bundle, object: &Object) -> bool {
    let says_no = |key: &str, value: &str| {
        key.ends_with("/proxy-enable-native-sidecar") && matches!(value, "false" | "0" | "f" | "False")
    };
    let namespace = bundle.of("", "Namespace").filter(|it| it.name == object.namespace).flat_map(annotations);
    !all_annotations(object).chain(namespace).any(|entry| says_no(&entry.key, entry.value.str()))
}
