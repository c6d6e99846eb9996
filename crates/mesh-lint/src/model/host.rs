//! Which Service does a host name mean? Istio reads the names in its objects in one way, the resolver of a pod in another.

use crate::bundle::Bundle;
use crate::model::Service;

/// A host name that means a Service of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Host<'a> {
    /// The Service's namespace.
    pub namespace: &'a str,
    /// The Service's name.
    pub name: &'a str,
}

/// What a host in an object of Istio means, where it may begin with a star.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts<'a> {
    /// One Service.
    One(Host<'a>),
    /// All Services of a namespace, or of the cluster.
    Many(Option<&'a str>),
}

/// How much of a Service's full name is written.
enum Written<'a> {
    /// `name`
    Name(&'a str),
    /// `name.namespace`, which could be a name of the world.
    Namespace(Host<'a>),
    /// `name.namespace.svc`
    Svc(Host<'a>),
    /// `name.namespace.svc.cluster.local`, or with another domain of the cluster.
    Full(Host<'a>),
}

impl<'a> Host<'a> {
    /// What a host in an object of Istio in `namespace` means. Istio completes names without a dot and takes all others as
    /// they stand, so that `name.namespace` and `name.namespace.svc` mean no Service; see [`Host::cut_short`].
    #[must_use]
    pub fn of(text: &'a str, namespace: &'a str) -> Option<Self> {
        match read(text)? {
            Written::Name(name) => Some(Self { namespace, name }),
            Written::Full(host) => Some(host),
            Written::Namespace(_) | Written::Svc(_) => None,
        }
    }

    /// The Service whose full name this is.
    #[must_use]
    pub fn in_full(text: &'a str) -> Option<Self> {
        match read(text)? {
            Written::Full(host) => Some(host),
            Written::Name(_) | Written::Namespace(_) | Written::Svc(_) => None,
        }
    }

    /// What a process in `namespace` reaches by a name: its resolver completes whatever is missing at the end.
    #[must_use]
    pub fn asked(text: &'a str, namespace: &'a str, bundle: &Bundle) -> Option<Self> {
        match read(text)? {
            Written::Name(name) => Some(Self { namespace, name }),
            Written::Full(host) | Written::Svc(host) => Some(host),
            Written::Namespace(host) => {
                (bundle.has_namespace(host.namespace) && !bundle.has_entry(text)).then_some(host)
            }
        }
    }

    /// The Service that a host in an object of Istio was meant for, although it does not mean it: its end is missing.
    #[must_use]
    pub fn cut_short(text: &'a str, bundle: &Bundle) -> Option<Self> {
        match read(text)? {
            Written::Namespace(host) => host.service(bundle).map(|_| host),
            Written::Svc(host) => Some(host),
            Written::Name(_) | Written::Full(_) => None,
        }
        .filter(|_| !bundle.has_entry(text))
    }

    /// The Service, if the bundle has it.
    #[must_use]
    pub fn service(self, bundle: &Bundle) -> Option<Service<'_>> {
        bundle.service(self.namespace, self.name)
    }

    /// The name in full.
    #[must_use]
    pub fn full(self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }
}

impl<'a> Hosts<'a> {
    /// What a host in an object in `namespace` means; `None` if no Service of the cluster.
    #[must_use]
    pub fn of(text: &'a str, namespace: &'a str) -> Option<Self> {
        let Some(end) = text.strip_prefix('*') else { return Host::of(text, namespace).map(Self::One) };
        if matches!(end, "" | ".local" | ".cluster.local") {
            return Some(Self::Many(None));
        }
        let mut parts = end.strip_prefix('.')?.splitn(3, '.');
        match (parts.next()?, parts.next()?, parts.next()?) {
            (_, "svc", "clusterset.local") | ("svc", "clusterset", "local") => None,
            (namespace, "svc", _) => Some(Self::Many(Some(namespace))),
            ("svc", _, _) => Some(Self::Many(None)),
            _ => None,
        }
    }
}

fn read(text: &str) -> Option<Written<'_>> {
    let mut parts = text.splitn(4, '.');
    let name = parts.next().filter(|it| !it.is_empty() && !text.contains('*'))?;
    let Some(namespace) = parts.next() else { return Some(Written::Name(name)) };
    let host = Host { namespace, name };
    match (parts.next(), parts.next()) {
        (None, _) => Some(Written::Namespace(host)),
        (Some("svc"), None) => Some(Written::Svc(host)),
        // That is the name of a Service in any of several clusters.
        (Some("svc"), Some("clusterset.local")) => None,
        (Some("svc"), Some(_)) => Some(Written::Full(host)),
        _ => None,
    }
}

impl Bundle {
    /// Whether a ServiceEntry makes Istio know a name.
    #[must_use]
    pub fn has_entry(&self, name: &str) -> bool {
        let mut entries = self.of("networking.istio.io", "ServiceEntry").flat_map(|it| it["spec"]["hosts"].items());
        entries.any(|it| it.str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: Host<'static> = Host { namespace: "shop", name: "orders" };

    fn bundle(more: &str) -> Bundle {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: orders, namespace: shop}\n---\n";
        Bundle::from_text("bundle.yaml", &format!("{service}{more}"))
    }

    #[test]
    fn istio_completes_names_without_a_dot_alone() {
        assert_eq!(Host::of("orders", "shop"), Some(ORDERS));
        assert_eq!(Host::of("orders.shop.svc.cluster.local", "bank"), Some(ORDERS));
        for text in [
            "orders.shop",
            "orders.shop.svc",
            "*",
            "*.shop.svc.cluster.local",
            "carrier.example.com",
            "",
            "a.b.svc.clusterset.local",
        ] {
            assert_eq!(Host::of(text, "shop"), None, "{text}");
        }
    }

    #[test]
    fn a_star_means_the_services_of_a_namespace_or_of_the_cluster() {
        assert_eq!(Hosts::of("orders", "shop"), Some(Hosts::One(ORDERS)));
        assert_eq!(Hosts::of("*.shop.svc.cluster.local", "bank"), Some(Hosts::Many(Some("shop"))));
        for text in ["*", "*.local", "*.cluster.local", "*.svc.cluster.local"] {
            assert_eq!(Hosts::of(text, "shop"), Some(Hosts::Many(None)), "{text}");
        }
        for text in ["*.example.com", "*.shop", "*.com", "*.a.b.example.com", "*.shop.svc.clusterset.local"] {
            assert_eq!(Hosts::of(text, "shop"), None, "{text}");
        }
    }

    #[test]
    fn only_a_full_name_is_one() {
        assert_eq!(Host::in_full("orders.shop.svc.cluster.local"), Some(ORDERS));
        for text in ["orders", "orders.shop", "orders.shop.svc", "example.com", "*.shop.svc.cluster.local"] {
            assert_eq!(Host::in_full(text), None, "{text}");
        }
    }

    #[test]
    fn a_resolver_completes_whatever_is_missing() {
        for text in ["orders", "orders.shop", "orders.shop.svc", "orders.shop.svc.cluster.local"] {
            assert_eq!(Host::asked(text, "shop", &bundle("")), Some(ORDERS), "{text}");
        }
    }

    #[test]
    fn two_labels_are_a_name_of_the_world_unless_the_namespace_is_known() {
        let entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: orders}\n\
                     spec: {hosts: [orders.shop]}";
        for (text, more) in [("example.com", ""), ("orders.shop", entry)] {
            assert_eq!(Host::asked(text, "shop", &bundle(more)), None, "{text}");
            assert_eq!(Host::cut_short(text, &bundle(more)), None, "{text}");
        }
    }

    #[test]
    fn a_name_that_lacks_its_end_was_meant_for_a_service() {
        assert_eq!(Host::cut_short("orders.shop", &bundle("")), Some(ORDERS));
        assert_eq!(Host::cut_short("orders.shop.svc", &bundle("")), Some(ORDERS));
        assert_eq!(Host::cut_short("orders", &bundle("")), None);
    }
}
