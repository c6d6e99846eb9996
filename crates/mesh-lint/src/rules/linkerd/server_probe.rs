//! Do the kubelet's probes still get through?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, Workload};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, Probe, Server, policies_of, probes, servers, takes_get};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-probe",
    severity: Severity::Error,
    title: "a Server has routes, and none of them lets the kubelet's probes in",
    reason: "As long as a Server has no route, Linkerd lets exactly the paths of the probes pass. With the first \
             HTTPRoute that ends: a path without a route is answered with 404, one whose route asks for an identity \
             with 403. Observed: pods were unready within 10 s, and the liveness probe restarted all of them.",
    reference: "https://linkerd.io/2/tasks/configuring-per-route-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, # <-
  namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: Server, name: order-service}
  rules:
  - matches: [{path: {type: PathPrefix, value: /orders}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        image: app
        ports: [{name: http, containerPort: 8082}]
        livenessProbe: {httpGet: {path: /livez, port: http}}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: Server, name: order-service}
  rules:
  - matches: [{path: {type: Exact, value: /livez}}]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: order-service}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: NetworkAuthentication, name: anywhere}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: anywhere, namespace: shop}
spec:
  networks: [{cidr: 0.0.0.0/0}, {cidr: '::/0'}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        image: app
        ports: [{name: http, containerPort: 8082}]
        livenessProbe: {httpGet: {path: /livez, port: http}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle) {
        let routes: Vec<_> = server.routes(bundle).filter(|route| &*route.object.kind == "HTTPRoute").collect();
        let probed = probed(bundle, server).into_iter().filter(|_| !routes.is_empty());
        // One finding a Server: what opens it to one probe mostly opens it to all.
        if let Some(will) =
            probed.into_iter().find_map(|(workload, probe)| refusal(bundle, server, &routes, workload, probe))
        {
            report.object(server.object, will, INSTEAD);
        }
    }
}

/// How a probe is refused, if it is.
fn refusal(
    bundle: &Bundle,
    server: Server<'_>,
    routes: &[Route<'_>],
    workload: Workload<'_>,
    probe: Probe<'_>,
) -> Option<String> {
    let takes = |route: &&Route<'_>| route.rules().any(|rule| takes_get(rule.node, probe.path));
    let taking: Vec<_> = routes.iter().filter(takes).copied().collect();
    let (name, path) = (&workload.object.name, probe.path);
    match () {
        () if taking.is_empty() => {
            Some(format!("answer 404 to the probe {path} of {name}: no route of the Server has it"))
        }
        () if !is_open(bundle, server, &taking) => Some(format!(
            "answer 403 to the probe {path} of {name}: its route lets in identities alone, and the kubelet has none"
        )),
        () => None,
    }
}

const INSTEAD: &str =
    "a route for the probes' paths with a policy that asks for a NetworkAuthentication, or probes on another port";

/// The probes on the Server's port.
fn probed<'a>(bundle: &'a Bundle, server: Server<'a>) -> Vec<(Workload<'a>, Probe<'a>)> {
    let workloads = server.workloads(bundle).into_iter();
    let all = workloads.flat_map(|workload| probes(workload).into_iter().map(move |probe| (workload, probe)));
    all.filter(|(workload, probe)| server.number(*workload) == Some(probe.port)).collect()
}

/// Whether somebody without an identity is let in, by the Server itself or by a policy.
fn is_open(bundle: &Bundle, server: Server<'_>, routes: &[Route<'_>]) -> bool {
    let access = server.object["spec"]["accessPolicy"].str();
    let policies =
        routes.iter().map(|route| route.object).chain([server.object]).flat_map(|it| policies_of(bundle, it));
    let namespace = bundle.of(POLICY, "AuthorizationPolicy").filter(|policy| {
        policy.namespace == server.object.namespace && policy["spec"]["targetRef"]["kind"].str() == "Namespace"
    });
    matches!(access, "all-unauthenticated" | "cluster-unauthenticated" | "audit")
        || policies.chain(namespace).any(|policy| {
            let mut references = policy["spec"]["requiredAuthenticationRefs"].items().iter();
            references.all(|it| it["kind"].str().eq_ignore_ascii_case("NetworkAuthentication"))
        })
}
