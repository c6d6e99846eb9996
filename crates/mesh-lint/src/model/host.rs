//! Which Service does a host name mean? Istio's short names are completed with the namespace of the object they stand in.

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

impl<'a> Host<'a> {
    /// What a host in an object of `namespace` means; `None` for wildcards and names outside of the cluster.
    #[must_use]
    pub fn of(text: &'a str, namespace: &'a str) -> Option<Self> {
        if text.is_empty() || text.contains('*') {
            return None;
        }
        let mut parts = text.split('.');
        let name = parts.next()?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(Self { namespace, name }),
            (Some(namespace), Some("svc")) => Some(Self { namespace, name }),
            // `a.b` could be a name of the world; Istio completes only names without a dot.
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_of_the_objects_namespace_and_a_full_one_of_its_own() {
        assert_eq!(Host::of("a", "shop"), Some(Host { namespace: "shop", name: "a" }));
        assert_eq!(Host::of("a.other.svc.cluster.local", "shop"), Some(Host { namespace: "other", name: "a" }));
        assert_eq!(Host::of("a.other.svc", "shop"), Some(Host { namespace: "other", name: "a" }));
    }

    #[test]
    fn a_name_of_the_world_is_no_service() {
        for text in ["*", "*.shop.svc.cluster.local", "carrier.example.com", "example.com", ""] {
            assert_eq!(Host::of(text, "shop"), None, "{text}");
        }
    }
}
