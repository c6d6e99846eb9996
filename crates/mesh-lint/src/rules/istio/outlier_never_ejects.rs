//! Is one pod few enough to be ejected?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::breakers;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-outlier-never-ejects",
    severity: Severity::Error,
    title: "outlier detection may not eject even one of so few pods",
    reason: "`maxEjectionPercent` is 10 unless stated, and Envoy ejects a pod only if it stays within. One of two pods \
             is 50 %, so with the default nothing is ever ejected below ten pods: the DestinationRule is accepted and \
             the breaker never opens. Observed: two pods, forty answers 503 in a row, both healthy; with 50 one was \
             gone.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  replicas: 2
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  replicas: 2
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5, maxEjectionPercent: 50}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for breaker in breakers(bundle).into_iter().filter(|it| it.pods > 0 && 100 / it.pods > it.percent) {
        let (name, pods, percent) = (&breaker.name, breaker.pods, breaker.percent);
        let will = format!("never eject a pod of {name}: one of {pods} is more than {percent} %");
        report.at(breaker.object, breaker.node, will, format!("`maxEjectionPercent: {}` or more", 100 / pods));
    }
}
