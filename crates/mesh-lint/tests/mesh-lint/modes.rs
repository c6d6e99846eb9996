//! Whom does a mode of mTLS hold for? For pods that a policy selects, for their ports, and for whom the wider policy leaves it to.

use mesh_lint::{Bundle, Mesh, lint_all};

const SHOP: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: web}, {name: http-admin, port: 90, targetPort: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: cart}}
    spec: {serviceAccountName: cart, containers: [{name: c, ports: [{name: web, containerPort: 8080}, {containerPort: 9090}]}]}
"#;

/// A PeerAuthentication.
fn mode(namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: a, namespace: {namespace}}}\nspec: {{{spec}}}\n"
    )
}

/// A DestinationRule.
fn rule(spec: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: a, namespace: shop}}\nspec: {{{spec}}}\n"
    )
}

/// How often one rule finds something in the shop with more objects.
fn found(id: &str, more: &[String]) -> usize {
    let text = format!("{SHOP}{}", more.concat());
    let findings = lint_all(&[Bundle::from_text("modes.yaml", &text)], Mesh::Istio);
    findings.iter().filter(|finding| finding.rule.id == id).count()
}

/// Whether switching mTLS off for the Service is told to break calls.
fn breaks(modes: &[String]) -> bool {
    let mut more = modes.to_vec();
    more.push(rule("host: cart, trafficPolicy: {tls: {mode: DISABLE}}"));
    found("istio-destination-tls", &more) == 1
}

const OF_CART: &str = "selector: {matchLabels: {app: cart}}";

#[test]
fn a_policy_for_some_pods_comes_before_that_of_their_namespace() {
    let strict = mode("shop", "mtls: {mode: STRICT}");
    assert!(breaks(std::slice::from_ref(&strict)));
    assert!(!breaks(&[strict, mode("shop", &format!("{OF_CART}, mtls: {{mode: PERMISSIVE}}"))]));
    assert!(breaks(&[mode("shop", &format!("{OF_CART}, mtls: {{mode: STRICT}}"))]));
    assert!(!breaks(&[mode("shop", "selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}")]));
}

#[test]
fn what_is_unset_is_what_the_wider_policy_says() {
    let root = |mode_of: &str| mode("istio-system", &format!("mtls: {{mode: {mode_of}}}"));
    let unset = || mode("shop", "mtls: {mode: UNSET}");
    assert!(breaks(&[unset(), root("STRICT")]));
    assert!(!breaks(&[unset(), root("PERMISSIVE")]));
    assert!(breaks(&[mode("shop", &format!("{OF_CART}, mtls: {{mode: UNSET}}")), unset(), root("STRICT")]));
    assert!(!breaks(&[mode("istio-system", &format!("{OF_CART}, mtls: {{mode: STRICT}}"))]));
}

#[test]
fn a_mode_of_a_port_holds_at_the_port_of_the_pod_alone() {
    let ports = |web: &str, admin: &str| {
        let ports = format!("portLevelMtls: {{8080: {{mode: {web}}}, 9090: {{mode: {admin}}}}}");
        mode("shop", &format!("{OF_CART}, mtls: {{mode: STRICT}}, {ports}"))
    };
    let at = |port: i64| {
        let setting = format!("portLevelSettings: [{{port: {{number: {port}}}, tls: {{mode: DISABLE}}}}]");
        rule(&format!("host: cart, trafficPolicy: {{{setting}}}"))
    };
    assert!(!breaks(&[ports("PERMISSIVE", "DISABLE")]));
    assert!(breaks(&[ports("PERMISSIVE", "STRICT")]));
    assert!(breaks(&[ports("UNSET", "PERMISSIVE")]));
    assert_eq!(found("istio-destination-tls", &[ports("STRICT", "DISABLE"), at(80)]), 1);
    assert_eq!(found("istio-destination-tls", &[ports("STRICT", "DISABLE"), at(90)]), 0);
}

#[test]
fn pods_without_a_sidecar_refuse_nothing() {
    let bare = |how: &str| {
        let text = SHOP.replace("labels: {app: cart}", &format!("labels: {{app: cart}}, annotations: {{{how}}}"));
        let more = [mode("shop", "mtls: {mode: STRICT}"), rule("host: cart, trafficPolicy: {tls: {mode: DISABLE}}")];
        let bundle = Bundle::from_text("modes.yaml", &format!("{text}{}", more.concat()));
        lint_all(&[bundle], Mesh::Istio).iter().all(|finding| finding.rule.id != "istio-destination-tls")
    };
    assert!(bare("sidecar.istio.io/inject: 'false'"));
    assert!(bare("traffic.sidecar.istio.io/excludeInboundPorts: '8080,9090'"));
    assert!(!bare("traffic.sidecar.istio.io/excludeInboundPorts: '9090'"));
}

#[test]
fn a_host_with_a_star_is_each_service_that_has_no_rule_of_its_own() {
    let strict = || mode("shop", "mtls: {mode: STRICT}");
    let of = |host: &str| rule(&format!("host: '{host}', trafficPolicy: {{tls: {{mode: DISABLE}}}}"));
    for host in ["*.shop.svc.cluster.local", "*.local", "*"] {
        assert_eq!(found("istio-destination-tls", &[strict(), of(host)]), 1, "{host}");
        let own = rule("host: cart, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}");
        assert_eq!(found("istio-destination-tls", &[strict(), of(host), own]), 0, "{host}");
    }
    for host in ["*.bank.svc.cluster.local", "*.example.com"] {
        assert_eq!(found("istio-destination-tls", &[strict(), of(host)]), 0, "{host}");
    }
    let alone = [mode("bank", "mtls: {mode: STRICT}"), of("*.bank.svc.cluster.local")];
    assert_eq!(found("istio-destination-tls", &alone), 1, "no Service of the namespace is shown");
}

#[test]
fn a_setting_of_a_subset_holds_for_its_pods() {
    let of = |app: &str| {
        let subset =
            format!("subsets: [{{name: a, labels: {{app: {app}}}, trafficPolicy: {{tls: {{mode: DISABLE}}}}}}]");
        found("istio-destination-tls", &[mode("shop", "mtls: {mode: STRICT}"), rule(&format!("host: cart, {subset}"))])
    };
    assert_eq!(of("cart"), 1);
    assert_eq!(of("other"), 0);
}

#[test]
fn whoever_knows_no_caller_anywhere_can_ask_for_none() {
    let policy = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\nspec:\n  \
                  selector: {matchLabels: {app: cart}}\n  rules: [{from: [{source: {namespaces: [shop]}}]}]\n";
    let of = |modes: &[String]| found("istio-principal-without-mtls", &[modes, &[policy.to_owned()]].concat());
    let off = mode("shop", "mtls: {mode: DISABLE}");
    assert_eq!(of(std::slice::from_ref(&off)), 1);
    assert_eq!(of(&[mode("shop", &format!("{OF_CART}, mtls: {{mode: DISABLE}}"))]), 1);
    assert_eq!(of(&[off.clone(), mode("shop", &format!("{OF_CART}, mtls: {{mode: STRICT}}"))]), 0);
    assert_eq!(of(&[off, mode("shop", &format!("{OF_CART}, portLevelMtls: {{8080: {{mode: STRICT}}}}"))]), 0);
}
