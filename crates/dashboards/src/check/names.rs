//! Which metrics and labels does an expression name? Enough of PromQL for our own, where each series has braces.

use std::collections::{BTreeMap, BTreeSet};

/// Metrics, and the labels that are matched or grouped by wherever they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Each metric with the labels in its braces.
    pub metrics: BTreeMap<String, BTreeSet<String>>,
    /// Labels after `by`, `on`, `without` and `ignoring`.
    pub grouped: BTreeSet<String>,
}

/// What `expr` names.
#[must_use]
pub fn names(expr: &str) -> Names {
    let mut names = Names::default();
    let bare = without_strings(expr);
    for (at, _) in bare.match_indices('{') {
        let metric = bare[..at].rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
        let inside = bare[at + 1..].split('}').next().unwrap_or_default();
        let labels = inside.split(',').map(|matcher| matcher.split(['=', '!']).next().unwrap_or_default().trim());
        names
            .metrics
            .entry(metric.to_owned())
            .or_default()
            .extend(labels.filter(|label| !label.is_empty()).map(str::to_owned));
    }
    for keyword in ["by (", "on (", "without (", "ignoring (", "group_left ("] {
        for (at, _) in bare.match_indices(keyword) {
            let inside = bare[at + keyword.len()..].split(')').next().unwrap_or_default();
            names.grouped.extend(inside.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned));
        }
    }
    names
}

/// The expression with every string emptied: braces and commas in them mean nothing.
fn without_strings(expr: &str) -> String {
    expr.split('"').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "\"\"" }).collect()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_and_labels_are_found_and_strings_are_not() {
        let found = names(r#"sum by (a, le) (rate(b:c_total{d=~"x{e},f.*",g!="h"}[5m])) / on (i) k{}"#);
        let set = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(
            found.metrics,
            BTreeMap::from([("b:c_total".to_owned(), set(&["d", "g"])), ("k".to_owned(), set(&[]))])
        );
        assert_eq!(found.grouped, set(&["a", "le", "i"]));
    }
}
