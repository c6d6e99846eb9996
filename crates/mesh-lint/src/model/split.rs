//! What do the two route APIs share about splits? Sums of weights, and which rules differ only in the method.

use crate::yaml::Node;

/// The sum of weights that look like percent and are none: two or more, one of them large, near a hundred.
#[must_use]
pub fn odd_sum(weights: &[i64]) -> Option<i64> {
    let sum = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
    let percent = weights.len() > 1 && weights.iter().any(|weight| *weight >= 20) && (60..=150).contains(&sum);
    (percent && sum != 100).then_some(sum)
}

/// The conditions of a rule, an entry a text, without those that tell reads from writes: the method, and the key that
/// makes a write repeatable. Rules for the same requests of another method have the same text.
#[must_use]
pub fn twin_keys(matches: &Node) -> Vec<String> {
    match matches.items() {
        [] => vec![String::new()],
        items => items.iter().map(key).collect(),
    }
}

fn key(condition: &Node) -> String {
    let mut parts = Vec::new();
    for entry in condition.entries() {
        match &*entry.key {
            "name" => {}
            // That of a GRPCRoute is a name of a function, which says more than reading or writing.
            "method" if !entry.value["service"].exists() => {}
            // The Gateway API lists headers by name, Istio maps names to conditions.
            "headers" => {
                let listed = entry.value.items().iter().map(|it| (it["name"].str(), it["value"].str().to_owned()));
                let mapped = entry.value.entries().iter().map(|it| (&*it.key, text(&it.value)));
                let headers =
                    listed.chain(mapped).filter(|(name, _)| !name.to_ascii_lowercase().contains("idempotency"));
                parts.extend(headers.map(|(name, value)| format!("{name}={value}")));
            }
            "path" if matches!(entry.value["value"].str(), "" | "/") && entry.value["type"].str() != "Exact" => {}
            key => parts.push(format!("{key}:{}", text(&entry.value))),
        }
    }
    parts.sort_unstable();
    parts.join(" ")
}

fn text(node: &Node) -> String {
    let entries = node.entries().iter().map(|it| format!("{}={}", it.key, text(&it.value)));
    let parts: Vec<_> =
        entries.chain(node.items().iter().map(text)).chain(node.text().map(ToOwned::to_owned)).collect();
    parts.join(",")
}
