//! Selectors and identities mean something of ours. A cluster takes one that means nothing, and does nothing.

use serde_json::Value;

use super::bundle::Bundle;
use super::references::is_given;
use super::shop::{Labels, every, label, labels, list};

/// Where the selector of a kind is.
const SELECTORS: [(&str, &str); 11] = [
    ("Service", "/spec/selector"),
    ("PodDisruptionBudget", "/spec/selector/matchLabels"),
    ("NetworkPolicy", "/spec/podSelector/matchLabels"),
    ("Deployment", "/spec/selector/matchLabels"),
    ("StatefulSet", "/spec/selector/matchLabels"),
    ("PodMonitor", "/spec/selector/matchLabels"),
    ("AuthorizationPolicy", "/spec/selector/matchLabels"),
    ("PeerAuthentication", "/spec/selector/matchLabels"),
    ("RequestAuthentication", "/spec/selector/matchLabels"),
    ("TrafficExtension", "/spec/selector/matchLabels"),
    ("EnvoyFilter", "/spec/workloadSelector/labels"),
];
/// Names of lists and maps, however deep, that choose pods of this namespace too.
const DEEP: [&str; 2] = ["sourceLabels", "matchLabels"];
/// What means nothing, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    selectors(bundle, &mut findings);
    subsets(bundle, &mut findings);
    principals(bundle, &mut findings);
    findings.into_iter().map(|finding| format!("{}: {finding}", bundle.name)).collect()
}

fn selectors(bundle: &Bundle, findings: &mut Vec<String>) {
    for (kind, pointer) in SELECTORS {
        for (place, object) in bundle.of(kind) {
            let selector = labels(object.pointer(pointer).unwrap_or(&Value::Null));
            if bundle.selected(&selector).is_empty() && !is_given(bundle, selector.get("app")) {
                findings.push(format!("{} of {place} selects no pod: {selector:?}", label(object)));
            }
        }
    }
    for (kind, name) in [("VirtualService", DEEP[0]), ("Deployment", DEEP[1]), ("NetworkPolicy", DEEP[1])] {
        for (place, object) in bundle.of(kind) {
            let mut found = Vec::new();
            every(&object["spec"], name, &mut found);
            // A selector of namespaces is about labels of namespaces.
            let pods = found.into_iter().map(labels).filter(|it| !it.contains_key("kubernetes.io/metadata.name"));
            let lost = |it: &Labels| bundle.selected(it).is_empty() && !is_given(bundle, it.get("app"));
            for selector in pods.filter(lost) {
                findings.push(format!("{} of {place} means pods that are not there: {selector:?}", label(object)));
            }
        }
    }
}

/// The releases that a rule tells apart are releases, and a route names only what a rule tells apart.
fn subsets(bundle: &Bundle, findings: &mut Vec<String>) {
    let mut known = Vec::new();
    for (_, rule) in bundle.of("DestinationRule") {
        let host = rule["spec"]["host"].as_str().unwrap_or_default();
        let service = bundle.service(host).map(|service| labels(&service["spec"]["selector"])).unwrap_or_default();
        for subset in list(&rule["spec"]["subsets"]) {
            let mut selector = service.clone();
            selector.extend(labels(&subset["labels"]));
            if bundle.selected(&selector).is_empty() {
                findings.push(format!("subset {} of {} is empty", subset["name"], label(rule)));
            }
            known.push((host, &subset["name"]));
        }
    }
    for (place, route) in bundle.of("VirtualService") {
        let mut destinations = Vec::new();
        for name in ["destination", "mirror"] {
            every(&route["spec"], name, &mut destinations);
        }
        for it in destinations.into_iter().filter(|it| it["subset"].is_string()) {
            if !known.contains(&(it["host"].as_str().unwrap_or_default(), &it["subset"])) {
                findings.push(format!("{} of {place} names the subset {} of nothing", label(route), it["subset"]));
            }
        }
    }
}

