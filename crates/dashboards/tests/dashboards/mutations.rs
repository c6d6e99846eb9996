//! Would the tests notice? Every metric, label and threshold is changed, one at a time, and each change must be caught.

use std::collections::BTreeSet;
use std::fs;

use anyhow::ensure;
use dashboards::check::names;
use dashboards::rules::{SLOWER, SLOWER_SIGNIFICANCE, SURELY_SLOWER, SURELY_WORSE, VERDICT};
use dashboards::scrape::{Scale, rule_files};
use dashboards::{alerts, boards, rules};
use e2e::report::figure;
use tempfile::TempDir;

use crate::files::root;
use crate::meshes::contract;
use crate::promtool;

/// A number in an expression that decides something, with what stands before it.
#[derive(Debug)]
struct Threshold {
    file: &'static str,
    alert: &'static str,
    before: &'static str,
    number: &'static str,
}

const fn threshold(file: &'static str, alert: &'static str, before: &'static str, number: &'static str) -> Threshold {
    Threshold { file, alert, before, number }
}

/// Every threshold of every alert and of the verdict. A test below holds that none is forgotten.
const THRESHOLDS: [Threshold; 39] = [
    threshold("alerts/slo.yaml", "ErrorBudgetBurnFast", "> ", "14.4 * 0.001"),
    threshold("alerts/slo.yaml", "ErrorBudgetBurnFast", "> ", "6 * 0.001"),
    threshold("alerts/slo.yaml", "ErrorBudgetBurnFast", ">= ", "10"),
    threshold("alerts/slo.yaml", "ErrorBudgetBurnSlow", "> ", "3 * 0.001"),
    threshold("alerts/slo.yaml", "ErrorBudgetBurnSlow", "> ", "1 * 0.001"),
    threshold("alerts/slo.yaml", "ErrorBudgetBurnSlow", ">= ", "10"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnFast", "> ", "14.4 * 0.01"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnFast", "> ", "6 * 0.01"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnFast", ">= ", "10"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnSlow", "> ", "3 * 0.01"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnSlow", "> ", "1 * 0.01"),
    threshold("alerts/slo.yaml", "LatencyBudgetBurnSlow", ">= ", "10"),
    threshold("alerts/canary.yaml", "CanaryWorseThanStable", "== ", "1"),
    threshold("alerts/canary.yaml", "CanarySlowerThanStable", "== ", "1"),
    threshold("alerts/canary.yaml", "CanaryNoTraffic", "> ", "0"),
    threshold("alerts/canary.yaml", "CanaryNoTraffic", ">= ", "10"),
    threshold("alerts/canary.yaml", "CanaryShareDrift", "> ", "0.05"),
    threshold("alerts/canary.yaml", "CanaryShareDrift", ">= ", "1000"),
    threshold("alerts/mesh.yaml", "RetryStorm", "> ", "0.2"),
    threshold("alerts/mesh.yaml", "RetryStorm", ">= ", "100"),
    threshold("alerts/mesh.yaml", "MeshPlaintext", "< ", "1"),
    threshold("alerts/mesh.yaml", "CertificateExpiresSoon", "< ", "10800"),
    threshold("alerts/processes.yaml", "TargetDown", "== ", "0"),
    threshold("alerts/processes.yaml", "CrashLooping", "> ", "2"),
    threshold("alerts/processes.yaml", "DatabasePoolExhausted", "> ignoring (state) ", "0.9"),
    threshold("rules/canary.yaml", "canary:slower:bool5m", "> bool ", "1.5"),
    threshold("rules/canary.yaml", "canary:slower:bool5m", "> bool ", "0.02"),
    threshold("rules/canary.yaml", "canary:slower_significance:z5m", ">= ", "5"),
    threshold("rules/canary.yaml", "canary:verdict:state5m", "< bool ", "3"),
    threshold("rules/canary.yaml", "canary:verdict:state5m", "<= bool ", "0.01"),
    threshold("rules/canary.yaml", "canary:verdict:state5m", "<= bool ", "14.4 * 0.001"),
    threshold("rules/canary.yaml", "canary:verdict:state5m", "== bool ", "0"),
    threshold("rules/canary.yaml", "canary:verdict:state5m", ">= bool ", "300"),
    threshold("rules/canary.yaml", "canary:surely_worse:bool5m", "> bool ", "3"),
    threshold("rules/canary.yaml", "canary:surely_worse:bool5m", "> bool ", "0.01"),
    threshold("rules/canary.yaml", "canary:surely_worse:bool5m", ">= bool ", "5"),
    threshold("rules/canary.yaml", "canary:surely_worse:bool5m", ">= bool ", "100"),
    threshold("rules/canary.yaml", "canary:surely_slower:bool5m", "> bool ", "4"),
    threshold("rules/canary.yaml", "canary:surely_slower:bool5m", ">= bool ", "100"),
];

impl Threshold {
    /// The number a quarter up and down; where it is 0, clearly above it.
    fn mutants(&self) -> Vec<String> {
        let (number, unit) = self.number.split_once(' ').map_or((self.number, ""), |(number, unit)| (number, unit));
        let number: f64 = number.parse().expect("it is a number");
        let changed = match number {
            0.0 => vec![11.0],
            // A flag: anything else.
            1.0 if self.before == "== " => vec![0.0],
            // No share is above 1, and a quarter below is what the test plants.
            1.0 if self.before == "< " => vec![0.8],
            // Starts are counted.
            2.0 => vec![3.0, 1.0],
            _ => vec![number * 1.25, number / 1.25],
        };
        changed.into_iter().map(|number| format!("{number} {unit}").trim_end().to_owned()).collect()
    }

    /// The file with the number changed in the one rule.
    fn mutate(&self, text: &str, to: &str) -> String {
        let key = if self.file.starts_with("alerts") { "alert" } else { "record" };
        let start = text.find(&format!("- {key}: {}\n", self.alert)).expect("the rule is in the file");
        let end = text[start + 3..].find("  - ").map_or(text.len(), |at| start + 3 + at);
        let changed =
            text[start..end].replace(&format!("{}{}", self.before, self.number), &format!("{}{to}", self.before));
        [&text[..start], &changed, &text[end..]].concat()
    }

    /// Whether the rule tests notice.
    fn is_caught(&self, to: &str) -> anyhow::Result<bool> {
        let folder = TempDir::new()?;
        let topic = self.file.split(['/', '.']).nth(1).expect("a file in a folder");
        for (path, text) in rule_files(Scale::Production) {
            let text = if path == self.file { self.mutate(&text, to) } else { text };
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder"))?;
            fs::write(path, text)?;
        }
        let tests = folder.path().join("tests");
        fs::create_dir(&tests)?;
        for (name, text) in promtool::tests().into_iter().filter(|(_, text)| text.contains(&format!("/{topic}.yaml"))) {
            let Some(reduced) = only(&text, self.alert) else { continue };
            fs::write(tests.join(&name), reduced)?;
            if promtool::run(&tests, &["test", "rules", &name]).is_err() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The file with the one test that is about this rule.
fn only(text: &str, rule: &str) -> Option<String> {
    let name = match rule {
        "canary:surely_worse:bool5m" => "CanaryWorseThanStable",
        "canary:slower:bool5m" | "canary:slower_significance:z5m" | "canary:surely_slower:bool5m" => {
            "CanarySlowerThanStable"
        }
        "canary:verdict:state5m" => "verdict",
        alert => alert,
    };
    let mut parts = text.split("- name: ");
    let head = parts.next()?;
    let test = parts.find(|part| part.lines().next() == Some(name))?;
    Some(format!("{head}- name: {test}"))
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
fn a_threshold_that_is_moved_by_a_quarter_is_caught() -> anyhow::Result<()> {
    let (mut caught, mut missed) = (0, Vec::new());
    for threshold in &THRESHOLDS {
        for to in threshold.mutants() {
            if threshold.is_caught(&to)? {
                caught += 1;
            } else {
                missed.push(format!("{} {}{} -> {to}", threshold.alert, threshold.before, threshold.number));
            }
        }
    }
    figure("mutations: thresholds caught", format!("{caught} of {}", caught + missed.len()));
    ensure!(missed.is_empty(), "nobody notices {missed:#?}");
    Ok(())
}

#[test]
fn no_threshold_of_an_alert_or_of_the_verdict_is_left_out() {
    let alerts = alerts::groups().into_iter().flat_map(|group| group.alerts).map(|alert| (alert.name, alert.expr));
    let rules = rules::groups().into_iter().flat_map(|group| group.rules).map(|rule| (rule.record, rule.expr));
    let deciding = [SLOWER, SLOWER_SIGNIFICANCE, SURELY_WORSE, SURELY_SLOWER, VERDICT];
    for (name, expr) in alerts.chain(rules.filter(|(record, _)| deciding.contains(&record.as_str()))) {
        let known = |at: usize| {
            THRESHOLDS
                .iter()
                .any(|one| one.alert == name && expr[at..].starts_with(&format!("{}{}", one.before, one.number)))
        };
        for operator in ["> ", "< ", ">= ", "<= ", "== "] {
            // What only keeps a division from nothing decides nothing.
            let decides = |at: usize| name != SLOWER_SIGNIFICANCE || !expr[at..].starts_with("> 0)");
            for (at, _) in expr.match_indices(operator).filter(|(at, _)| decides(*at)) {
                assert!(known(at), "{name}: {}", &expr[at..]);
            }
        }
    }
}

#[test]
fn a_metric_or_label_of_a_mesh_that_is_misspelt_is_caught() {
    let (mut caught, mut missed) = (0, Vec::new());
    let meshes = [
        ("canary-istio", "istio"),
        ("mesh-istio", "istio"),
        ("canary-linkerd", "linkerd"),
        ("mesh-linkerd", "linkerd"),
    ];
    for (name, mesh) in meshes {
        let board = boards::all().into_iter().find(|board| board.name == name).expect("the board is there");
        let targets: BTreeSet<_> =
            board.panels().flat_map(|panel| &panel.targets).map(|target| target.expr.clone()).collect();
        for expr in targets {
            let named = names(&expr);
            let labels = named
                .metrics
                .values()
                .flatten()
                .chain(&named.grouped)
                .map(|label| (label.as_str(), format!("{label}x")));
            let metrics = named.metrics.keys().map(|metric| (metric.as_str(), format!("{metric}x")));
            for (from, to) in metrics.chain(labels).filter(|(from, _)| contract::is_of_the_mesh(mesh, from)) {
                if contract::unknown(mesh, &replace_word(&expr, from, &to)).is_empty() {
                    missed.push(format!("{name}: {from} in {expr}"));
                } else {
                    caught += 1;
                }
            }
        }
    }
    figure("mutations: names of the meshes caught", format!("{caught} of {}", caught + missed.len()));
    assert!(missed.is_empty(), "nobody notices {missed:#?}");
}

/// Replaces whole words only: `app` is no part of `app_kind`.
fn replace_word(text: &str, from: &str, to: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word) && !before.ends_with('$');
        result.push_str(before);
        result.push_str(if whole { to } else { from });
        rest = after;
    }
    result + rest
}

#[test]
fn the_committed_rules_are_what_is_mutated() {
    for threshold in &THRESHOLDS {
        let text = fs::read_to_string(root().join("dashboards").join(threshold.file)).expect("the file is there");
        for to in threshold.mutants() {
            assert_ne!(threshold.mutate(&text, &to), text, "{threshold:?} is not in the file");
        }
    }
}
