//! Which mesh are the objects for? Asked of the objects themselves unless somebody says it.

use std::str::FromStr;

use crate::bundle::Bundle;
use crate::object::Object;
use crate::rule::Domain;
use crate::yaml::Node;

/// Whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mesh {
    /// Those of each mesh that the objects name.
    #[default]
    Auto,
    /// Istio's.
    Istio,
    /// Linkerd's.
    Linkerd,
}

impl FromStr for Mesh {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "istio" => Ok(Self::Istio),
            "linkerd" => Ok(Self::Linkerd),
            _ => Err("one of istio, linkerd, auto".to_owned()),
        }
    }
}

impl Mesh {
    /// Whether the rules of a domain apply to these objects.
    #[must_use]
    pub fn wants(self, domain: Domain, bundle: &Bundle) -> bool {
        match domain {
            Domain::Input | Domain::Kubernetes => true,
            Domain::Istio => self == Self::Istio || self == Self::Auto && bundle.objects().iter().any(is_for_istio),
            Domain::Linkerd => {
                self == Self::Linkerd || self == Self::Auto && bundle.objects().iter().any(is_for_linkerd)
            }
        }
    }
}

/// Whether only Linkerd is named: what Istio alone would stumble over is then no mistake.
#[must_use]
pub fn is_linkerd_alone(bundle: &Bundle) -> bool {
    bundle.objects().iter().any(is_for_linkerd) && !bundle.objects().iter().any(is_for_istio)
}

fn is_for_istio(object: &Object) -> bool {
    object.group.ends_with("istio.io")
        || object["spec"]["gatewayClassName"].str().starts_with("istio")
        || keys(object)
            .any(|key| key == "istio-injection" || group_of(key).is_some_and(|group| group.ends_with("istio.io")))
}

fn is_for_linkerd(object: &Object) -> bool {
    object.group.ends_with("linkerd.io")
        || keys(object).any(|key| group_of(key).is_some_and(|it| it.ends_with("linkerd.io")))
}

/// The keys of all labels and annotations, those of a pod template too.
fn keys(object: &Object) -> impl Iterator<Item = &str> {
    let metadata = [&object["metadata"], &object["spec"]["template"]["metadata"]];
    let maps = metadata.into_iter().flat_map(|it: &Node| [&it["labels"], &it["annotations"]]);
    maps.flat_map(Node::entries).map(|entry| &*entry.key)
}

fn group_of(key: &str) -> Option<&str> {
    key.split_once('/').map(|(group, _)| group)
}
