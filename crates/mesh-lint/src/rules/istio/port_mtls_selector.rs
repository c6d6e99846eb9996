//! Does a policy for mTLS at some ports say of which pods?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{SECURITY, is_narrow};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-port-mtls-selector",
    severity: Severity::Error,
    title: "a PeerAuthentication names ports without selecting pods",
    reason: "`portLevelMtls` is about ports of pods, not of Services, and needs a selector with labels. Without one the \
             whole object is refused by the CRD (`portLevelMtls requires selector`) or, before it had that check, by \
             Istio's webhook: the mode beside the ports is not there either. Pipelines that go on after an error leave \
             the former policy in force, and where neither check is installed the ports are ignored.",
    reference: "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: order-service, namespace: shop}
spec:
  mtls: {mode: STRICT}
  portLevelMtls: # <-
    9082: {mode: PERMISSIVE}
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  mtls: {mode: STRICT}
  portLevelMtls:
    9082: {mode: PERMISSIVE}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "PeerAuthentication").filter(|it| !is_narrow(it)) {
        let ports = &policy["spec"]["portLevelMtls"];
        if !ports.is_null() {
            let will = "never see this policy: ports need a selector, and the API server refuses it without one";
            report.at(policy, ports, will, "`selector.matchLabels` of the pods, or another policy for them");
        }
    }
}
