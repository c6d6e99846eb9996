//! Does each port of a Service say what is spoken on it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::mesh::is_linkerd_alone;
use crate::model::{Port, Service};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::is_bytes;

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

/// The ports that Istio takes for TCP unless it is told otherwise.
const WELL_KNOWN: [i64; 4] = [25, 53, 3306, 27017];

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let linkerd = is_linkerd_alone(bundle);
    // Without a word the meshes pass on as bytes what is usually no HTTP.
    let is_known = |service: Service<'_>, port: Port<'_>| match linkerd {
        true => is_bytes(service, port),
        false => port.number().is_some_and(|number| WELL_KNOWN.contains(&number)),
    };
    for service in bundle.services().filter(|service| !service.is_external_name()) {
        let open = service.ports().filter(|port| port.is_tcp() && !is_declared(*port));
        for port in open.filter(|port| !is_known(service, *port)) {
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

fn is_declared(port: Port<'_>) -> bool {
    port.node["appProtocol"].exists() || port.protocol().is_some_and(|name| NAMES.contains(&name))
}
