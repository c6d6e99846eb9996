//! What is committed is what the definition says, and can be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dashboards::{artifacts, boards};
use serde_json::Value;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is in crates/").to_owned()
}

#[test]
fn the_committed_files_are_what_the_definition_says() {
    for artifact in artifacts() {
        let committed = std::fs::read_to_string(root().join(&artifact.path)).unwrap_or_default();
        assert!(committed == artifact.text, "{}: run cargo xtask dashboards", artifact.path);
    }
}

#[test]
fn a_board_is_a_document_that_grafana_imports_as_it_is() {
    let boards = boards::all();
    for board in &boards {
        let path = format!("dashboards/{}.json", board.name);
        let artifact = artifacts().into_iter().find(|artifact| artifact.path == path).expect("each board is a file");
        let document: Value = serde_json::from_str(&artifact.text).expect("it is JSON");
        assert!(document["id"].is_null() && document.get("version").is_none(), "{path} has numbers of one server");
        assert!(document.get("__inputs").is_none(), "{path} wants inputs, which files cannot give");
        assert!(board.uid().len() <= 40, "{path}: Grafana's limit");
        let panels = document["panels"].as_array().expect("it has panels");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "{path} has an id twice");
        expect_grid(&path, panels);
    }
    let uids: BTreeSet<_> = boards.iter().map(|board| board.uid()).collect();
    assert_eq!(uids.len(), boards.len(), "a uid is there twice");
}

/// No panel covers another one or leaves the screen.
fn expect_grid(path: &str, panels: &[Value]) {
    let mut taken = BTreeSet::new();
    for panel in panels {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().expect("a place"));
        assert!(x + w <= 24, "{path}: {} leaves the screen", panel["title"]);
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{path}: {} covers another panel", panel["title"]);
        }
    }
}

#[test]
fn the_two_monitors_of_the_operator_scrape_alike() {
    let scrape = |path: &str, list: &str| {
        let text = std::fs::read_to_string(root().join("dashboards").join(path)).expect("it is there");
        let (head, endpoint) = text.split_once(list).expect("it lists its endpoints");
        (head.contains("  podTargetLabels: [app, version]\n"), endpoint.to_owned())
    };
    let pods = scrape("operator/podmonitor.yaml", "podMetricsEndpoints:\n");
    assert_eq!(pods, scrape("operator-by-service/servicemonitor.yaml", "endpoints:\n"));
    assert!(pods.0 && pods.1.contains("action: labeldrop\n      regex: endpoint\n"), "the route would be hidden");
}

#[test]
fn the_canary_boards_have_the_same_panels_in_the_same_places() {
    let layout = |name: &str| {
        let path = format!("dashboards/{name}.json");
        let artifact = artifacts().into_iter().find(|artifact| artifact.path == path).expect("it is there");
        let document: Value = serde_json::from_str(&artifact.text).expect("it is JSON");
        let panels = document["panels"].as_array().expect("panels").clone();
        panels.iter().map(|one| format!("{} {} {}", one["id"], one["title"], one["gridPos"])).collect::<Vec<_>>()
    };
    assert_eq!(layout("canary"), layout("canary-istio"));
    assert_eq!(layout("canary"), layout("canary-linkerd"));
}
