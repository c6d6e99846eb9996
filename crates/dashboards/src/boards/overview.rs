//! Is the shop well? The golden signals of each service, and of each edge between them.

use super::namespace;
use crate::board::{Board, Row};
use crate::panel::{Kind, Panel, Unit};
use crate::profile::{self, PROCESS};
use crate::promql::{SCREEN, Series, aggregate, quantile, rate_ratio, sum};

const IN: &str = r#"namespace="$namespace""#;

pub fn board() -> Board {
    Board {
        name: "overview",
        title: "Shop / Overview",
        description: "Is the shop well? Traffic, failures, latency and saturation of each service, and of the calls between them.",
        variables: vec![namespace(&profile::ALL[0].requests)],
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "Each service", panels: services() },
            Row { title: "Calls between services", panels: edges() },
            Row { title: "The shop's own numbers", panels: shop() },
        ],
    }
}

fn series(metric: &str) -> Series {
    Series::new(metric, IN)
}

fn requests() -> Series {
    series("axum_http_requests_total")
}

fn failed() -> Series {
    requests().with(r#"status=~"5..""#)
}

fn durations() -> Series {
    series("axum_http_requests_duration_seconds_bucket")
}

/// 1 for each process that answers a scrape, 0 for each that should.
fn up() -> String {
    series("up").with(r#"app!="""#).with(PROCESS).text()
}

/// What callers of the shop see: the gateway is the only way in.
fn now() -> Vec<Panel> {
    let front = r#"app="api-gateway""#;
    vec![
        Panel::figure("Requests", Unit::Rate, "Requests that reach the gateway.")
            .ask("requests", sum(&[], &requests().with(front).rate(SCREEN))),
        Panel::figure(
            "Failures",
            Unit::Share,
            "Share of the gateway's answers that are 5xx. Promised: less than 0.1 %.",
        )
        .ask("failures", rate_ratio(&[], &failed().with(front), &requests().with(front), SCREEN))
        .worse_from(0.001, 0.01),
        Panel::figure("99 % are faster than", Unit::Seconds, "99th percentile at the gateway. Promised: 250 ms.")
            .ask("p99", quantile(0.99, &[], &durations().with(front), SCREEN))
            .worse_from(0.1, 0.25),
        Panel::figure("Processes up", Unit::Count, "Processes that answer a scrape.")
            .ask("up", sum(&[], &up()))
            .or("none"),
        Panel::figure("Processes down", Unit::Count, "Processes that should answer a scrape and do not.")
            .ask("down", format!("sum(1 - {})", up()))
            .worse_from(1.0, 1.0)
            .or("none"),
        Panel::figure(
            "Faults injected",
            Unit::Rate,
            "Requests that are spoiled on purpose, through the admin port. Failures you see may be these.",
        )
        .ask("faults", sum(&[], &series("faults_injected_total").rate(SCREEN)))
        .worse_from(0.001, 0.001)
        .or("none"),
    ]
}

fn services() -> Vec<Panel> {
    let by = ["app"];
    let each = ["app", "version"];
    vec![
        Panel::table("Services", "One row a service and version. Failures are 5xx.")
            .wide(24)
            .column("Requests", Unit::Rate, sum(&each, &requests().rate(SCREEN)))
            .column("Failures", Unit::Share, rate_ratio(&each, &failed(), &requests(), SCREEN))
            .column("p95", Unit::Seconds, quantile(0.95, &each, &durations(), SCREEN))
            .column("In flight", Unit::Count, sum(&each, &series("axum_http_requests_pending").text()))
            .column("Up", Unit::Count, sum(&each, &up())),
        Panel::lines("Requests", Unit::Rate, "Requests a second by service.")
            .ask("{{app}}", sum(&by, &requests().rate(SCREEN))),
        Panel::lines("Failures", Unit::Share, "Share of 5xx by service. Dashed: 0.1 %, the promise, and 1 %.")
            .ask("{{app}}", rate_ratio(&by, &failed(), &requests(), SCREEN))
            .worse_from(0.001, 0.01),
        Panel::lines(
            "Latency, 95 % are faster",
            Unit::Seconds,
            "95th percentile by service. Dashed: 250 ms, the promise.",
        )
        .ask("{{app}}", quantile(0.95, &by, &durations(), SCREEN))
        .worse_from(0.25, 0.5),
        in_flight(),
    ]
    .into_iter()
    .map(|panel| if panel.kind == Kind::Lines { panel.wide(6) } else { panel })
    .collect()
}

fn edges() -> Vec<Panel> {
    let by = ["app", "target"];
    let calls = series("upstream_requests_total");
    // Without an answer the status is a word: timeout, connect.
    let failed = calls.with(r#"status!~"[1-4]..""#);
    let durations = series("upstream_requests_duration_seconds_bucket");
    vec![
        Panel::table(
            "Edges",
            "Who calls whom, as the caller sees it: one row an edge. Failures are 5xx and calls without an answer.",
        )
        .column("Calls", Unit::Rate, sum(&by, &calls.rate(SCREEN)))
        .column("Failures", Unit::Share, rate_ratio(&by, &failed, &calls, SCREEN))
        .column("p95", Unit::Seconds, quantile(0.95, &by, &durations, SCREEN)),
        Panel::lines(
            "Failing calls",
            Unit::Rate,
            "Calls that failed, by edge and by status, or by the reason why there is none.",
        )
        .wide(12)
        .ask(
            "{{app}} to {{target}}: {{status}}",
            format!("{} > 0", sum(&["app", "target", "status"], &failed.rate(SCREEN))),
        )
        .or("no failing call"),
    ]
}

fn shop() -> Vec<Panel> {
    vec![
        Panel::lines("Orders placed", Unit::Events, "New orders a second by the release that took them.")
            .ask("{{version}}", sum(&["version"], &series("orders_created_total").rate(SCREEN))).or("no order yet"),
        Panel::lines("Refused at the gateway", Unit::Rate, "Requests that never reached a service, by reason: a token that is missing or wrong, or too many requests of one caller.")
            .ask("{{reason}}", sum(&["reason"], &series("gateway_rejected_total").rate(SCREEN))).or("nothing refused"),
        Panel::bars("Slowest routes", Unit::Seconds, "The five routes with the highest 95th percentile.")
            .ask("{{app}} {{endpoint}}", format!("topk(5, {})", quantile(0.95, &["app", "endpoint"], &durations(), SCREEN))),
    ]
}

fn in_flight() -> Panel {
    Panel::lines(
        "In flight",
        Unit::Count,
        "Requests that are being served now, by service: what grows before a service falls over.",
    )
    .ask("{{app}}", aggregate("sum", &["app"], &series("axum_http_requests_pending").text()))
}
