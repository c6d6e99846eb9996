//! Do sidecars know whom their process calls?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, equal_labels};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::NETWORKING;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-sidecar-hides-callee",
    severity: Severity::Error,
    title: "a Sidecar hides a Service that its pods call",
    reason: "A `Sidecar` lists what its pods learn about. A Service of a namespace that is not listed is unknown to \
             them: with `REGISTRY_ONLY` the call is answered with 502, else it goes out in plaintext, without mTLS and \
             routes. The collector of traces is the one that is forgotten.",
    reference: "https://istio.io/latest/docs/reference/config/networking/sidecar/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec:
  egress:
  - hosts: [./*, istio-system/*] # <-
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata: {labels: {app: order-service}}
    spec:
      containers:
      - name: order-service
        env:
        - {name: COLLECTOR, value: "http://collector.observability.svc.cluster.local:4317"}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec:
  egress:
  - hosts: [./*, istio-system/*, observability/*]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata: {labels: {app: order-service}}
    spec:
      containers:
      - name: order-service
        env:
        - {name: COLLECTOR, value: "http://collector.observability.svc.cluster.local:4317"}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for sidecar in bundle.of(NETWORKING, "Sidecar").filter(|it| !it["spec"]["egress"].items().is_empty()) {
        let hosts: Vec<_> = sidecar["spec"]["egress"].items().iter().flat_map(|it| it["hosts"].items()).collect();
        let labels = &sidecar["spec"]["workloadSelector"]["labels"];
        let workloads = bundle.workloads_in(&sidecar.namespace);
        let mine = workloads.filter(|it| labels.entries().is_empty() || equal_labels(labels, it.labels()));
        let mut hidden: Vec<_> = mine
            .flat_map(|workload| workload.calls(bundle))
            .filter(|call| !hosts.iter().any(|host| shows(host.str(), &sidecar.namespace, call.host)))
            .map(|call| format!("{}/{}", call.host.namespace, call.host.name))
            .collect();
        hidden.sort_unstable();
        hidden.dedup();
        if !hidden.is_empty() {
            let will = format!("keep its pods from knowing {}", hidden.join(", "));
            report.at(
                sidecar,
                &sidecar["spec"]["egress"].items()[0]["hosts"],
                will,
                "the callee's namespace, as `NAMESPACE/*`",
            );
        }
    }
}

/// Whether an entry of a Sidecar shows the callee: `namespace/host`, with `.`, `*` and `~` for namespaces.
fn shows(entry: &str, own: &str, callee: Host<'_>) -> bool {
    let (namespace, host) = entry.split_once('/').unwrap_or(("*", entry));
    let there = namespace == "*" || namespace == callee.namespace || namespace == "." && callee.namespace == own;
    let full = callee.full();
    there && (host == "*" || host == full || host.strip_prefix('*').is_some_and(|end| full.ends_with(end)))
}
