//! The rule tests of `dashboards/tests/`, run by promtool, and whether every alert has its cases.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use dashboards::alerts;
use e2e::report::figure;

use crate::files::root;

/// What promtool says of these files, run in `folder`; an error when it is not content.
pub fn run(folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("promtool").args(arguments).current_dir(folder).output().context("promtool")?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    ensure!(output.status.success(), "{text}");
    Ok(text)
}

/// Each file of rule tests and what is in it.
pub fn tests() -> Vec<(String, String)> {
    let folder = root().join("dashboards/tests");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| (std::fs::read_to_string(folder.join(&name)).expect("it can be read"), name))
        .map(|(text, name)| (name, text))
        .collect()
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
fn the_rule_tests_pass() -> anyhow::Result<()> {
    let folder = root().join("dashboards/tests");
    for (name, _) in tests() {
        run(&folder, &["test", "rules", &name])?;
    }
    let rules = ["rules/slo.yaml", "rules/weights.yaml", "rules/canary.yaml", "rules/mesh.yaml"];
    let alerts = ["alerts/slo.yaml", "alerts/canary.yaml", "alerts/mesh.yaml", "alerts/processes.yaml"];
    run(&root().join("dashboards"), &[&["check", "rules"][..], &rules, &alerts].concat())?;
    Ok(())
}

#[test]
fn every_alert_is_tested_above_and_below_its_threshold_without_traffic_and_with_failures_only() {
    let tests: String = tests().into_iter().map(|(_, text)| text).collect();
    let mut cases = 0;
    for alert in alerts::groups().into_iter().flat_map(|group| group.alerts) {
        let test = tests.split("- name: ").find(|test| test.lines().next() == Some(alert.name.as_str()));
        let test = test.unwrap_or_else(|| panic!("{} has no test", alert.name));
        // A name that is gone has no namespace to be a case in: it is told by its app.
        let fires = if alert.name == "MetricsAbsent" { "app=\"api-gateway\"" } else { "\"fires\"" };
        for case in [fires, "\"below", "\"idle\"", "\"failing\""] {
            assert!(test.contains(case), "{} is not tested with {case}", alert.name);
        }
        assert!(test.contains(&format!("alertname=\"{}\"", alert.name)), "{} is asked for in its test", alert.name);
        cases += test.lines().filter(|line| line.starts_with("  # ")).count();
    }
    figure("alerts: cases of rule tests", cases);
}
