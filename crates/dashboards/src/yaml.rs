//! Rules and alerts as YAML, one key a line, long expressions as blocks.

use crate::alerts::{Alert, Group as Alerts};
use crate::links::Links;
use crate::rules::{Group as Rules, Rule};
use crate::scrape::Scale;

/// A rule file for Prometheus.
pub fn rules(group: &Rules, scale: Scale) -> String {
    let rules: String = group.rules.iter().map(|one| rule(one, scale)).collect();
    file(group.about, group.name, &rules)
}

/// A rule file of alerts for Prometheus.
pub fn alerts(group: &Alerts, scale: Scale, links: &Links) -> String {
    let alerts: String = group.alerts.iter().map(|one| alert(one, scale, links)).collect();
    file(group.about, &format!("{}-alerts", group.name), &alerts)
}

fn file(about: &str, name: &str, entries: &str) -> String {
    format!(
        "# {about}\n# Made by cargo xtask dashboards; change crates/dashboards instead.\ngroups:\n- name: shop-{name}\n  rules:\n{entries}"
    )
}

fn rule(rule: &Rule, scale: Scale) -> String {
    let labels: String = rule.labels.iter().map(|(name, value)| format!("      {name}: {value}\n")).collect();
    let labels = if labels.is_empty() { labels } else { format!("    labels:\n{labels}") };
    format!("  - record: {}\n{}{labels}", rule.record, expr(&scale.apply(&rule.expr)))
}

fn alert(alert: &Alert, scale: Scale, links: &Links) -> String {
    format!(
        "  - alert: {}\n{}    for: {}\n    labels:\n      severity: {}\n    annotations:\n{}{}{}{}",
        alert.name,
        expr(&scale.apply(&alert.expr)),
        scale.duration(alert.hold),
        alert.severity.name(),
        annotation("summary", &alert.summary),
        annotation("description", &alert.description),
        annotation("runbook_url", &links.runbook(alert)),
        annotation("dashboard_url", &links.board(alert)),
    )
}

fn expr(text: &str) -> String {
    format!("    expr: >-\n      {text}\n")
}

fn annotation(name: &str, text: &str) -> String {
    format!("      {name}: \"{}\"\n", text.replace('\\', "\\\\").replace('"', "\\\""))
}
