//! Do the labels of each subset match pods of the Service?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, equal_labels};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, destinations, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-subset-labels",
    severity: Severity::Error,
    title: "a subset matches none of the pods of its Service",
    reason: "A subset is made of the pods that the Service selects and that also have the subset's labels. If there is \
             none, each request to it is answered with 503 and the flag UH. A Service that selects one version makes \
             the subsets of all others empty.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - name: v2
    labels: {version: "2"} # <-
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v1}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v2}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v1}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v2}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let Some(service) = host_of(rule).and_then(|host| host.service(bundle)) else { continue };
        let workloads = service.workloads(bundle);
        for subset in rule["spec"]["subsets"].items() {
            let labels = &subset["labels"];
            let empty = !workloads.iter().any(|workload| equal_labels(labels, workload.labels()));
            let is_known = !workloads.is_empty() && !labels.entries().is_empty();
            if is_known && empty && is_used(bundle, rule, subset["name"].str()) {
                let will =
                    format!("answer 503 (flag UH) to what is sent to subset {}: no pod is in it", subset["name"].str());
                report.at(rule, labels, will, "labels that pods of the Service have");
            }
        }
    }
}

/// Whether a route sends requests to a subset. What nobody is sent to may be empty.
fn is_used(bundle: &Bundle, rule: &Object, subset: &str) -> bool {
    let host = host_of(rule);
    let mut named = destinations(bundle).filter(|(_, it)| it["subset"].str() == subset);
    named.any(|(object, it)| Host::of(it["host"].str(), &object.namespace) == host)
}
