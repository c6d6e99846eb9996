//! Does a link lead somewhere? From an alert to a section of the runbook and to a board, and from board to board.

use std::collections::BTreeSet;

use dashboards::links::{Links, RUNBOOK_BASE};
use dashboards::{alerts, artifacts, artifacts_with, boards};
use serde_json::Value;

use crate::files::root;

/// As `RUNBOOK_BASE#errorbudgetburnfast`, of every generated file with alerts.
fn annotations(name: &str) -> Vec<String> {
    let files = artifacts().into_iter().filter(|file| file.path.ends_with(".yaml"));
    let lines: Vec<_> = files.flat_map(|file| file.text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let start = format!("{name}: \"");
    lines.iter().filter_map(|line| line.trim().strip_prefix(&start)?.strip_suffix('"')).map(str::to_owned).collect()
}

/// The boards that an address with templates can lead to.
fn led_to(address: &str) -> Vec<String> {
    let path = address.split("/d/").nth(1).expect("it leads to a board").split('?').next().unwrap_or_default();
    let canary = r#"{{ with $labels.source }}{{ if ne . \"app\" }}-{{ . }}{{ end }}{{ end }}"#;
    let ends = if path.contains(canary) { ["", "-istio", "-linkerd"] } else { ["", "istio", "linkerd"] };
    let template = if path.contains(canary) { canary } else { "{{ $labels.source }}" };
    if !path.contains("{{") {
        return vec![path.to_owned()];
    }
    let ends = ends.into_iter().skip(usize::from(template != canary));
    ends.map(|end| path.replace(template, end)).collect()
}

fn uids() -> BTreeSet<String> {
    boards::all().iter().map(|board| board.uid()).collect()
}

#[test]
fn an_alert_leads_to_a_section_of_the_runbook_by_a_whole_address() {
    let page = std::fs::read_to_string(root().join("docs/runbook.md")).expect("the runbook is there");
    // As GitHub and GitLab make anchors of headings.
    let anchors: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
    let addresses = annotations("runbook_url");
    let alerts = alerts::groups().into_iter().map(|group| group.alerts.len()).sum::<usize>();
    // Once in a rule file and once in the PrometheusRule.
    assert_eq!(addresses.len(), 2 * alerts);
    for address in addresses {
        let anchor = address.strip_prefix(RUNBOOK_BASE).and_then(|rest| rest.strip_prefix('#'));
        assert!(anchor.is_some_and(|anchor| anchors.contains(anchor)), "{address} leads nowhere");
        assert!(address.starts_with("https://"), "{address} is no whole address");
    }
}

#[test]
fn an_alert_leads_to_a_board_with_its_namespace_and_app() {
    let addresses = annotations("dashboard_url");
    assert!(!addresses.is_empty());
    for address in addresses {
        assert!(address.starts_with("http") && address.contains("var-namespace={{ . }}"), "{address}");
        for board in led_to(&address) {
            assert!(uids().contains(&board), "there is no board {board}: {address}");
        }
    }
}

#[test]
fn the_addresses_are_those_that_were_given() {
    let links = Links {
        runbook: "https://ours/run".to_owned(),
        grafana: "https://grafana.ours/".to_owned(),
        namespace: "store".to_owned(),
    };
    let text: String = artifacts_with(&links).into_iter().map(|file| file.text).collect();
    assert!(text.contains("runbook_url: \"https://ours/run#targetdown\""));
    assert!(text.contains("dashboard_url: \"https://grafana.ours/d/shop-overview?"));
    assert!(text.contains("absent(process_start_time_seconds{namespace=\"store\",app=\"api-gateway\""));
    assert!(!text.contains(RUNBOOK_BASE) && !text.contains("namespace=\"shop\""));
}

#[test]
fn a_board_leads_to_boards_that_exist() {
    for file in artifacts().into_iter().filter(|file| file.path.ends_with(".json")) {
        let board: Value = serde_json::from_str(&file.text).expect("it is JSON");
        let links = board["links"].as_array().expect("it has links");
        assert!(links.iter().any(|link| link["type"] == "link"), "{} leads nowhere", file.path);
        let uids = uids();
        for part in file.text.split("\"/d/").skip(1) {
            let uid = part.split(['"', '?']).next().unwrap_or_default();
            assert!(uids.contains(uid), "{}: there is no board {uid}", file.path);
            assert_ne!(board["uid"], *uid, "{} leads to itself", file.path);
        }
    }
}
