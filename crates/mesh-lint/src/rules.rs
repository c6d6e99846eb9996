//! Which rules are there? One file each; the lists of the folders are generated from what is in them.

pub mod input;
pub mod istio;
pub mod kubernetes;
pub mod linkerd;

use crate::rule::Rule;

/// All rules, folder by folder, by name.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let folders = [input::RULES, kubernetes::RULES, istio::RULES, linkerd::RULES];
    folders.into_iter().flatten().copied()
}

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
