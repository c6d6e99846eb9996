//! Does each port of a Service say what is spoken on it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::mesh::is_linkerd_alone;
use crate::model::{Port, Service};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-port-protocol",
    severity: Severity::Warning,
    title: "a Service port does not say which protocol is spoken",
    reason: "A sidecar that is not told what is spoken waits for the first bytes and guesses. Protocols in which the server speaks \
             first stall for seconds, and what is guessed to be no HTTP gets no routes, retries, metrics or HTTP policies. Istio reads \
             `appProtocol` or the port's name up to the first dash, Linkerd only `appProtocol`.",
    reference: "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
spec:
  selector: {app: order-service}
  ports:
  - port: 8082 # <-
    targetPort: 8082
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
spec:
  selector: {app: order-service}
  ports:
  - name: http
    appProtocol: http
    port: 8082
    targetPort: 8082
"#,
    check,
};

/// What Istio understands as the first part of a port's name.
const NAMES: [&str; 13] =
    ["http", "http2", "https", "grpc", "grpc-web", "tcp", "tls", "udp", "mongo", "mysql", "redis", "auto", "hbone"];

/// The ports that Linkerd does not look into unless it is told otherwise.
const OPAQUE: [i64; 8] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];

/// The ports that Istio takes for TCP unless it is told otherwise.
const WELL_KNOWN: [i64; 4] = [25, 53, 3306, 27017];

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    // Without a word the meshes pass on as bytes what is usually no HTTP.
    let linkerd = is_linkerd_alone(bundle);
    let opaque: &[i64] = if linkerd { &OPAQUE } else { &WELL_KNOWN };
    for service in bundle.services().filter(|service| !service.is_external_name()) {
        let open = service.ports().filter(|port| port.is_tcp() && !is_declared(*port));
        let open = open.filter(|port| !(linkerd && is_opaque(service, *port)));
        for port in open.filter(|port| !port.number().is_some_and(|number| opaque.contains(&number))) {
            let number = port.number().unwrap_or_default();
            report.at(
                service.object,
                &port.node["port"],
                format!("guess what is spoken on port {number} from the first bytes, and do without HTTP features when it cannot"),
                "`appProtocol: http` (or `tcp`), and a name such as `http` or `tcp-postgres`",
            );
        }
    }
}

/// Whether the Service tells Linkerd to carry the port as bytes.
fn is_opaque(service: Service<'_>, port: Port<'_>) -> bool {
    let list = service.object.annotation("config.linkerd.io/opaque-ports").str();
    port.number().is_some_and(|number| list.split(',').any(|it| it.trim() == number.to_string()))
}

fn is_declared(port: Port<'_>) -> bool {
    port.node["appProtocol"].exists() || port.protocol().is_some_and(|name| NAMES.contains(&name))
}
