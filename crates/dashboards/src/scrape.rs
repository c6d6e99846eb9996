//! A Prometheus on a laptop: what it asks whom, and rules whose windows fit an evening.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::links::Links;
use crate::{alerts, rules, yaml};

/// How much shorter the windows of rules are than in production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Not at all.
    Production,
    /// A tenth: five minutes become 30 s. Names of records keep the windows that they stand for.
    Laptop,
}

/// One process to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scraped {
    /// The label `app`.
    pub app: String,
    /// The label `version`.
    pub version: String,
    /// The label `namespace`.
    pub namespace: String,
    /// Its admin port.
    pub admin: SocketAddr,
}

/// The units of durations in rules, and their seconds.
const UNITS: [(char, u32); 3] = [('m', 60), ('h', 3600), ('d', 86_400)];

impl Scale {
    /// A duration such as `5m`.
    #[must_use]
    pub fn duration(self, text: &str) -> String {
        let seconds = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let (_, seconds) = UNITS.iter().find(|(name, _)| unit.starts_with(*name))?;
            Some(number.parse::<u32>().ok()? * seconds / 10)
        };
        match self {
            Self::Production => text.to_owned(),
            Self::Laptop => seconds().map_or_else(|| text.to_owned(), |seconds| format!("{seconds}s")),
        }
    }

    /// Every window `[5m]` in an expression.
    #[must_use]
    pub fn apply(self, expr: &str) -> String {
        let mut parts = expr.split('[');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| match part.split_once(']') {
            Some((window, rest)) if window.starts_with(|c: char| c.is_ascii_digit()) && !window.contains('-') => {
                format!("{text}[{}]{rest}", self.duration(window))
            }
            _ => format!("{text}[{part}"),
        })
    }
}

/// `prometheus.yml`: these processes, once a second, and every file of [`rule_files`] beside it. Alerts go to `alertmanager`
/// if there is one.
#[must_use]
pub fn configuration(processes: &[Scraped], alertmanager: Option<SocketAddr>) -> String {
    let mut text = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\n\
                    rule_files: [rules/*.yaml, alerts/*.yaml]\n"
        .to_owned();
    if let Some(addr) = alertmanager {
        let _ = write!(text, "alerting:\n  alertmanagers:\n  - static_configs:\n    - targets: [\"{addr}\"]\n");
    }
    text.push_str("scrape_configs:\n- job_name: shop\n  static_configs:\n");
    for Scraped { app, version, namespace, admin } in processes {
        let _ = write!(
            text,
            "  - targets: [\"{admin}\"]\n    labels: {{ app: {app}, version: {version}, namespace: {namespace} }}\n"
        );
    }
    text
}

/// Paths and texts of the rule files.
#[must_use]
pub fn rule_files(scale: Scale) -> Vec<(String, String)> {
    rule_files_with(scale, &Links::default())
}

/// The same, with alerts that lead elsewhere.
#[must_use]
pub fn rule_files_with(scale: Scale, links: &Links) -> Vec<(String, String)> {
    let rules = rules::groups();
    let rules = rules.iter().map(|group| (format!("rules/{}.yaml", group.name), yaml::rules(group, scale)));
    let alerts = alerts::groups_in(&links.namespace);
    let alerts = alerts.iter().map(|group| (format!("alerts/{}.yaml", group.name), yaml::alerts(group, scale, links)));
    rules.chain(alerts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_shortened_and_character_classes_are_not() {
        let expr = "rate(a{b=~\"v[0-9]+\"}[5m]) + c:d5m{} + rate(e{}[1h])";
        assert_eq!(Scale::Laptop.apply(expr), "rate(a{b=~\"v[0-9]+\"}[30s]) + c:d5m{} + rate(e{}[360s])");
        assert_eq!(Scale::Production.apply(expr), expr);
        assert_eq!(Scale::Laptop.duration("0m"), "0s");
    }
}
