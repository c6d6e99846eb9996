//! Who calls whom? A workload whose environment names the address of a Service is taken to call it.

use crate::bundle::Bundle;
use crate::model::{Host, Service, Workload};
use crate::yaml::Node;

/// A variable that holds the address of a Service.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The value of the variable.
    pub node: &'a Node,
    /// The Service that it names.
    pub host: Host<'a>,
    /// The port in the address.
    pub port: Option<i64>,
}

impl<'a> Workload<'a> {
    /// Each address of a Service in its environment: `http://name:port`, `name.namespace.svc:port`, `name:port`.
    pub fn calls(self, bundle: &'a Bundle) -> impl Iterator<Item = Call<'a>> {
        let environment = self.containers().flat_map(|container| container["env"].items());
        environment.filter_map(move |variable| address(&variable["value"], &self.object.namespace, bundle))
    }
}

impl<'a> Call<'a> {
    /// The Service, if the bundle has it.
    #[must_use]
    pub fn service(self, bundle: &'a Bundle) -> Option<Service<'a>> {
        self.host.service(bundle)
    }
}

fn address<'a>(node: &'a Node, own: &'a str, bundle: &Bundle) -> Option<Call<'a>> {
    let text = node.text()?;
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (name, port) = rest.split_once(':').map_or((rest, None), |(name, port)| (name, port.parse().ok()));
    let known = (text.contains("://") || port.is_some()) && name.split('.').all(is_label);
    let host = Host::asked(name, own, bundle).filter(|_| known)?;
    Some(Call { node, host, port })
}

fn is_label(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, Option<i64>)> {
        let there = Bundle::from_text("there.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}");
        let yaml = crate::yaml::parse(&format!("value: '{text}'")).remove(0).expect("parses");
        address(&yaml["value"], "shop", &there)
            .map(|call| (format!("{}/{}", call.host.namespace, call.host.name), call.port))
    }

    #[test]
    fn an_address_of_a_service_is_recognised() {
        for (text, host, port) in [
            ("http://user-service:8081", "shop/user-service", Some(8081)),
            ("http://otel.observability.svc.cluster.local:4317/v1", "observability/otel", Some(4317)),
            ("postgres://user:secret@db:5432/orders", "shop/db", Some(5432)),
            ("cart:7070", "shop/cart", Some(7070)),
            ("http://cart.other", "other/cart", None),
        ] {
            assert_eq!(found(text), Some((host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn other_values_are_no_calls() {
        for text in [
            "json",
            "5000",
            "/etc/api",
            "https://example.com",
            "https://example.com.au/x",
            "parentbased_traceidratio",
            "0.01",
            ":8080",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
