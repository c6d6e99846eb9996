//! Is nothing said of what is right? Each text is one that a public sample has in its own words, and was told to be wrong once.

use mesh_lint::{Bundle, Mesh, lint_all};

/// What is found, by rule.
fn found(mesh: Mesh, text: &str) -> Vec<&'static str> {
    lint_all(&[Bundle::from_text("quiet.yaml", text)], mesh).iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn a_service_of_the_pods_of_an_experiment_selects_something() {
    let of = |label: &str| {
        let text = r"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: preview}
spec:
  template: {metadata: {labels: {app: production}}, spec: {containers: [{name: app}]}}
  strategy:
    canary:
      steps:
      - experiment: {templates: [{name: preview, specRef: canary, metadata: {labels: {app: LABEL}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: preview}
spec: {selector: {app: preview}, ports: [{name: http, port: 80}]}
";
        found(Mesh::Istio, &text.replace("LABEL", label))
    };
    assert_eq!(of("preview"), [""; 0]);
    assert_eq!(of("other"), ["kubernetes-service-selector"]);
}

#[test]
fn istio_takes_the_port_of_a_database_for_tcp() {
    let of = |port: &str| {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: database}\nspec: {ports: [{name: db, port: PORT}]}";
        found(Mesh::Istio, &text.replace("PORT", port))
    };
    assert_eq!(of("3306"), [""; 0]);
    assert_eq!(of("5432"), ["kubernetes-port-protocol"]);
}

#[test]
fn a_subset_to_which_nothing_is_sent_may_be_empty() {
    let rule = mesh_lint::rules::find("istio-subset-labels").expect("a rule");
    assert_eq!(found(Mesh::Istio, rule.bad), ["istio-subset-labels"]);
    assert_eq!(found(Mesh::Istio, &rule.bad.replace("subset: v2", "subset: v1")), [""; 0]);
}

#[test]
fn no_two_rules_say_the_opposite_of_one_retry() {
    let of = |kind: &str, parent: &str| {
        let text = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: KIND
metadata: {name: orders, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec:
  parentRefs: [{group: "", kind: Service, name: PARENT, port: 80}]
  rules: [{backendRefs: [{name: orders-v1, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: orders-v1, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec: {ports: [{name: http, appProtocol: http, port: 80}]}
"#;
        found(Mesh::Linkerd, &text.replace("KIND", kind).replace("PARENT", parent))
    };
    // It stands on the wrong object, so what it would retry there is no mistake too.
    assert_eq!(of("GRPCRoute", "orders"), ["linkerd-annotation-wrong-object", "linkerd-annotation-on-backend"]);
    assert_eq!(of("HTTPRoute", "orders"), ["linkerd-retried-writes", "linkerd-annotation-on-backend"]);
}

#[test]
fn a_port_that_is_opaque_by_annotation_needs_no_word_more() {
    let text = r#"
apiVersion: v1
kind: Service
metadata: {name: database, annotations: {config.linkerd.io/opaque-ports: "3306,33060"}}
spec: {ports: [{name: mysql, port: 3306}, {name: mysqlx, port: 33060}]}
"#;
    assert_eq!(found(Mesh::Linkerd, text), [""; 0]);
    assert_eq!(found(Mesh::Linkerd, &text.replace(",33060", "")), ["kubernetes-port-protocol"]);
}