/// Who is let in has an account here; accounts of other namespaces are not ours to know.
fn principals(bundle: &Bundle, findings: &mut Vec<String>) {
    for (place, policy) in bundle.of("AuthorizationPolicy") {
        let mut lists = Vec::new();
        every(&policy["spec"], "principals", &mut lists);
        let ours = |name: &Value| name.as_str().and_then(|name| Some(name.split_once("/ns/shop/sa/")?.1.to_owned()));
        for account in lists.into_iter().flat_map(list).filter_map(ours) {
            if !bundle.has("ServiceAccount", &account) {
                findings.push(format!("{} of {place} lets in {account}, which has no account", label(policy)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::references::tests::good;
    use super::*;

    /// What is found when these come to the good ones, or take the place of their namesakes.
    fn with(objects: &[Value]) -> Vec<String> {
        let mut all = good();
        all.retain(|good| !objects.iter().any(|object| label(object) == label(good)));
        all.extend(objects.iter().cloned());
        check(&Bundle { name: "o".to_owned(), objects: all.into_iter().map(|it| ("x".to_owned(), it)).collect() })
    }

    #[test]
    fn labels_that_agree_are_no_finding() {
        assert_eq!(with(&[]), [""; 0]);
    }

    #[test]
    fn a_selector_of_any_kind_that_selects_nothing_is_found() {
        for (kind, pointer) in SELECTORS {
            let mut spec = json!({"app": "ech"});
            for part in pointer.rsplit('/').take_while(|part| !part.is_empty()) {
                spec = json!({ part: spec });
            }
            let mut object = json!({"kind": kind, "metadata": {"name": "other"}});
            object["spec"] = spec["spec"].clone();
            let found = with(&[object]);
            assert!(
                found.iter().any(|it| it.contains(&format!("{kind}/other of x selects no pod"))),
                "{kind}: {found:?}"
            );
        }
    }

    #[test]
    fn a_subset_without_pods_and_a_route_to_no_subset_are_found() {
        let rule = |version: &str| {
            json!({"kind": "DestinationRule", "metadata": {"name": "echo"}, "spec": {
                "host": "echo", "subsets": [{"name": "v1", "labels": {"version": version}}]}})
        };
        let route = |subset: &str| {
            json!({"kind": "VirtualService", "metadata": {"name": "echo"}, "spec": {
                "http": [{"route": [{"destination": {"host": "echo", "subset": subset}}]}]}})
        };
        assert_eq!(with(&[rule("v1"), route("v1")]), [""; 0]);
        assert!(with(&[rule("v2"), route("v1")])[0].contains("is empty"));
        assert!(with(&[rule("v1"), route("v2")])[0].contains("of nothing"));
    }

    #[test]
    fn a_route_for_callers_that_are_nobody_is_found() {
        let route = |app: &str| {
            json!({"kind": "VirtualService", "metadata": {"name": "echo"}, "spec": {
                "http": [{"match": [{"sourceLabels": {"app": app}}]}]}})
        };
        assert_eq!(with(&[route("echo")]), [""; 0]);
        assert!(with(&[route("ech")])[0].contains("pods that are not there"));
    }

    #[test]
    fn an_identity_without_an_account_is_found() {
        let policy = |account: &str| {
            json!({"kind": "AuthorizationPolicy", "metadata": {"name": "p"}, "spec": {
                "selector": {"matchLabels": {"app": "echo"}},
                "rules": [{"from": [{"source": {"principals": [format!("cluster.local/ns/shop/sa/{account}")]}}]}]}})
        };
        assert_eq!(with(&[policy("echo")]), [""; 0]);
        assert!(with(&[policy("ech")])[0].contains("lets in ech"));
    }

    #[test]
    fn what_production_is_given_may_be_missing_there_only() {
        let policy = json!({"kind": "NetworkPolicy", "metadata": {"name": "n"}, "spec": {
            "podSelector": {"matchLabels": {"app": "user-service-db"}}}});
        let found = |name: &str| {
            let objects = good().into_iter().chain([policy.clone()]).map(|it| ("x".to_owned(), it)).collect();
            check(&Bundle { name: name.to_owned(), objects }).len()
        };
        assert_eq!((found("k8s/overlays/production"), found("k8s/overlays/kind")), (0, 2));
    }
}
