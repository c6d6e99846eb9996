//! Accounts, Secrets, Services and containers that a manifest names are there. A cluster waits for what is not, without end.

use serde_json::Value;

use super::bundle::Bundle;
use super::shop::{every, label, list};

/// What the clusters of production have without our doing; the overlay's head says so.
const GIVEN: [&str; 3] = ["api-gateway-jwks", "user-service-db", "order-service-db"];

/// Whether this is about something that production has without our doing, such as a database.
pub fn is_given(bundle: &Bundle, name: Option<&String>) -> bool {
    bundle.name.ends_with("production") && name.is_some_and(|name| GIVEN.contains(&name.as_str()))
}

/// What is not there, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    pods(bundle, &mut findings);
    autoscalers(bundle, &mut findings);
    findings.into_iter().map(|finding| format!("{}: {finding}", bundle.name)).collect()
}

/// Accounts and Secrets of pods are there, and so is the Service that the pods of a set have their names from.
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
pub mod tests {
    use serde_json::json;

    use super::*;

    /// Objects that fit each other.
    pub fn good() -> Vec<Value> {
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
