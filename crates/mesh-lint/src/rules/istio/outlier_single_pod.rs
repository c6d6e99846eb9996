//! Is there another pod when one is ejected?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::breakers;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-outlier-single-pod",
    severity: Severity::Warning,
    title: "outlier detection may eject the only pod",
    reason: "Outlier detection acts on each subset for itself. With `maxEjectionPercent: 100` it ejects the only pod \
             too, and each request is answered with 503 and the flag UH until it comes back: the breaker makes the \
             outage. Observed after five answers 503.",
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
  replicas: 1
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
    outlierDetection: {consecutive5xxErrors: 5, maxEjectionPercent: 100} # <-
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
    outlierDetection: {consecutive5xxErrors: 5, maxEjectionPercent: 100}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for breaker in breakers(bundle).into_iter().filter(|it| it.pods == 1 && it.percent >= 100) {
        let will = format!("answer 503 (flag UH) for {} while its only pod is ejected", breaker.name);
        report.at(breaker.object, breaker.node, will, "two pods or more, or no outlier detection");
    }
}
