//! Who calls whom? A workload whose environment names the address of a Service is taken to call it.

use crate::bundle::Bundle;
use crate::model::{Service, Workload};
use crate::yaml::Node;

/// A variable that holds the address of a Service.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The value of the variable.
    pub node: &'a Node,
    /// The namespace in the address; the caller's if it has none.
    pub namespace: &'a str,
    /// The name in the address.
    pub name: &'a str,
    /// The port in the address.
    pub port: Option<i64>,
}

impl<'a> Workload<'a> {
    /// Each address of a Service in its environment: `http://name:port`, `name.namespace.svc:port`, `name:port`.
    pub fn calls(self) -> impl Iterator<Item = Call<'a>> {
        let environment = self.containers().iter().flat_map(|container| container["env"].items());
        environment.filter_map(move |variable| address(&variable["value"], &self.object.namespace))
    }
}

impl<'a> Call<'a> {
    /// The Service, if the bundle has it.
    #[must_use]
    pub fn service(self, bundle: &'a Bundle) -> Option<Service<'a>> {
        bundle.service(self.namespace, self.name)
    }
}

fn address<'a>(node: &'a Node, own: &'a str) -> Option<Call<'a>> {
    let text = node.text()?;
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, port.parse().ok()));
    let known = text.contains("://") || port.is_some();
    let mut parts = host.split('.');
    let name = parts.next().filter(|name| is_label(name))?;
    let namespace = match (parts.next(), parts.next()) {
        (None, _) => own,
        (Some(namespace), None | Some("svc")) if is_label(namespace) => namespace,
        _ => return None,
    };
    known.then_some(Call { node, namespace, name, port })
}

fn is_label(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_service_is_recognised() {
        for (text, namespace, name, port) in [
            ("http://user-service:8081", "shop", "user-service", Some(8081)),
            ("http://otel.observability.svc.cluster.local:4317/v1", "observability", "otel", Some(4317)),
            ("postgres://user:secret@db:5432/orders", "shop", "db", Some(5432)),
            ("cart:7070", "shop", "cart", Some(7070)),
            ("http://cart.other", "other", "cart", None),
        ] {
            let yaml = crate::yaml::parse(&format!("value: '{text}'")).remove(0).expect("parses");
            let call = address(&yaml["value"], "shop").expect(text);
            assert_eq!((call.namespace, call.name, call.port), (namespace, name, port), "{text}");
        }
    }

    #[test]
    fn other_values_are_no_calls() {
        for text in
            ["json", "5000", "/etc/api", "https://example.com.au/x", "parentbased_traceidratio", "0.01", ":8080"]
        {
            let yaml = crate::yaml::parse(&format!("value: '{text}'")).remove(0).expect("parses");
            assert!(address(&yaml["value"], "shop").is_none(), "{text}");
        }
    }
}
