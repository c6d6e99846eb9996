//! Which accounts do policies let in? Istio names them in principals, Linkerd in authentications.

use crate::bundle::Bundle;
use crate::object::Object;
use crate::yaml::Node;

/// An account that a policy names.
#[derive(Clone, Copy, Debug)]
pub struct Admitted<'a> {
    /// The policy.
    pub object: &'a Object,
    /// Where it is named.
    pub node: &'a Node,
    /// The account's namespace.
    pub namespace: &'a str,
    /// The account's name.
    pub name: &'a str,
}

/// Namespace and account of one of Istio's principals, `cluster.local/ns/shop/sa/api-gateway`.
#[must_use]
pub fn of_principal(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('/');
    let (_trust, ns, namespace, sa, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let plain = !namespace.contains('*') && !name.contains('*') && parts.next().is_none();
    (ns == "ns" && sa == "sa" && plain).then_some((namespace, name))
}

impl Bundle {
    /// Each account that a policy of either mesh lets in by name.
    #[must_use]
    pub fn admitted_accounts(&self) -> Vec<Admitted<'_>> {
        let istio =
            self.of("security.istio.io", "AuthorizationPolicy").filter(|it| it["spec"]["action"].str() != "DENY");
        let istio = istio.flat_map(|object| principals(object).map(move |node| (object, node)));
        let istio = istio.filter_map(|(object, node)| {
            let (namespace, name) = of_principal(node.str())?;
            Some(Admitted { object, node, namespace, name })
        });
        let linkerd = self.of("policy.linkerd.io", "MeshTLSAuthentication").flat_map(|object| {
            let references = object["spec"]["identityRefs"].items().iter();
            references.filter(|it| it["kind"].str() == "ServiceAccount").map(move |it| Admitted {
                object,
                node: &it["name"],
                namespace: it["namespace"].text().unwrap_or(&object.namespace),
                name: it["name"].str(),
            })
        });
        istio.chain(linkerd).collect()
    }
}

/// Each principal in the sources of an AuthorizationPolicy.
pub fn principals(policy: &Object) -> impl Iterator<Item = &Node> {
    let sources = policy["spec"]["rules"].items().iter().flat_map(|rule| rule["from"].items());
    sources.flat_map(|from| from["source"]["principals"].items())
}
