//! Each alert is explained: in itself, and in a section of the runbook.

use std::collections::BTreeSet;

use dashboards::alerts;

use crate::files::root;

fn all() -> Vec<alerts::Alert> {
    alerts::groups().into_iter().flat_map(|group| group.alerts).collect()
}

#[test]
fn each_alert_has_a_section_and_each_section_an_alert() {
    let page = std::fs::read_to_string(root().join("docs/runbook.md")).expect("the runbook is there");
    let sections: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    let alerts: BTreeSet<_> = all().into_iter().map(|alert| alert.name).collect();
    assert_eq!(sections, alerts);
}

#[test]
fn each_alert_says_what_happens() {
    for alert in all() {
        assert!(alert.summary.contains("{{ $labels.") && alert.description.ends_with('.'), "{}", alert.name);
    }
}
