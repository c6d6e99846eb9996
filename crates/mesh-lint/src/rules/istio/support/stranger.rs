//! What becomes of a call without a certificate, such as the kubelet's and Prometheus'?

use super::{ROOT, SECURITY, mtls};
use crate::bundle::Bundle;
use crate::model::{Workload, match_labels};
use crate::object::Object;
use crate::yaml::Node;

/// How a workload's sidecar refuses a GET of somebody without a certificate; `None` if it does not.
#[must_use]
pub fn refusal(bundle: &Bundle, workload: Workload<'_>, port: i64, path: &str) -> Option<&'static str> {
    let annotations = workload.annotations();
    let excluded = annotations["traffic.sidecar.istio.io/excludeInboundPorts"].str();
    let beside = excluded.split(',').any(|it| it.trim() == port.to_string());
    match () {
        () if beside || is_bare(bundle, workload) => None,
        () if mtls_at(bundle, workload, port) == Some("STRICT") => Some("reset"),
        () if is_denied(bundle, workload, port, path) => Some("answer 403 to"),
        () => None,
    }
}

/// Whether its pods have no sidecar: they say so, or their namespace is shown and asks for none.
fn is_bare(bundle: &Bundle, workload: Workload<'_>) -> bool {
    let said = [&workload.labels()["sidecar.istio.io/inject"], &workload.annotations()["sidecar.istio.io/inject"]];
    let shown = bundle.of("", "Namespace").any(|it| it.name == workload.object.namespace);
    said.iter().any(|it| it.str() == "false") || shown && !bundle.is_meshed(workload)
}

/// The mode of mTLS at a port: that of a policy for these pods before that of the namespace.
fn mtls_at<'a>(bundle: &'a Bundle, workload: Workload<'a>, port: i64) -> Option<&'a str> {
    let policies = bundle.of(SECURITY, "PeerAuthentication").filter(|it| it.namespace == workload.object.namespace);
    let own = policies.filter(|it| it["spec"]["selector"].exists() && selects(it, workload));
    let mode = |node: &'a Node| node["mode"].text().filter(|mode| *mode != "UNSET");
    let own = own.into_iter().find_map(|it| {
        let spec = &it["spec"];
        mode(&spec["portLevelMtls"][&*port.to_string()]).or_else(|| mode(&spec["mtls"]))
    });
    own.or_else(|| mtls(bundle, &workload.object.namespace))
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
