//! Overlays are what their heads say: who may choose a release, whose word about addresses counts, where images come from.

use serde_json::Value;

use super::bundle::Bundle;
use super::shop::{Workload, every, label, list};

/// What must be so: the overlay, the variable of the edge, its value.
const VARIABLES: [(&str, &str, &str); 6] = [
    ("k8s/overlays/kind-node-port", "TRUSTED_PROXIES", "0"),
    ("mesh/overlays/istio-kind", "TRUSTED_PROXIES", "1"),
    ("mesh/overlays/istio-production", "TRUSTED_PROXIES", "1"),
    // None: the outside world does not choose.
    ("k8s/overlays/production", "CANARY_VERSIONS", ""),
    ("mesh/overlays/istio-production", "CANARY_VERSIONS", ""),
    ("mesh/overlays/linkerd-production", "CANARY_VERSIONS", ""),
];
/// What a pod may ask for: the overlay, the profile that its namespace enforces. Injected containers ask for more than the
/// strict one, and `linkerd inject` takes the first overlay.
const PROFILES: [(&str, Option<&str>); 7] = [
    ("k8s/overlays/kind", None),
    ("k8s/overlays/kind-node-port", Some("restricted")),
    ("k8s/overlays/production", Some("restricted")),
    ("mesh/overlays/istio-kind", Some("privileged")),
    ("mesh/overlays/istio-production", Some("privileged")),
    ("mesh/overlays/linkerd-kind", Some("privileged")),
    ("mesh/overlays/linkerd-production", Some("privileged")),
];
const PROFILE: &str = "pod-security.kubernetes.io/enforce";
const EDGE: &str = "Deployment/api-gateway";
const ZONE: &str = "topology.kubernetes.io/zone";

/// What is not as an overlay's head says, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    let workloads = bundle.workloads();
    for (overlay, name, wanted) in VARIABLES.iter().filter(|(overlay, ..)| bundle.name == *overlay) {
        let found = workloads.iter().find(|workload| workload.name == EDGE).and_then(|edge| variable(edge, name));
        if found.as_deref() != Some(*wanted) {
            findings.push(format!("{overlay}: {EDGE} has {name} {found:?}, not {wanted:?}"));
        }
    }
    findings.extend(profile(bundle));
    // A policy without keys is refused by the proxies, which go on with the one before, if they have one.
    for (_, policy) in bundle.of("RequestAuthentication") {
        for rule in list(&policy["spec"]["jwtRules"]).filter(|rule| !has_keys(rule)) {
            findings.push(format!("{}: {} trusts {} by no key", bundle.name, label(policy), rule["issuer"]));
        }
        for rule in list(&policy["spec"]["jwtRules"]).filter(|rule| list(&rule["audiences"]).next().is_none()) {
            let who = &rule["issuer"];
            findings.push(format!("{}: {} takes what {who} has signed for anybody", bundle.name, label(policy)));
        }
    }
    if bundle.name.ends_with("production") {
        for workload in &workloads {
            findings.extend(in_production(workload).into_iter().map(|it| format!("{}: {it}", bundle.name)));
        }
    }
    findings
}

/// A namespace that enforces another profile than its overlay's.
fn profile(bundle: &Bundle) -> Option<String> {
    let (overlay, wanted) = PROFILES.iter().find(|(overlay, _)| bundle.name == *overlay)?;
    let (_, namespace) = bundle.of("Namespace").next()?;
    let found = namespace["metadata"]["labels"][PROFILE].as_str();
    (found != *wanted).then(|| format!("{overlay}: its namespace enforces {found:?}, not {wanted:?}"))
}

fn has_keys(rule: &Value) -> bool {
    let keys = rule["jwks"].as_str().and_then(|jwks| serde_json::from_str::<Value>(jwks).ok());
    keys.is_some_and(|jwks| list(&jwks["keys"]).next().is_some())
}

fn variable(workload: &Workload<'_>, name: &str) -> Option<String> {
    let mut lists = Vec::new();
    every(workload.pod, "env", &mut lists);
    let found = lists.into_iter().flat_map(list).find(|variable| variable["name"] == name)?;
    // An empty value is left out by whoever prints YAML.
    Some(found["value"].as_str().unwrap_or_default().to_owned())
}

/// Images come from a registry, and replicas stand in different zones first.
fn in_production(workload: &Workload<'_>) -> Vec<String> {
    let images = workload.containers().filter_map(|container| container["image"].as_str());
    let mut findings: Vec<String> =
        images.filter(|image| !image.contains('/')).map(|image| format!("{image} names no registry")).collect();
    let first = &workload.pod["topologySpreadConstraints"][0]["topologyKey"];
    if *first != *ZONE {
        findings.push(format!("{} is not spread over zones first", workload.name));
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bundle(name: &str, image: &str, proxies: &str, versions: &str, key: &str) -> Bundle {
        let object = json!({
            "kind": "Deployment", "metadata": {"name": "api-gateway"},
            "spec": {"template": {"spec": {
                "topologySpreadConstraints": [{"topologyKey": key}],
                "containers": [{"image": image, "env": [
                    {"name": "TRUSTED_PROXIES", "value": proxies}, {"name": "CANARY_VERSIONS", "value": versions},
                ]}],
            }}},
        });
        Bundle { name: name.to_owned(), objects: vec![("x".to_owned(), object)] }
    }

    #[test]
    fn an_overlay_that_is_not_what_it_says_is_found() {
        let good = |name| check(&bundle(name, "r/a:1", "1", "", ZONE));
        assert_eq!(good("mesh/overlays/istio-production"), [""; 0]);
        assert_eq!(good("mesh/overlays/istio-kind"), [""; 0]);
        assert_eq!(good("k8s/overlays/kind-node-port").len(), 1);
        for wrong in [
            bundle("k8s/overlays/production", "a:1", "1", "", ZONE),
            bundle("mesh/overlays/istio-production", "r/a:1", "0", "", ZONE),
            bundle("k8s/overlays/production", "r/a:1", "1", "v1,v2", ZONE),
            bundle("k8s/overlays/production", "r/a:1", "1", "", "kubernetes.io/hostname"),
        ] {
            assert_eq!(check(&wrong).len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn a_namespace_that_takes_more_or_less_than_its_overlay_says_is_found() {
        let found = |name: &str, labels: serde_json::Value| {
            let namespace = json!({"kind": "Namespace", "metadata": {"name": "shop", "labels": labels}});
            profile(&Bundle { name: name.to_owned(), objects: vec![("x".to_owned(), namespace)] }).is_some()
        };
        let (strict, open) = (json!({PROFILE: "restricted"}), json!({PROFILE: "privileged"}));
        assert!(
            !found("k8s/overlays/kind-node-port", strict.clone()) && found("k8s/overlays/kind-node-port", json!({}))
        );
        assert!(!found("k8s/overlays/kind", json!({})) && found("k8s/overlays/kind", strict.clone()));
        assert!(!found("mesh/overlays/istio-kind", open) && found("mesh/overlays/istio-kind", strict));
    }

    #[test]
    fn a_policy_that_trusts_by_no_key_is_found() {
        let policy = |jwks: &str| {
            let object = json!({"kind": "RequestAuthentication", "metadata": {"name": "p"}, "spec": {
                "jwtRules": [{"issuer": "i", "audiences": ["a"], "jwks": jwks}]}});
            check(&Bundle { name: "o".to_owned(), objects: vec![("x".to_owned(), object)] }).len()
        };
        assert_eq!((policy(r#"{"keys": [{}]}"#), policy(r#"{"keys": []}"#), policy("")), (0, 1, 1));
    }
}
