//! Are networks and their exceptions networks?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;
use crate::yaml::Node;
use std::net::IpAddr;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-network-cidr",
    severity: Severity::Error,
    title: "a network that is none, or an exception that lies outside of it",
    reason: "The networks of a NetworkAuthentication and of an EgressNetwork are CIDR blocks, their exceptions parts \
             of them. Linkerd's webhook refuses what cannot be read, an exception outside of its network and one that \
             covers all of it; the policy that asks for the network then lets nobody in.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: anywhere, namespace: shop}
spec:
  networks: [{cidr: 10.0.0.0/8, except: [192.168.0.0/16]}] # <-
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: anywhere, namespace: shop}
spec:
  networks: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.of(POLICY, "NetworkAuthentication").chain(bundle.of(POLICY, "EgressNetwork")) {
        for network in object["spec"]["networks"].items() {
            let cidr = &network["cidr"];
            for (node, why) in mistakes(cidr, network["except"].items()) {
                report.at(
                    object,
                    node,
                    format!("refuse the {}: {} {why}", object.kind, node.str()),
                    "a CIDR block such as 10.0.0.0/8, with exceptions within it",
                );
            }
        }
    }
}

fn mistakes<'a>(cidr: &'a Node, except: &'a [Node]) -> Vec<(&'a Node, &'static str)> {
    let Some(outer) = block(cidr.str()) else { return vec![(cidr, "is no CIDR block")] };
    let judge = |node: &'a Node| match block(node.str()) {
        None => Some((node, "is no CIDR block")),
        Some(inner) if contains(inner, outer) => Some((node, "leaves nothing of its network")),
        Some(inner) if !contains(outer, inner) => Some((node, "lies outside of its network")),
        Some(_) => None,
    };
    except.iter().filter_map(judge).collect()
}

/// An address as a number with 128 bits, how many of them count, and whether it is of version 6.
type Block = (u128, u32, bool);

fn block(text: &str) -> Option<Block> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let (bits, width, six) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32, false),
        IpAddr::V6(address) => (address.to_bits(), 128, true),
    };
    let length = length.map_or(Some(width), |length| length.parse().ok())?;
    (length <= width).then_some((bits, length, six))
}

fn contains(outer: Block, inner: Block) -> bool {
    let mask = u128::MAX.checked_shl(128 - outer.1).unwrap_or(0);
    outer.2 == inner.2 && outer.1 <= inner.1 && outer.0 & mask == inner.0 & mask
}
