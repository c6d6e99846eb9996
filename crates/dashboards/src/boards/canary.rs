//! Promote, wait or roll back? One screen, the same for each source of measurements: only the queries differ.

use super::{app, namespace};
use crate::board::{Board, Row};
use crate::panel::{Colour, Panel, Unit, Word};
use crate::profile::{CANARY, Profile, STABLE};
use crate::promql::{SCREEN, Series, sum};
use crate::rules::{
    CONFIGURED, DIFFERENCE, ENOUGH, ENOUGH_FAILURES, ENOUGH_TO_PROMOTE, MEAN, P95, REQUESTS, SHARE, SIGNIFICANCE,
    SLOWER_BY, SLOWER_SIGNIFICANCE, SLOWER_SURELY, TOLERATED, VERDICT, WORSE, healthy,
};
use crate::slo::{AVAILABILITY, FAST};

pub fn board(profile: &'static Profile) -> Board {
    let name = match profile.name {
        "istio" => "canary-istio",
        "linkerd" => "canary-linkerd",
        _ => "canary",
    };
    let title = match profile.name {
        "istio" => "Shop / Canary (Istio)",
        "linkerd" => "Shop / Canary (Linkerd)",
        _ => "Shop / Canary",
    };
    Board {
        name,
        title,
        description: profile.about,
        variables: vec![namespace(&profile.requests), app(&profile.requests)],
        rows: vec![
            Row { title: "v2 against v1, last 5 minutes: promote, wait or roll back?", panels: verdict(profile) },
            Row { title: "Who gets what, and how it goes", panels: signals(profile) },
            Row { title: "Why", panels: causes(profile) },
        ],
    }
}

