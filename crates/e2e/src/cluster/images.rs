//! Under which name a cluster has an image: its own, or that of a registry.

use std::sync::OnceLock;

/// Images that stand for others.
static OTHERS: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Makes each second one stand for the first.
pub fn use_images(others: Vec<(String, String)>) {
    OTHERS.get_or_init(|| others);
}

/// An image of this workspace, as pods name it.
pub fn reference(name: &str) -> String {
    among(OTHERS.get().map_or(&[], Vec::as_slice), name)
}

fn among(others: &[(String, String)], name: &str) -> String {
    let own = format!("{name}:{}", env!("CARGO_PKG_VERSION"));
    others.iter().find(|(replaced, _)| *replaced == own).map_or(own, |(_, other)| other.clone())
}

/// Whether a node means this image by a name: nodes put a registry in front of names without one.
pub fn is_named(reference: &str, name: &str) -> bool {
    name == reference || name.strip_suffix(reference).is_some_and(|registry| registry.ends_with('/'))
}

/// Reads `NAME=REF`.
pub fn replacement(text: &str) -> Result<(String, String), String> {
    let both = text.split_once('=').filter(|(name, other)| !name.is_empty() && !other.is_empty());
    let wanted =
        concat!("expected an image and the one to use, for example probe:", env!("CARGO_PKG_VERSION"), "=x/probe:1");
    both.map(|(name, other)| (name.to_owned(), other.to_owned())).ok_or_else(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_a_registry_stands_for_ours() {
        let own = concat!("probe:", env!("CARGO_PKG_VERSION"));
        let others = [replacement(&format!("{own}=example.org/a/probe:7")).expect("two names")];
        assert_eq!(among(&others, "probe"), "example.org/a/probe:7");
        assert_eq!(among(&[], "probe"), own);
        replacement("probe").expect_err("one name");
    }

    #[test]
    fn a_node_may_put_a_registry_in_front() {
        assert!(is_named("probe:1", "docker.io/library/probe:1") && is_named("x/probe:1", "x/probe:1"));
        assert!(!is_named("probe:1", "docker.io/library/other-probe:1") && !is_named("probe:1", "probe:2"));
    }
}
