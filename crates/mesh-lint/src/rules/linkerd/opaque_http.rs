//! Is a port either HTTP or opaque?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::ports;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-opaque-http",
    severity: Severity::Warning,
    title: "an opaque port that speaks HTTP, or one whose appProtocol says another thing",
    reason: "An opaque port is carried as bytes: no routes, no retries, no status in metrics, policies only by \
             connection. If the port has an `appProtocol`, that one counts for the callers and the annotation on the \
             Service is passed over; if only its name says http, HTTP is lost.",
    reference: "https://linkerd.io/2/features/protocol-detection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: "8082" # <-
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: "5432"
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let list = service.object.annotation("config.linkerd.io/opaque-ports");
        let Ok(ranges) = ports(list.str()) else { continue };
        for port in service.ports() {
            let Some(number) = port.number().filter(|it| ranges.iter().any(|(from, to)| (*from..=*to).contains(it)))
            else {
                continue;
            };
            let declared = port.node["appProtocol"].str().to_ascii_lowercase();
            let will = match &*declared {
                "http" | "kubernetes.io/h2c" => {
                    format!("take port {number} for {declared} and pass over the annotation")
                }
                "" if port.is_http() => {
                    format!("carry port {number} ({}) as bytes: no routes, retries or statuses", port.name())
                }
                _ => continue,
            };
            report.at(
                service.object,
                list,
                will,
                "the port in one of the two: the list, or a name and appProtocol of HTTP",
            );
        }
    }
}
