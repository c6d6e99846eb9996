//! Rules for every panel and query that need no Prometheus.

use std::collections::BTreeSet;

use dashboards::boards;
use dashboards::check::{Exclusions, names};
use dashboards::panel::{Kind, Panel};
use dashboards::{alerts, rules};

use crate::files::root;

/// Alerts that ask of more than the shop's own processes by their labels, and why.
const NOT_OURS_ALONE: [(&str, &str); 13] = [
    ("ErrorBudgetBurnFast", BY_NAME),
    ("ErrorBudgetBurnSlow", BY_NAME),
    ("LatencyBudgetBurnFast", BY_NAME),
    ("LatencyBudgetBurnSlow", BY_NAME),
    ("CanaryWorseThanStable", TWO_RELEASES),
    ("CanarySlowerThanStable", TWO_RELEASES),
    ("CanaryNoTraffic", TWO_RELEASES),
    ("CanaryShareDrift", TWO_RELEASES),
    ("RetryStorm", OF_THE_MESH),
    ("MeshPlaintext", OF_THE_MESH),
    ("CertificateExpiresSoon", OF_THE_MESH),
    ("MetricsAbsent", "each app is asked for by its own name, in the one namespace"),
    ("DatabasePoolExhausted", "no other program has a metric of this name"),
];
const BY_NAME: &str = "whatever counts its requests as the shop does is promised the same";
const TWO_RELEASES: &str = "it says something only of an app of which v1 and v2 are there";
const OF_THE_MESH: &str = "a sidecar is the mesh's, whoever it stands beside";

fn panels() -> Vec<(String, Panel)> {
    let boards = boards::all();
    let each = boards
        .iter()
        .flat_map(|board| board.panels().map(|panel| (format!("{}: {}", board.name, panel.title), panel.clone())));
    each.collect()
}

fn expressions() -> Vec<(String, String)> {
    let panels = panels()
        .into_iter()
        .flat_map(|(place, panel)| panel.targets.into_iter().map(move |target| (place.clone(), target.expr)));
    let rules = rules::groups().into_iter().flat_map(|group| group.rules).map(|rule| (rule.record, rule.expr));
    let alerts = alerts::groups().into_iter().flat_map(|group| group.alerts).map(|alert| (alert.name, alert.expr));
    panels.chain(rules).chain(alerts).collect()
}

#[test]
fn a_panel_says_how_to_read_it_and_what_an_empty_one_means() {
    for (place, panel) in panels() {
        assert!(panel.description.len() > 15 && panel.description.ends_with('.'), "{place}: {}", panel.description);
        assert!(!panel.nothing.is_empty() && !panel.targets.is_empty() && !panel.steps.is_empty(), "{place}");
    }
}

#[test]
fn an_alert_is_about_the_shop_or_it_is_said_why_not() {
    let mut others: BTreeSet<_> = NOT_OURS_ALONE.iter().map(|(name, _)| (*name).to_owned()).collect();
    for alert in alerts::groups().into_iter().flat_map(|group| group.alerts) {
        let ours = alert.expr.contains(&alerts::ours());
        assert!(ours != others.remove(&alert.name), "{} asks of everything: {}", alert.name, alert.expr);
    }
    assert!(others.is_empty(), "no such alerts: {others:?}");
}

#[test]
fn a_board_fits_a_screen_or_two() {
    for board in boards::all() {
        assert!(board.panels().count() <= 20, "{} has too many panels", board.name);
    }
}

#[test]
fn rates_are_of_counters_and_quantiles_keep_their_buckets() {
    for (place, expr) in expressions() {
        for growth in ["rate(", "increase("] {
            for (at, _) in expr.match_indices(growth) {
                let metric = expr[at + growth.len()..].split('{').next().unwrap_or_default();
                let counts = ["_total", "_bucket", "_count", "_sum"].iter().any(|end| metric.ends_with(end));
                assert!(counts, "{place}: {metric} is no counter");
            }
        }
        for part in expr.split("histogram_quantile(").skip(1) {
            assert!(part[..60.min(part.len())].contains("by (le"), "{place}: a quantile without its buckets: {part}");
        }
    }
}

#[test]
fn no_query_divides_by_nothing() {
    for (place, expr) in expressions() {
        // What stands after a division is filtered (`> 0`), a constant, a count that cannot be 0, or guarded (`or`).
        for part in expr.split(" / ").skip(1) {
            let safe = part.starts_with(|c: char| c.is_ascii_digit())
                || part.starts_with("on ")
                || part.starts_with('(')
                || part.starts_with("sum without (version) (canary:requests")
                || part.starts_with("process_max_fds")
                || part.starts_with("tokio_workers");
            assert!(safe, "{place}: may divide by 0: {part}");
        }
    }
}

#[test]
fn lines_use_grafanas_window_and_no_bucket_is_an_integer() {
    for (place, panel) in panels().into_iter().filter(|(_, panel)| panel.kind == Kind::Lines) {
        for target in &panel.targets {
            let fixed = target.expr.contains("rate(") && !target.expr.contains("[$__rate_interval]");
            assert!(!fixed || panel.title == "Budget burn", "{place}: a window of its own: {}", target.expr);
        }
    }
    for (place, expr) in expressions() {
        let bounds = expr.split("le=\"").skip(1).filter_map(|part| part.split('"').next());
        let same = |bound: &str| bound.contains('.') || bound == "+Inf";
        bounds.for_each(|bound| assert!(same(bound), "{place}: le=\"{bound}\" is 1.0 for Prometheus 3"));
    }
}

#[test]
fn a_legend_names_only_labels_that_the_query_keeps() {
    for (place, panel) in panels() {
        for target in panel.targets {
            let kept = names(&target.expr);
            for label in target.legend.split("{{").skip(1).filter_map(|part| part.split("}}").next()) {
                let aggregated = target.expr.contains("by (");
                assert!(!aggregated || kept.grouped.contains(label), "{place}: {label} is not in {}", target.expr);
            }
        }
    }
}

#[test]
fn recorded_series_are_recorded() {
    let recorded: Vec<_> = rules::groups().into_iter().flat_map(|group| group.rules).map(|rule| rule.record).collect();
    for (place, expr) in expressions() {
        let used = names(&expr).metrics.into_keys().filter(|metric| metric.contains(':'));
        used.for_each(|metric| assert!(recorded.contains(&metric), "{place}: nobody records {metric}"));
    }
    let all: String = expressions().into_iter().map(|(_, expr)| expr).collect();
    recorded.iter().for_each(|record| assert!(all.contains(&format!("{record}{{")), "nobody uses {record}"));
}

#[test]
fn the_list_of_exclusions_names_queries_that_exist() {
    let text = std::fs::read_to_string(root().join("dashboards/exclusions.txt")).expect("the list is there");
    let exclusions = Exclusions::parse(&text).expect("each line has four parts");
    assert_eq!(exclusions.unknown(&boards::all()), Vec::<String>::new());
}
