//! Does a list of opaque ports still have the usual ones?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Port;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{OPAQUE, ports};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-opaque-default-lost",
    severity: Severity::Warning,
    title: "a list of opaque ports leaves out a port that is opaque by default",
    reason: "25, 587, 3306, 4444, 5432, 6379, 9300 and 11211 are opaque by default. A list replaces these, it does \
             not add to them: a port that fell out is watched for its protocol again, and where the server speaks \
             first, as in MySQL and SMTP, each connection stalls for ten seconds.",
    reference: "https://linkerd.io/2/features/protocol-detection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service-db
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: "33060" # <-
spec:
  selector: {app: order-service-db}
  ports: [{name: mysql, port: 3306}, {name: mysqlx, port: 33060}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service-db
  namespace: shop
  annotations:
    config.linkerd.io/opaque-ports: 3306,33060
spec:
  selector: {app: order-service-db}
  ports: [{name: mysql, port: 3306}, {name: mysqlx, port: 33060}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let list = service.object.annotation("config.linkerd.io/opaque-ports");
        let Some(ranges) = Some(list).filter(|list| list.exists()).and_then(|list| ports(list.str()).ok()) else {
            continue;
        };
        let undeclared = service.ports().filter(|port| !port.node["appProtocol"].exists()).filter_map(Port::number);
        let lost = undeclared.filter(|port| OPAQUE.contains(port));
        for port in lost.filter(|port| !ranges.iter().any(|(from, to)| (*from..=*to).contains(port))) {
            report.at(
                service.object,
                list,
                format!("no longer carry port {port} as bytes but watch for its protocol first"),
                format!("a list with {port} in it, or `appProtocol: linkerd.io/opaque` at the port"),
            );
        }
    }
}
