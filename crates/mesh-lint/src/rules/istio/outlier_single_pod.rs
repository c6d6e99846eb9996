//! Is there another pod when one is ejected?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, equal_labels};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-outlier-single-pod",
    severity: Severity::Warning,
    title: "outlier detection over a single pod",
    reason: "Outlier detection acts on each subset for itself and ejects one pod whatever the limit in percent says. If \
             it is the only one, each request to the subset is answered with 503 and the flag UH until it comes back: \
             the breaker makes the outage.",
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
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let Some(service) = host_of(rule).and_then(|host| host.service(bundle)) else { continue };
        let workloads = service.workloads(bundle);
        let top = &rule["spec"]["trafficPolicy"]["outlierDetection"];
        let subsets = rule["spec"]["subsets"].items();
        for subset in subsets {
            let own = &subset["trafficPolicy"]["outlierDetection"];
            let pods = workloads.iter().filter(|it| equal_labels(&subset["labels"], it.labels()));
            if single(bundle, pods.copied()) && (own.exists() || top.exists()) {
                let name = subset["name"].str();
                let will = format!("answer 503 (flag UH) for subset {name} while its only pod is ejected");
                report.at(
                    rule,
                    if own.exists() { own } else { top },
                    will,
                    "two pods or more, or no outlier detection",
                );
            }
        }
        if subsets.is_empty() && top.exists() && single(bundle, workloads.iter().copied()) {
            let will = "answer 503 (flag UH) while the only pod is ejected";
            report.at(rule, top, will, "two pods or more, or no outlier detection");
        }
    }
}

/// Whether these are one pod, and no autoscaler makes it more.
fn single<'a>(bundle: &Bundle, workloads: impl Iterator<Item = Workload<'a>>) -> bool {
    let workloads: Vec<_> = workloads.collect();
    let scaled = |workload: &Workload<'_>| {
        let mut scalers = bundle.of("autoscaling", "HorizontalPodAutoscaler");
        scalers.any(|it| it["spec"]["scaleTargetRef"]["name"].str() == &*workload.object.name)
    };
    workloads.len() == 1 && workloads[0].replicas() == Some(1) && !scaled(&workloads[0])
}
