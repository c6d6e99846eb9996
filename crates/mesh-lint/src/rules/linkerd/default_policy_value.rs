//! Does Linkerd know the default policy that is asked for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{proxy_settings, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-default-policy-value",
    severity: Severity::Error,
    title: "a default policy that Linkerd does not know",
    reason: "For `config.linkerd.io/default-inbound-policy` the injector logs a warning and keeps the default of the \
             installation, which lets everybody in: a misspelt `deny` opens what it was to close. As the \
             `accessPolicy` of a Server the same word is refused.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/default-inbound-policy: authenticated # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/default-inbound-policy: all-authenticated
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        if &*entry.key == "config.linkerd.io/default-inbound-policy" && !KNOWN.contains(&entry.value.str()) {
            let will = format!("keep the default of the installation: it knows no policy {:?}", entry.value.str());
            report.at(object, &entry.value, will, format!("one of {}", KNOWN.join(", ")));
        }
    }
    for server in servers(bundle) {
        let policy = &server.object["spec"]["accessPolicy"];
        if policy.exists() && !KNOWN.contains(&policy.str()) {
            let will = format!("refuse the Server: it knows no policy {:?}", policy.str());
            report.at(server.object, policy, will, format!("one of {}", KNOWN.join(", ")));
        }
    }
}

const KNOWN: [&str; 6] =
    ["all-unauthenticated", "all-authenticated", "cluster-unauthenticated", "cluster-authenticated", "deny", "audit"];
