//! May anybody call the port of a Server?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, policies_of, policies_of_namespace, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-denies-all",
    severity: Severity::Error,
    title: "a Server lets nobody in",
    reason: "A Server refuses whomever no policy admits: that is its accessPolicy unless it states another. Applied \
             before its policies, or with a policy for something else, it answers 403 to every caller at once, and \
             closes connections that are not HTTP; only the probes pass. Observed.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
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
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}]}]
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
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}]}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle) {
        let policies = || bundle.of(POLICY, "AuthorizationPolicy").filter(|it| it.namespace == server.object.namespace);
        let known = policies().next().is_some() || !server.workloads(bundle).is_empty();
        let denies = !server.admits_by_itself();
        let mut about = server.routes(bundle).map(|route| route.object).chain([server.object]);
        let named = about.any(|object| policies_of(bundle, object).next().is_some());
        let all = policies_of_namespace(bundle, &server.object.namespace).next().is_some();
        let old = bundle.of(POLICY, "ServerAuthorization").any(|it| it.namespace == server.object.namespace);
        if known && denies && !named && !all && !old {
            report.object(
                server.object,
                format!("refuse every call on port {}: no policy admits anybody", server.port().str()),
                "an AuthorizationPolicy for the Server or for its routes; `accessPolicy: audit` to watch first",
            );
        }
    }
}
