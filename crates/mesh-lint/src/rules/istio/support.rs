//! What do several rules about Istio ask? What VirtualServices say, whom policies select, which mTLS pods want.

mod breaker;
mod export;
mod mtls;
mod sidecar;
mod stranger;

pub use breaker::{Breaker, breakers};
pub use export::{compete, is_seen};
pub use mtls::{is_narrow, mtls, namespace_mtls};
pub use sidecar::meets_sidecar;
pub use stranger::refusal;

use crate::bundle::Bundle;
use crate::model::{Host, Workload, match_labels};
use crate::object::Object;
use crate::yaml::Node;

/// The group of Istio's kinds for traffic.
pub const NETWORKING: &str = "networking.istio.io";
/// The group of Istio's kinds for policies.
pub const SECURITY: &str = "security.istio.io";
/// The namespace whose policies hold everywhere.
pub const ROOT: &str = "istio-system";

/// Each VirtualService.
pub fn virtual_services(bundle: &Bundle) -> impl Iterator<Item = &Object> {
    bundle.of(NETWORKING, "VirtualService")
}

/// Each rule for HTTP of each VirtualService.
pub fn http_rules(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Node)> {
    virtual_services(bundle).flat_map(|object| object["spec"]["http"].items().iter().map(move |rule| (object, rule)))
}

/// The entries of a rule that lead somewhere: routes and mirrors.
pub fn routes(rule: &Node) -> impl Iterator<Item = &Node> {
    let routes =
        [&rule["route"], &rule["mirrors"]].into_iter().flat_map(Node::items).map(|route| &route["destination"]);
    routes.chain(Some(&rule["mirror"]).filter(|node| node.exists()))
}

/// Each destination of each route of each VirtualService, those of mirrors too.
pub fn destinations(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Node)> {
    virtual_services(bundle).flat_map(|object| {
        let http = object["spec"]["http"].items().iter().flat_map(routes);
        let streams = [&object["spec"]["tcp"], &object["spec"]["tls"]].into_iter().flat_map(Node::items);
        let streams = streams.flat_map(|rule| rule["route"].items()).map(|route| &route["destination"]);
        http.chain(streams).map(move |node| (object, node))
    })
}

/// The DestinationRules that are about a host.
pub fn destination_rules<'a>(bundle: &'a Bundle, host: Host<'a>) -> impl Iterator<Item = &'a Object> {
    let rules = bundle.of(NETWORKING, "DestinationRule");
    rules.filter(move |rule| host_of(rule) == Some(host))
}

/// The Service that a DestinationRule is about.
#[must_use]
pub fn host_of(rule: &Object) -> Option<Host<'_>> {
    Host::of(rule["spec"]["host"].str(), &rule.namespace)
}

/// The Services that a VirtualService is about.
pub fn hosts_of(object: &Object) -> impl Iterator<Item = (&Node, Host<'_>)> {
    object["spec"]["hosts"].items().iter().filter_map(|node| Some((node, Host::of(node.str(), &object.namespace)?)))
}

/// Whether the sidecars of callers obey a VirtualService.
#[must_use]
pub fn is_for_mesh(object: &Object) -> bool {
    let gateways = object["spec"]["gateways"].items();
    gateways.is_empty() || gateways.iter().any(|it| it.str() == "mesh")
}

/// The gateways of a VirtualService by namespace and name.
pub fn gateways_of(object: &Object) -> impl Iterator<Item = (&Node, &str, &str)> {
    let named = object["spec"]["gateways"].items().iter().filter(|node| node.str() != "mesh");
    named.map(|node| match node.str().split_once('/') {
        Some((namespace, name)) => (node, namespace, name),
        None => (node, &*object.namespace, node.str()),
    })
}

/// Whether a rule takes every request.
#[must_use]
pub fn is_catch_all(rule: &Node) -> bool {
    let matches = rule["match"].items();
    matches.is_empty() || matches.iter().any(takes_everything)
}

fn takes_everything(condition: &Node) -> bool {
    condition.entries().iter().all(|entry| match &*entry.key {
        "uri" => entry.value["prefix"].str() == "/" || matches!(entry.value["regex"].str(), ".*" | "/.*"),
        "name" | "ignoreUriCase" | "statPrefix" => true,
        _ => false,
    })
}

/// The condition under which a rule sends a request again although a process may have answered it.
#[must_use]
pub fn retries_answers(rule: &Node) -> Option<&Node> {
    let retries = &rule["retries"];
    let repeats = retries["attempts"].int().unwrap_or(0) > 0;
    let condition = &retries["retryOn"];
    let answers =
        |word: &str| matches!(word, "5xx" | "gateway-error" | "reset" | "retriable-4xx") || word.parse::<u16>().is_ok();
    (repeats && condition.str().split(',').map(str::trim).any(answers)).then_some(condition)
}

/// The workloads that a policy selects with `selector.matchLabels`; all of its namespace without one.
pub fn selected<'a>(bundle: &'a Bundle, policy: &'a Object) -> impl Iterator<Item = Workload<'a>> {
    let selector = &policy["spec"]["selector"];
    bundle.workloads_in(&policy.namespace).filter(move |it| match_labels(selector, it.labels()))
}
