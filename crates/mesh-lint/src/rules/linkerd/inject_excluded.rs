//! Does the injector see the namespace at all?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::proxy_settings;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-inject-excluded",
    severity: Severity::Error,
    title: "injection is asked for where the injector is not called",
    reason: "The webhook of the injector leaves out kube-system, cert-manager and every namespace with the label \
             `config.linkerd.io/admission-webhooks: disabled`. An annotation there is never read; pods start without \
             a proxy and nothing is logged.",
    reference: "https://linkerd.io/2/features/proxy-injection/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    config.linkerd.io/admission-webhooks: disabled
  annotations:
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
    for (object, entry) in proxy_settings(bundle).filter(|(_, entry)| &*entry.key == "linkerd.io/inject") {
        let namespace = if object.is("", "Namespace") { &object.name } else { &object.namespace };
        if matches!(entry.value.str(), "enabled" | "ingress") && is_excluded(bundle, namespace) {
            report.at(
                object,
                &entry.value,
                format!("add no proxy: its webhook is not called for the namespace {namespace}"),
                "another namespace, or this one without the label config.linkerd.io/admission-webhooks",
            );
        }
    }
}

fn is_excluded(bundle: &Bundle, namespace: &str) -> bool {
    let label = "config.linkerd.io/admission-webhooks";
    matches!(namespace, "kube-system" | "cert-manager")
        || bundle.of("", "Namespace").any(|it| *it.name == *namespace && it.label(label).str() == "disabled")
}
