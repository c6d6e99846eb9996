//! Has each caller that a policy admits an identity?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, says_who_is_injected};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-identity-unmeshed",
    severity: Severity::Error,
    title: "a policy admits an account whose pods have no proxy",
    reason: "An identity is the proxy's certificate. Pods without a proxy have none, whatever account they run under; \
             a policy that admits them by it refuses them, with 403 or a closed connection.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}] # <-
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: api-gateway}
      annotations:
        linkerd.io/inject: disabled
    spec:
      serviceAccountName: api-gateway
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: api-gateway}
      annotations:
        linkerd.io/inject: enabled
    spec:
      serviceAccountName: api-gateway
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for admitted in bundle.admitted_accounts().into_iter().filter(|it| it.object.is(POLICY, "MeshTLSAuthentication")) {
        let known = says_who_is_injected(bundle, admitted.namespace);
        let pods: Vec<_> =
            bundle.workloads_in(admitted.namespace).filter(|it| it.service_account() == admitted.name).collect();
        if known && !pods.is_empty() && !pods.iter().any(|it| bundle.is_meshed(*it)) {
            report.at(
                admitted.object,
                admitted.node,
                format!("not know {} as {}: it has no proxy and so no identity", pods[0].object.name, admitted.name),
                "injection for these pods, or a NetworkAuthentication for their addresses",
            );
        }
    }
}
