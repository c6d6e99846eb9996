//! Does the port that takes spans say that it speaks gRPC?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-otlp-port",
    severity: Severity::Warning,
    title: "the port for OTLP does not say that it speaks gRPC",
    reason: "Sidecars send spans by gRPC to this Service. They speak HTTP/2 to it only where the port is declared so; \
             otherwise the calls go out as HTTP/1.1, fail, and are counted nowhere that one looks. Name it `grpc-otlp`: \
             Linkerd takes `appProtocol: grpc` for opaque.",
    reference: "https://istio.io/latest/docs/tasks/observability/distributed-tracing/opentelemetry/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: observability}
spec:
  selector: {app: collector}
  ports:
  - {name: otlp, port: 4317} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: observability}
spec:
  selector: {app: collector}
  ports:
  - {name: grpc-otlp, port: 4317}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        for port in service.ports().filter(|port| port.number() == Some(4317)) {
            let declared = matches!(port.protocol(), Some("grpc" | "http2" | "kubernetes.io/h2c"));
            if !declared {
                let will = "send spans to it by HTTP/1.1, which an OTLP/gRPC receiver refuses";
                report.at(service.object, &port.node["port"], will, "`name: grpc-otlp`");
            }
        }
    }
}
