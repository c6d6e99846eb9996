//! Can metrics of a process be read where policies hold?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Scrape, Workload};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, policies_of, policies_of_namespace, servers, takes_get};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-scrape-denied",
    severity: Severity::Error,
    title: "metrics are scraped at a port that lets no scrape in",
    reason: "Under a default of deny a port is open to those whom a policy admits to its Server. A port of the process \
             without a Server, a separate one for metrics too, answers 403 to whoever collects; probes pass without \
             one, so the pods are healthy and the panels empty. A Server with routes, of which none has the path, answers 404, and 403 where nobody may ask for it.",
    reference: "https://linkerd.io/2/features/server-policy/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/default-inbound-policy: deny
        prometheus.io/scrape: "true"
        prometheus.io/port: "9082" # <-
    spec:
      containers: [{name: app, image: app, ports: [{name: admin, containerPort: 9082}]}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: proxies, namespace: shop}
spec:
  podSelector: {}
  port: linkerd-admin
  proxyProtocol: HTTP/1
  accessPolicy: all-unauthenticated
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/default-inbound-policy: deny
        prometheus.io/scrape: "true"
        prometheus.io/port: "9082"
    spec:
      containers: [{name: app, image: app, ports: [{name: admin, containerPort: 9082}]}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: proxies, namespace: shop}
spec:
  podSelector: {}
  port: linkerd-admin
  proxyProtocol: HTTP/1
  accessPolicy: all-unauthenticated
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: metrics, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: admin
  proxyProtocol: HTTP/1
  accessPolicy: cluster-authenticated
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for scrape in bundle.scrapes().into_iter().filter(|it| bundle.is_meshed(it.workload)) {
        if let Some(will) = refusal(bundle, scrape) {
            report.at(scrape.object, scrape.node, will, "a Server for this port, and a policy for whoever collects");
        }
    }
}

/// How a port refuses whoever collects: by the default policy, or because what has the path lets nobody in.
fn refusal(bundle: &Bundle, scrape: Scrape<'_>) -> Option<String> {
    let Scrape { workload, port, path, .. } = scrape;
    let there = servers(bundle).filter(|it| it.object.namespace == workload.object.namespace && it.selects(workload));
    let mut mine = there.filter(|it| it.number(workload) == Some(port));
    let Some(server) = mine.next() else {
        let denies = default_policy(bundle, workload) == Some("deny");
        return denies.then(|| format!("answer 403 to each scrape of {path}: no Server opens port {port}"));
    };
    let routes: Vec<_> = server.routes(bundle).collect();
    let mut taking = routes.iter().filter(|route| route.rules().any(|rule| takes_get(rule.node, path))).peekable();
    if routes.is_empty() {
        return None;
    } else if taking.peek().is_none() {
        return Some(format!("answer 404 to each scrape of {path}: the Server of port {port} has no route for it"));
    }
    let mut objects = taking.map(|route| route.object).chain([server.object]);
    let open = server.admits_by_itself() || objects.any(|it| policies_of(bundle, it).next().is_some());
    let old = bundle.of(POLICY, "ServerAuthorization").any(|it| it.namespace == server.object.namespace);
    let shut = !open && !old && policies_of_namespace(bundle, &server.object.namespace).next().is_none();
    shut.then(|| format!("answer 403 to each scrape of {path}: no policy admits anybody to its route at port {port}"))
}

fn default_policy<'a>(bundle: &'a Bundle, workload: Workload<'a>) -> Option<&'a str> {
    let key = "config.linkerd.io/default-inbound-policy";
    let namespace = bundle.of("", "Namespace").find(|it| it.name == workload.object.namespace);
    workload.annotations()[key].text().or_else(|| namespace?.annotation(key).text())
}
