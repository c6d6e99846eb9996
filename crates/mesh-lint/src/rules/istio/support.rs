//! What do several rules about Istio ask? Where routes lead to, and what is said about a host.

use crate::bundle::Bundle;
use crate::model::Host;
use crate::object::Object;
use crate::yaml::Node;

/// The group of Istio's kinds for traffic.
pub const NETWORKING: &str = "networking.istio.io";
/// The group of Istio's kinds for policies.
pub const SECURITY: &str = "security.istio.io";

/// Each destination of each route of each VirtualService, those of mirrors too.
pub fn destinations(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Node)> {
    bundle.of(NETWORKING, "VirtualService").flat_map(|object| {
        let http = object["spec"]["http"].items().iter();
        let routed = http.flat_map(|rule| {
            let routes = [&rule["route"], &rule["mirrors"]].into_iter().flat_map(Node::items);
            let mirror = Some(&rule["mirror"]).filter(|node| node.exists());
            routes.map(|route| &route["destination"]).chain(mirror)
        });
        let streams = [&object["spec"]["tcp"], &object["spec"]["tls"]].into_iter().flat_map(Node::items);
        let streams = streams.flat_map(|rule| rule["route"].items()).map(|route| &route["destination"]);
        routed.chain(streams).map(move |node| (object, node))
    })
}

/// The DestinationRules that are about a host.
pub fn destination_rules<'a>(bundle: &'a Bundle, host: Host<'a>) -> impl Iterator<Item = &'a Object> {
    let rules = bundle.of(NETWORKING, "DestinationRule");
    rules.filter(move |rule| Host::of(rule["spec"]["host"].str(), &rule.namespace) == Some(host))
}