/// A recorded series of this source and the chosen app.
fn recorded(profile: &Profile, record: &str, version: &str) -> String {
    let chosen = format!(r#"source="{}",namespace="$namespace",app="$app""#, profile.name);
    let series = Series::new(record, &chosen);
    if version.is_empty() { series.text() } else { series.with(&format!(r#"version="{version}""#)).text() }
}

fn configured(version: &str) -> String {
    Series::new(CONFIGURED, &format!(r#"namespace="$namespace",app="$app"{version}"#)).text()
}

/// What the three words mean.
fn meaning() -> String {
    let (factor, seconds) = SLOWER_BY;
    format!(
        "PROMOTE: {ENOUGH_TO_PROMOTE} requests or more, no sign of more failures than {} percentage point, not slower, and v2 fails no \
         more than {} % of its own requests, where the budget burns so fast that somebody is woken. ROLL BACK: {ENOUGH} requests \
         or more, and {ENOUGH_FAILURES} failures or more and more of them than chance explains, or slower by {} % and {} ms and not \
         by chance. WAIT: neither yet. Needs the recording rules.",
        percent(TOLERATED),
        percent(healthy()),
        percent(factor - 1.0),
        seconds * 1000.0
    )
}

/// `1.44` of 0.0144.
fn percent(share: f64) -> String {
    let digits = format!("{:.2}", share * 100.0);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn verdict(profile: &Profile) -> Vec<Panel> {
    let words = [
        Word { value: 1, text: "PROMOTE", colour: Colour::Green },
        Word { value: 0, text: "WAIT", colour: Colour::Yellow },
        Word { value: -1, text: "ROLL BACK", colour: Colour::Red },
    ];
    let slower =
        |record| format!("{} - {}", only(&recorded(profile, record, CANARY)), only(&recorded(profile, record, STABLE)));
    let panels = vec![
        Panel::figure("Verdict", Unit::Number, &meaning())
            .ask("verdict", recorded(profile, VERDICT, "")).say(&words),
        Panel::figure("Requests to v2", Unit::Count, &format!("What the verdict rests on. Below {ENOUGH} nothing is said against v2, below {ENOUGH_TO_PROMOTE} nothing for it."))
            .ask(CANARY, recorded(profile, REQUESTS, CANARY)).better_from(f64::from(ENOUGH), f64::from(ENOUGH_TO_PROMOTE)),
        Panel::figure("Share of v2", Unit::Share, "The part of the requests that callers send to v2.")
            .ask(CANARY, recorded(profile, SHARE, CANARY)),
        Panel::figure("More failures in v2", Unit::Share, &format!("Share of failures of v2 minus that of v1, in percentage points. Below zero v2 is better. A failure is {}.", profile.failure))
            .ask("v2 - v1", recorded(profile, DIFFERENCE, "")).worse_from(0.002, TOLERATED).signed(),
        Panel::figure("Failures: significance", Unit::Deviations, &format!("The difference in multiples of what chance makes of it. Up to 2: no evidence. From {WORSE} on, with {ENOUGH_FAILURES} failures of v2 or more: hardly chance."))
            .ask("z", recorded(profile, SIGNIFICANCE, "")).worse_from(2.0, f64::from(WORSE)).signed(),
        Panel::figure("v2 slower, 95 %", Unit::Seconds, "95th percentile of v2 minus that of v1. Below zero v2 is faster. As exact as the buckets are narrow.")
            .ask("v2 - v1", slower(P95)).worse_from(0.01, 0.02).signed(),
        Panel::figure("v2 slower, mean", Unit::Seconds, "Mean latency of v2 minus that of v1. Below zero v2 is faster. Exact, without buckets, but a few very slow requests move it.")
            .ask("v2 - v1", slower(MEAN)).worse_from(0.01, 0.02).signed(),
        Panel::figure("Slower: significance", Unit::Deviations, &format!("How many more requests of v2 are slow, in multiples of what chance makes of it, at the bound of the histogram where that is most. Up to 3: no evidence. From {SLOWER_SURELY} on: not chance."))
            .ask("z", recorded(profile, SLOWER_SIGNIFICANCE, "")).worse_from(3.0, f64::from(SLOWER_SURELY)).signed(),
    ];
    panels.into_iter().map(|panel| panel.wide(6)).collect()
}

fn only(what: &str) -> String {
    sum(&[], what)
}

fn signals(profile: &Profile) -> Vec<Panel> {
    let requests = &profile.requests;
    let rate = sum(&[requests.version], &requests.chosen().rate(SCREEN));
    vec![
        Panel::lines("Share: actual and configured", Unit::Share,
            "Solid: how callers spread requests. Dashed: what the route says, if kube-state-metrics exports it. They should lie on each other.")
            .ask(&profile.spread.legend(""), profile.share(SCREEN))
            .ask("{{version}} configured", format!("{} / 100", configured(""))).up_to(1.0),
        Panel::lines("Requests", Unit::Rate, "Requests a second by version.").ask(&requests.legend(""), rate),
        Panel::lines("Failures", Unit::Share, &format!("Share of failures by version. The dashed line is where v2 is worth a look. A failure is {}.", profile.failure))
            .ask(&requests.legend(""), profile.failure_share(SCREEN)).worse_from(0.001, 0.01),
    ]
}

fn causes(profile: &Profile) -> Vec<Panel> {
    let requests = &profile.requests;
    let latency = Panel::lines(
        "Latency",
        Unit::Seconds,
        "Solid: 99 % of the requests are faster. Dashed: 95 %. Dotted: half of them. The promise is 250 ms for 99 %.",
    );
    let latency = [(0.99, " p99"), (0.95, " p95"), (0.5, " p50")]
        .into_iter()
        .fold(latency, |panel, (q, end)| panel.ask(&requests.legend(end), profile.latency(q, SCREEN)));
    let burn = |window: &str| format!("({}) / {}", profile.failure_share(window), AVAILABILITY.budget());
    vec![
        latency.worse_from(0.25, 0.5),
        Panel::lines("Budget burn", Unit::Factor, "How many times faster than the budget of 0.1 % failures allows; 1 uses it up in exactly 30 days. Solid: 5 minutes. Dashed: 1 hour.")
            .ask(&requests.legend(" 5 min"), burn("5m")).ask(&requests.legend(" 1 h"), burn("1h")).worse_from(1.0, FAST[0].factor),
        Panel::lines("Retries", Unit::Share, "Attempts beyond the first for each call, whoever repeats them. Retries hide failures from callers and add load.")
            .ask("retries", profile.retries(SCREEN)).worse_from(0.1, 0.2),
    ]
}
