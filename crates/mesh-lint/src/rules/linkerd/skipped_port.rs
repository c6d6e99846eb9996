//! Do the application's own calls pass the proxy?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Port, Service};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{ports, proxy_settings};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-skipped-port",
    severity: Severity::Warning,
    title: "a port that the application uses goes past the proxy",
    reason: "Ports that are skipped are not redirected: calls on them are plaintext without an identity, without \
             retries, routes and metrics, and under a policy that asks for an identity they are refused. Skipping \
             helps protocols that a proxy cannot carry; for those of the cluster's own databases opaque ports keep \
             the encryption.",
    reference: "https://linkerd.io/2/features/protocol-detection/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: api-gateway}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/skip-outbound-ports: "8082" # <-
    spec:
      containers: [{name: app, image: app}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: api-gateway}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/skip-outbound-ports: "25"
    spec:
      containers: [{name: app, image: app}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        let Ok(ranges) = ports(entry.value.str()) else { continue };
        let is_skipped =
            |port: Option<i64>| port.is_some_and(|port| ranges.iter().any(|(from, to)| (*from..=*to).contains(&port)));
        let http = bundle.services().flat_map(|service| service.ports().map(move |port| (service, port)));
        let mut http = http.filter(|(_, port)| port.is_http());
        let found = match &*entry.key {
            "config.linkerd.io/skip-outbound-ports" => http.find(|(_, port)| is_skipped(port.number())),
            "config.linkerd.io/skip-inbound-ports" => {
                http.find(|(service, port)| is_target(bundle, object, *service, *port, &is_skipped))
            }
            _ => None,
        };
        if let Some((service, port)) = found {
            let number = port.number().unwrap_or_default();
            report.at(
                object,
                &entry.value,
                format!(
                    "carry calls of {}:{number} in plaintext, without identity, routes and metrics",
                    service.object.name
                ),
                "a list without this port; config.linkerd.io/opaque-ports for what is not HTTP",
            );
        }
    }
}

/// Whether a port of a Service leads to a skipped port of this workload.
fn is_target(
    bundle: &Bundle,
    object: &Object,
    service: Service<'_>,
    port: Port<'_>,
    is_skipped: &dyn Fn(Option<i64>) -> bool,
) -> bool {
    let mine = service.workloads(bundle).into_iter().filter(|it| std::ptr::eq(it.object, object));
    mine.into_iter()
        .any(|it| is_skipped(port.target().int().or_else(|| it.port(port.target())?["containerPort"].int())))
}
