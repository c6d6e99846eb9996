//! Does the version of a Server know its fields?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::servers;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-version",
    severity: Severity::Error,
    title: "a Server uses a field that its version does not have",
    reason: "`accessPolicy` came with v1beta3 of Server, `externalWorkloadSelector` with v1beta2. In an older version \
             the API server drops the field without a word, so `accessPolicy: audit` becomes a refusal of everybody.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta2
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
  accessPolicy: audit # <-
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
  accessPolicy: audit
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle) {
        let (spec, version) = (&server.object["spec"], &*server.object.version);
        let old = matches!(version, "v1alpha1" | "v1beta1");
        for (field, lost) in [("accessPolicy", old || version == "v1beta2"), ("externalWorkloadSelector", old)] {
            if lost && spec[field].exists() {
                let will = format!("never see `{field}`: {version} does not have it");
                report.at(server.object, &spec[field], will, "apiVersion: policy.linkerd.io/v1beta3");
            }
        }
    }
}
