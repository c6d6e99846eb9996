//! Selectors, identities and references mean something of ours. A cluster takes one that means nothing, and does nothing.

use serde_json::Value;

use super::bundle::Bundle;
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
/// What the clusters of production have without our doing; the overlay's head says so.
const GIVEN: [&str; 3] = ["api-gateway-jwks", "user-service-db", "order-service-db"];

/// Whether this is about something that production has without our doing, such as a database.
fn is_given(bundle: &Bundle, name: Option<&String>) -> bool {
    bundle.name.ends_with("production") && name.is_some_and(|name| GIVEN.contains(&name.as_str()))
}

/// What means nothing, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    selectors(bundle, &mut findings);
    subsets(bundle, &mut findings);
    principals(bundle, &mut findings);
    pods(bundle, &mut findings);
    autoscalers(bundle, &mut findings);
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

/// Accounts and Secrets of pods are there, and no pod can do without asking the cluster for a token it never uses.
fn pods(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, set) in bundle.of("StatefulSet") {
        let service = set["spec"]["serviceName"].as_str().unwrap_or_default();
        if !bundle.has("Service", service) {
            findings.push(format!("{} has its names from the Service {service}, which is not there", label(set)));
        }
    }
    for workload in bundle.workloads() {
        let account = workload.pod["serviceAccountName"].as_str().unwrap_or("default");
        if !bundle.has("ServiceAccount", account) {
            findings.push(format!("{} runs as {account}, which has no account", workload.name));
        }
        let (mut names, mut keys) = (Vec::new(), Vec::new());
        every(workload.pod, "secretName", &mut names);
        every(workload.pod, "secretKeyRef", &mut keys);
        let named =
            names.into_iter().map(|name| (name, &Value::Null)).chain(keys.iter().map(|it| (&it["name"], &it["key"])));
        for (name, key) in named {
            let name = name.as_str().unwrap_or_default();
            let given = is_given(bundle, Some(&name.to_owned()));
            if !given && !has_key(bundle, name, key) {
                let what = key.as_str().map_or_else(String::new, |key| format!("{key} of "));
                findings.push(format!("{} wants {what}the Secret {name}, which is not there", workload.name));
            }
        }
    }
}

fn has_key(bundle: &Bundle, name: &str, key: &Value) -> bool {
    let secret = bundle.of("Secret").map(|(_, object)| object).find(|object| object["metadata"]["name"] == name);
    secret.is_some_and(|secret| key.as_str().is_none_or(|key| secret["data"].get(key).is_some()))
}

/// An autoscaler finds its Deployment, and the container whose use it reads.
fn autoscalers(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, scaler) in bundle.of("HorizontalPodAutoscaler") {
        let target = &scaler["spec"]["scaleTargetRef"];
        let name = format!("{}/{}", target["kind"].as_str().unwrap_or("?"), target["name"].as_str().unwrap_or("?"));
        let Some(workload) = bundle.workloads().into_iter().find(|workload| workload.name == name) else {
            findings.push(format!("{} scales {name}, which is not there", label(scaler)));
            continue;
        };
        for metric in list(&scaler["spec"]["metrics"]) {
            let wanted = &metric["containerResource"]["container"];
            if wanted.is_string() && !workload.containers().any(|container| container["name"] == *wanted) {
                findings.push(format!("{} reads the use of {wanted}, which {name} has not", label(scaler)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Vec<Value> {
        vec![
            json!({
                "kind": "Deployment", "metadata": {"name": "echo-v1"},
                "spec": {
                    "selector": {"matchLabels": {"app": "echo"}},
                    "template": {
                        "metadata": {"labels": {"app": "echo", "version": "v1"}},
                        "spec": {
                            "serviceAccountName": "echo",
                            "containers": [{"name": "echo", "env": [
                                {"valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
                            ]}],
                        },
                    },
                },
            }),
            json!({"kind": "ServiceAccount", "metadata": {"name": "echo"}}),
            json!({"kind": "Secret", "metadata": {"name": "db"}, "data": {"url": ""}}),
            json!({"kind": "Service", "metadata": {"name": "echo"}, "spec": {"selector": {"app": "echo"}}}),
        ]
    }

    /// What is found when these come to the good ones, or take the place of their namesakes.
    fn with(objects: &[Value]) -> Vec<String> {
        let mut all = good();
        all.retain(|good| !objects.iter().any(|object| label(object) == label(good)));
        all.extend(objects.iter().cloned());
        check(&Bundle { name: "o".to_owned(), objects: all.into_iter().map(|it| ("x".to_owned(), it)).collect() })
    }

    fn without(name: &str) -> Vec<String> {
        let mut all = good();
        all.retain(|object| label(object) != name);
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
    fn a_pod_without_its_account_or_its_secret_is_found() {
        assert!(without("ServiceAccount/echo")[0].contains("runs as echo"));
        assert!(without("Secret/db")[0].contains("Secret db"));
        let empty = json!({"kind": "Secret", "metadata": {"name": "db"}, "data": {}});
        assert!(with(&[empty])[0].contains("url"));
    }

    #[test]
    fn a_stateful_set_without_its_service_is_found() {
        let set = |service: &str| {
            let mut set = good().remove(0);
            set["kind"] = json!("StatefulSet");
            set["spec"]["serviceName"] = json!(service);
            set
        };
        assert_eq!(with(&[set("echo")]), [""; 0]);
        assert!(with(&[set("ech")])[0].contains("Service ech"));
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

    #[test]
    fn an_autoscaler_of_nothing_is_found() {
        let scaler = |name: &str, container: &str| {
            json!({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": name},
                "metrics": [{"containerResource": {"container": container}}]}})
        };
        assert_eq!(with(&[scaler("echo-v1", "echo")]), [""; 0]);
        assert!(with(&[scaler("echo", "echo")])[0].contains("not there"));
        assert!(with(&[scaler("echo-v1", "ech")])[0].contains("reads the use"));
    }
}
