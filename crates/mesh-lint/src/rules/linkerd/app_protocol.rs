//! Does Linkerd know the protocol that a port names?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::known_as;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-app-protocol",
    severity: Severity::Error,
    title: "an appProtocol of HTTP that Linkerd takes for bytes",
    reason: "Linkerd knows `http`, `kubernetes.io/h2c`, `linkerd.io/opaque` and `linkerd.io/tcp`, and carries a port \
             with anything else as bytes, `grpc` and `http2` too, which Istio knows. Observed with grpc: all of a \
             canary's requests went to the old release, and the callee no longer heard who called.",
    reference: "https://linkerd.io/2/features/protocol-detection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: grpc, port: 8082, targetPort: http}] # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: kubernetes.io/h2c, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        for port in service.ports() {
            let protocol = &port.node["appProtocol"];
            let Some(instead) = known_as(protocol.str()) else { continue };
            let will = format!(
                "carry the port as bytes, without routes, retries, statuses: it does not know {}",
                protocol.str()
            );
            report.at(service.object, protocol, will, instead);
        }
    }
}
