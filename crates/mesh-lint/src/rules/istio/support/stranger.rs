//! What becomes of a call without a certificate, such as the kubelet's and Prometheus'?

use super::{ROOT, SECURITY, meets_sidecar, mtls};
use crate::bundle::Bundle;
use crate::model::{Workload, match_labels};
use crate::object::Object;
use crate::yaml::Node;

/// How a workload's sidecar refuses a GET of somebody without a certificate; `None` if it does not.
#[must_use]
pub fn refusal(bundle: &Bundle, workload: Workload<'_>, port: i64, path: &str) -> Option<&'static str> {
    match () {
        () if !meets_sidecar(bundle, workload, Some(port)) => None,
        () if mtls(bundle, workload, Some(port)) == Some("STRICT") => Some("reset"),
        () if is_denied(bundle, workload, port, path) => Some("answer 403 to"),
        () => None,
    }
}

/// Whether policies admit others alone: without an ALLOW policy everybody may call, with one those whom any admits.
fn is_denied(bundle: &Bundle, workload: Workload<'_>, port: i64, path: &str) -> bool {
    let policies = bundle.of(SECURITY, "AuthorizationPolicy").filter(|it| {
        matches!(it["spec"]["action"].str(), "" | "ALLOW")
            && !it["spec"]["targetRefs"].exists()
            && (*it.namespace == *ROOT || it.namespace == workload.object.namespace)
    });
    let mut mine = policies.filter(|it| selects(it, workload)).peekable();
    mine.peek().is_some() && !mine.any(|it| it["spec"]["rules"].items().iter().any(|rule| admits(rule, port, path)))
}

fn selects(policy: &Object, workload: Workload<'_>) -> bool {
    match_labels(&policy["spec"]["selector"], workload.labels())
}

/// Whether a rule lets in a GET of somebody whom it does not know. What it asks besides is taken to be so.
fn admits(rule: &Node, port: i64, path: &str) -> bool {
    let known = ["principals", "requestPrincipals", "namespaces", "serviceAccounts"];
    let (from, to) = (rule["from"].items(), rule["to"].items());
    let anybody = from.is_empty() || from.iter().any(|it| !known.iter().any(|key| it["source"][key].exists()));
    let fits = |operation: &Node| {
        let has = |key: &str, fit: &dyn Fn(&str) -> bool| {
            let wanted = operation[key].items();
            wanted.is_empty() || wanted.iter().any(|it| fit(it.str()))
        };
        has("ports", &|it| it == port.to_string())
            && has("methods", &|it| it == "GET" || it == "*")
            && has("paths", &|it| takes(it, path))
    };
    anybody && (to.is_empty() || to.iter().any(|it| fits(&it["operation"])))
}

/// Whether a pattern of a policy takes a path: a star at one end, or a template.
fn takes(pattern: &str, path: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        _ if pattern.contains('{') => true,
        (Some(start), _) => path.starts_with(start),
        (None, Some(end)) => path.ends_with(end),
        (None, None) => pattern == path,
    }
}
