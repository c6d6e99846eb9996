//! What do the two route APIs share about splits? Sums of weights, and which rules differ only in the method.

use crate::yaml::Node;

/// The sum of weights that look like percent and are none. Weights are shares of their sum, so that no sum is wrong; but who
/// means a ratio writes it short. Two or more of at most a hundred look like percent where one of them is twenty or more,
/// and surprise nobody where all are equal.
#[must_use]
pub fn odd_sum(weights: &[i64]) -> Option<i64> {
    let sum = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
    let equal = weights.iter().all(|weight| Some(weight) == weights.first());
    let percent = weights.iter().all(|weight| (0..=100).contains(weight)) && weights.iter().any(|weight| *weight >= 20);
    (percent && !equal && sum != 100).then_some(sum)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_weights_that_look_like_percent_are_held_to_a_hundred() {
        for (weights, sum) in [([90, 20], 110), ([90, 30], 120), ([20, 10], 30), ([90, 0], 90), ([100, 90], 190)] {
            assert_eq!(odd_sum(&weights), Some(sum), "{weights:?}");
        }
    }

    #[test]
    fn ratios_and_equal_shares_are_no_percent() {
        for weights in [&[90, 10][..], &[100, 0], &[3, 1], &[9, 1], &[50, 50, 50], &[30, 30], &[900, 100], &[90], &[]] {
            assert_eq!(odd_sum(weights), None, "{weights:?}");
        }
    }
}
