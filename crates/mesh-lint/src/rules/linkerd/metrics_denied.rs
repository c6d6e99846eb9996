//! Can the proxies' own metrics be read under a default of deny?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{proxy_settings, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-metrics-denied",
    severity: Severity::Warning,
    title: "a default policy of deny shuts the proxies' metrics too",
    reason: "Policies guard the proxy's admin port 4191 like any other. Under a default of deny `/metrics` answers \
             403 to whoever collects, while `/ready` stays 200, so the pods are healthy and the panels empty. \
             Observed.",
    reference: "linkerd/linkerd2#10691",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    linkerd.io/inject: enabled
    config.linkerd.io/default-inbound-policy: deny # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    linkerd.io/inject: enabled
    config.linkerd.io/default-inbound-policy: all-unauthenticated
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        let denies = &*entry.key == "config.linkerd.io/default-inbound-policy" && entry.value.str() == "deny";
        let namespace = if object.is("", "Namespace") { &object.name } else { &object.namespace };
        let served = servers(bundle).any(|server| server.object.namespace == *namespace && server.is_of_proxy());
        if denies && !served {
            report.at(
                object,
                &entry.value,
                "answer 403 to whoever collects the proxies' metrics on port 4191",
                "a Server for port linkerd-admin, a route for /metrics and a policy for whoever collects",
            );
        }
    }
}
