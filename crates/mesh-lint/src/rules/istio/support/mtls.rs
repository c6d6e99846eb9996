//! Which mTLS do the pods of a workload want, and which a namespace?

use super::{ROOT, SECURITY};
use crate::bundle::Bundle;
use crate::model::{Workload, match_labels};
use crate::object::Object;
use crate::yaml::Node;

/// The mode of mTLS at a port of a workload's pods, without a number at those that no policy names: that of a policy for
/// these pods before that of the namespace. What is `UNSET` is left to the wider policy.
#[must_use]
pub fn mtls<'a>(bundle: &'a Bundle, workload: Workload<'_>, port: Option<i64>) -> Option<&'a str> {
    let namespace = &*workload.object.namespace;
    let mine = policies(bundle, namespace).filter(|it| is_narrow(it));
    let mut mine = mine.filter(|it| match_labels(&it["spec"]["selector"], workload.labels()));
    let own = mine.find_map(|it| {
        let at_port = port.and_then(|port| mode(&it["spec"]["portLevelMtls"][&*port.to_string()]));
        at_port.or_else(|| mode(&it["spec"]["mtls"]))
    });
    // Istio ignores policies for some pods in the namespace of those that hold everywhere.
    own.filter(|_| namespace != ROOT).or_else(|| namespace_mtls(bundle, namespace))
}

/// The mode of mTLS that a namespace asks for as a whole, by its own policy or by that of the root.
#[must_use]
pub fn namespace_mtls<'a>(bundle: &'a Bundle, namespace: &str) -> Option<&'a str> {
    let of = |namespace: &str| {
        let whole = policies(bundle, namespace).filter(|it| !is_narrow(it));
        whole.into_iter().find_map(|it| mode(&it["spec"]["mtls"]))
    };
    of(namespace).or_else(|| of(ROOT))
}

/// Whether a policy is about some pods of its namespace: a selector without labels selects all.
#[must_use]
pub fn is_narrow(policy: &Object) -> bool {
    !policy["spec"]["selector"]["matchLabels"].entries().is_empty()
}

fn policies<'a>(bundle: &'a Bundle, namespace: &str) -> impl Iterator<Item = &'a Object> {
    bundle.of(SECURITY, "PeerAuthentication").filter(move |it| *it.namespace == *namespace)
}

fn mode(node: &Node) -> Option<&str> {
    node["mode"].text().filter(|mode| *mode != "UNSET")
}
