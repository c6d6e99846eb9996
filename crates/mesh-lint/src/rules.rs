//! Which rules are there? One file each; the lists of the folders are generated from what is in them.

pub mod input;
pub mod istio;
pub mod kubernetes;
pub mod linkerd;

use crate::model::is_near;
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

/// The rule that was meant by an id that no rule has: one that is misspelt, or cut short.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static Rule> {
    let misspelt = all().find(|rule| is_near(rule.id, id));
    misspelt.or_else(|| all().find(|rule| id.len() > 3 && rule.id.contains(id)))
}
