//! Are the proxy's resources quantities that make sense?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::proxy_settings;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-proxy-resources",
    severity: Severity::Error,
    title: "resources of the proxy that are no quantity, or far too little",
    reason: "An amount that the injector cannot read (250MB, 50mi) is left out with a warning in its log, so the \
             proxy has the default or no limit. One that it can read is taken at its word: 250 is 250 bytes and 250m \
             a quarter of a byte, and such a proxy is never started.",
    reference: "https://linkerd.io/2/reference/proxy-configuration/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/proxy-memory-limit: 250MB # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/proxy-memory-limit: 250Mi
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        let Some(kind) = kind(&entry.key) else { continue };
        let value = entry.value.str();
        let Some(amount) = quantity(value) else {
            let will = format!("give the proxy no {kind} of this size: {value:?} is no quantity");
            report.at(object, &entry.value, will, INSTEAD);
            continue;
        };
        if kind == "memory" && amount > 0.0 && amount < 1_048_576.0 {
            let will = format!("give the proxy {amount} bytes of memory, with which it cannot start");
            report.at(object, &entry.value, will, INSTEAD);
        } else if kind == "CPU" && amount >= 256.0 {
            let will = format!("ask for {amount} cores, which no node has: the pods stay pending");
            report.at(object, &entry.value, will, INSTEAD);
        }
    }
}

const INSTEAD: &str = "a quantity such as 50m for CPU and 64Mi for memory";

fn kind(key: &str) -> Option<&'static str> {
    match key {
        "config.linkerd.io/proxy-cpu-request" | "config.linkerd.io/proxy-cpu-limit" => Some("CPU"),
        "config.linkerd.io/proxy-memory-request" | "config.linkerd.io/proxy-memory-limit" => Some("memory"),
        "config.linkerd.io/proxy-ephemeral-storage-request" | "config.linkerd.io/proxy-ephemeral-storage-limit" => {
            Some("storage")
        }
        _ => None,
    }
}

/// An amount as Kubernetes reads it.
fn quantity(text: &str) -> Option<f64> {
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit() || "+-.".contains(it));
    let exponent = unit.strip_prefix(['e', 'E']).and_then(|it| it.parse::<i32>().ok());
    let factor = match unit {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0_f64.powi(2),
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        _ => 10.0_f64.powi(exponent?),
    };
    text[..text.len() - unit.len()].parse::<f64>().ok().map(|number| number * factor)
}
