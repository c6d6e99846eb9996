//! An alert leads somewhere: to a section of the runbook, and to a board.

use std::collections::BTreeSet;

use dashboards::{alerts, boards};

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
    for alert in all() {
        // As GitHub and GitLab make anchors of headings.
        assert_eq!(alert.runbook(), format!("docs/runbook.md#{}", alert.name.to_lowercase()));
    }
}

#[test]
fn each_alert_leads_to_a_board_and_says_what_happens() {
    let boards: BTreeSet<_> = boards::all().iter().map(|board| board.name).collect();
    for alert in all() {
        for source in ["istio", "linkerd"] {
            let board = alert.board.replace("{{ $labels.source }}", source);
            assert!(boards.contains(board.as_str()), "{}: there is no board {board}", alert.name);
        }
        assert!(alert.summary.contains("{{ $labels.") && alert.description.ends_with('.'), "{}", alert.name);
    }
}
