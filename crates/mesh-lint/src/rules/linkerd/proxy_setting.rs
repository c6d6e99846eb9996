//! Can the injector read the settings of the proxy?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::duration;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{is_go_bool, proxy_settings};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-proxy-setting",
    severity: Severity::Error,
    title: "a setting of the proxy whose value the injector cannot read",
    reason: "The injector parses switches and durations as Go does: `true` for one kind, `enabled` for the other, \
             `20s` and never 20. What it cannot read it leaves out, at best with a warning in its own log, and the \
             pod starts with the default.",
    reference: "https://linkerd.io/2/reference/proxy-configuration/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/shutdown-grace-period: "20" # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    config.linkerd.io/shutdown-grace-period: 20s
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in proxy_settings(bundle) {
        let value = entry.value.str();
        let Some((fine, instead)) = expected(&entry.key, value) else { continue };
        if !fine {
            report.at(object, &entry.value, format!("keep the default: it cannot read {value:?} here"), instead);
        }
    }
}

/// Whether the value is fine, and what it should be.
fn expected(key: &str, value: &str) -> Option<(bool, &'static str)> {
    let name = key.split_once("linkerd.io/")?.1;
    Some(match name {
        _ if !key.starts_with("config.") => return None,
        "shutdown-grace-period"
        | "proxy-outbound-connect-timeout"
        | "proxy-inbound-connect-timeout"
        | "proxy-outbound-discovery-cache-unused-timeout"
        | "proxy-inbound-discovery-cache-unused-timeout" => {
            (duration(value).is_some(), "a number with a unit, such as 20s")
        }
        "proxy-enable-native-sidecar"
        | "proxy-disable-outbound-protocol-detect-timeout"
        | "proxy-disable-inbound-protocol-detect-timeout"
        | "proxy-metrics-hostname-labels"
        | "enable-external-profiles"
        | "enable-gateway"
        | "enable-debug-sidecar" => (is_go_bool(value), "\"true\" or \"false\", in quotes"),
        "proxy-await" | "proxy-admin-shutdown" => (matches!(value, "enabled" | "disabled"), "enabled or disabled"),
        "access-log" => (matches!(value, "" | "apache" | "json"), "apache or json"),
        "proxy-log-format" => (matches!(value, "plain" | "json"), "plain or json"),
        "proxy-wait-before-exit-seconds" => {
            (value.parse::<u64>().is_ok(), "a number of seconds in quotes, without a unit")
        }
        "proxy-cpu-ratio-limit" => {
            (value.parse::<f64>().is_ok_and(|it| it > 0.0 && it < 1.0), "a ratio in quotes between 0 and 1")
        }
        _ => return None,
    })
}
