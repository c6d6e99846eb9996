//! Do the name of a port and its appProtocol say the same?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-protocol-conflict",
    severity: Severity::Warning,
    title: "the name of a port and its appProtocol say different things",
    reason: "`appProtocol` wins in Istio and is all that Linkerd reads, so a name that says something else only \
             misleads whoever reads the manifest, and counts again when the field is removed.",
    reference: "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports:
  - name: tcp-orders
    appProtocol: http # <-
    port: 8082
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports:
  - name: http-orders
    appProtocol: http
    port: 8082
"#,
    check,
};

/// Names and values that mean one thing; a name that is in no group says nothing.
const GROUPS: [&[&str]; 5] = [
    &["http", "kubernetes.io/ws"],
    &["grpc", "grpc-web", "http2", "kubernetes.io/h2c"],
    &["tcp", "linkerd.io/tcp", "linkerd.io/opaque", "mongo", "mysql", "redis"],
    &["https", "tls", "kubernetes.io/wss"],
    &["udp"],
];

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        for port in service.ports() {
            let name = port.name().split('-').next().unwrap_or_default();
            let protocol = &port.node["appProtocol"];
            if let (Some(said), Some(meant)) = (group(name), group(protocol.str()))
                && said != meant
            {
                let will = format!("speak {} here, whatever the name {} says", protocol.str(), port.name());
                report.at(service.object, protocol, will, "one protocol in both places");
            }
        }
    }
}

fn group(word: &str) -> Option<usize> {
    GROUPS.iter().position(|group| group.contains(&word.to_ascii_lowercase().as_str()))
}
