//! The rules once more as an object of the Prometheus operator, which reads no files.

use crate::links::Links;
use crate::scrape::{Scale, rule_files_with};

/// The path and text of the `PrometheusRule`.
pub fn rules(links: &Links) -> (String, String) {
    let groups =
        rule_files_with(Scale::Production, links).into_iter().map(|(_, text)| group(&text)).collect::<String>();
    let text = format!(
        "# Every recording rule and alert for the Prometheus operator. kube-prometheus-stack takes in rules of every namespace\n\
         # with the label release of its own name. See it: Prometheus' page Rules, groups shop-*.\n\
         # Made by cargo xtask dashboards; change crates/dashboards instead.\n\
         apiVersion: monitoring.coreos.com/v1\n\
         kind: PrometheusRule\n\
         metadata:\n  name: shop\n  labels:\n    app.kubernetes.io/part-of: shop\n    release: kube-prometheus-stack\n\
         spec:\n  groups:\n{groups}"
    );
    ("operator/prometheusrule.yaml".to_owned(), text)
}

/// The group of a rule file, two columns further in.
fn group(file: &str) -> String {
    let lines = file.lines().skip_while(|line| *line != "groups:").skip(1);
    lines.map(|line| format!("  {line}\n")).collect()
}
