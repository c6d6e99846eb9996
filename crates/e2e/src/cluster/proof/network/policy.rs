//! What NetworkPolicies allow, worked out as Kubernetes describes them: a pure function over their objects.
//!
//! Only what the shop's policies use is understood. Anything else is an error, so that no rule is read wrongly in silence.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::{Map, Value};

/// Labels of a pod or of a namespace.
pub type Labels = BTreeMap<String, String>;

/// A pod, at either end of a connection.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// What it is called in tables.
    pub name: String,
    /// The namespace that it is in.
    pub namespace: String,
    /// Its labels.
    pub labels: Labels,
    /// Its named ports.
    pub ports: Vec<(String, u16)>,
}

/// Whether a connection may come in: no policy selects the callee, or a rule of one that does lets it in.
///
/// # Errors
/// When a policy has something in it that is not understood here.
pub fn allows(policies: &[Value], from: &Pod, to: &Pod, port: u16) -> anyhow::Result<bool> {
    let mut selected = false;
    for policy in policies {
        let name = &policy["metadata"]["name"];
        if policy["metadata"]["namespace"] != to.namespace.as_str() {
            continue;
        }
        let spec =
            only(&policy["spec"], &["podSelector", "policyTypes", "ingress"]).with_context(|| format!("{name}"))?;
        ensure!(policy["spec"]["policyTypes"] == serde_json::json!(["Ingress"]), "{name} is not about ingress alone");
        if !selects(spec.get("podSelector").context("no podSelector")?, &to.labels)? {
            continue;
        }
        selected = true;
        for rule in list(spec.get("ingress")) {
            only(rule, &["from", "ports"]).with_context(|| format!("{name}"))?;
            if comes_from(rule, from, to)? && goes_to(rule, to, port)? {
                return Ok(true);
            }
        }
    }
    Ok(!selected)
}

/// A rule without `from` is for everybody.
fn comes_from(rule: &Value, from: &Pod, to: &Pod) -> anyhow::Result<bool> {
    if rule["from"].is_null() {
        return Ok(true);
    }
    for peer in list(rule.get("from")) {
        let peer = only(peer, &["podSelector", "namespaceSelector"])?;
        let namespace = match peer.get("namespaceSelector") {
            Some(selector) => selects(selector, &of_namespace(&from.namespace))?,
            None => from.namespace == to.namespace,
        };
        let pod = peer.get("podSelector").map_or(Ok(true), |selector| selects(selector, &from.labels))?;
        if namespace && pod {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A rule without `ports` is for all of them. A name is that of the callee's port.
fn goes_to(rule: &Value, to: &Pod, port: u16) -> anyhow::Result<bool> {
    if rule["ports"].is_null() {
        return Ok(true);
    }
    for wanted in list(rule.get("ports")) {
        let wanted = &only(wanted, &["port"])?["port"];
        let named = to.ports.iter().find(|(name, _)| wanted == name.as_str()).map(|(_, port)| *port);
        if named == Some(port) || wanted.as_u64() == Some(u64::from(port)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An empty selector selects everything.
fn selects(selector: &Value, labels: &Labels) -> anyhow::Result<bool> {
    let wanted = only(selector, &["matchLabels"])?.get("matchLabels").and_then(Value::as_object);
    Ok(wanted.into_iter().flatten().all(|(key, value)| labels.get(key).is_some_and(|label| value == label.as_str())))
}

/// What every namespace has.
fn of_namespace(name: &str) -> Labels {
    [("kubernetes.io/metadata.name".to_owned(), name.to_owned())].into()
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn only<'a>(object: &'a Value, known: &[&str]) -> anyhow::Result<&'a Map<String, Value>> {
    let fields = object.as_object().with_context(|| format!("no object: {object}"))?;
    let other = fields.keys().find(|field| !known.contains(&field.as_str()));
    ensure!(other.is_none(), "{other:?} is not understood");
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(namespace: &str, app: &str) -> Pod {
        let labels = [("app".to_owned(), app.to_owned())].into();
        let ports = vec![("http".to_owned(), 80), ("admin".to_owned(), 90)];
        Pod { name: app.to_owned(), namespace: namespace.to_owned(), labels, ports }
    }

    fn policy(app: Value, ingress: Value) -> Value {
        json!({
            "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"podSelector": app, "policyTypes": ["Ingress"], "ingress": ingress},
        })
    }

    fn b_from_a(ports: Value) -> Value {
        let from = json!([{"podSelector": {"matchLabels": {"app": "a"}}}]);
        policy(json!({"matchLabels": {"app": "b"}}), json!([{"from": from, "ports": ports}]))
    }

    fn allowed(policies: &[Value], from: (&str, &str), to: &str, port: u16) -> bool {
        allows(policies, &pod(from.0, from.1), &pod("shop", to), port).expect("it is understood")
    }

    #[test]
    fn a_pod_that_no_policy_selects_is_open() {
        let policies = [b_from_a(json!([{"port": "http"}]))];
        assert!(allowed(&policies, ("other", "x"), "c", 80));
        assert!(!allowed(&policies, ("other", "x"), "b", 80));
    }

    #[test]
    fn a_rule_lets_in_its_peers_at_its_ports() {
        for port in [json!("http"), json!(80)] {
            let policies = [policy(json!({}), json!([])), b_from_a(json!([{"port": port}]))];
            assert!(allowed(&policies, ("shop", "a"), "b", 80));
            assert!(!allowed(&policies, ("shop", "a"), "b", 90), "another port");
            assert!(!allowed(&policies, ("shop", "x"), "b", 80), "another pod");
            assert!(!allowed(&policies, ("other", "a"), "b", 80), "the same label in another namespace");
            assert!(!allowed(&policies, ("shop", "a"), "c", 80), "another callee");
        }
    }

    #[test]
    fn a_namespace_is_let_in_by_its_name() {
        let named = json!({"matchLabels": {"kubernetes.io/metadata.name": "other"}});
        let policies = [policy(json!({}), json!([{"from": [{"namespaceSelector": named}]}]))];
        assert!(allowed(&policies, ("other", "x"), "b", 90));
        assert!(!allowed(&policies, ("shop", "x"), "b", 90));
        assert!(allowed(&[policy(json!({}), json!([{"from": [{"namespaceSelector": {}}]}]))], ("any", "x"), "b", 90));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let block = policy(json!({}), json!([{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]));
        allows(&[block], &pod("shop", "a"), &pod("shop", "b"), 80).expect_err("an ipBlock");
        allows(&[b_from_a(json!([{"port": 80, "protocol": "UDP"}]))], &pod("shop", "a"), &pod("shop", "b"), 80)
            .expect_err("a protocol");
    }
}
