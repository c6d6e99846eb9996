//! When is somebody told? Each alert has a section in the runbook and a board to look at.

use crate::links::NAMESPACE;
use crate::profile::{CANARY, PROCESS};
use crate::rules::{
    CALLS, CERTIFICATE, CONFIGURED, DIFFERENCE, ENOUGH, MTLS, REQUESTS, RETRIES, SHARE, SURELY_SLOWER, SURELY_WORSE,
};
use crate::slo::{AVAILABILITY, Burn, ENOUGH_BROKEN, FAST, LATENCY, Objective, SLOW};

/// The canary board of whoever measured; the label `source` is missing where a route was only configured.
const CANARY_BOARD: &str = r#"canary{{ with $labels.source }}{{ if ne . "app" }}-{{ . }}{{ end }}{{ end }}"#;
/// The apps that must be there.
const APPS: [&str; 3] = ["api-gateway", "order-service", "user-service"];
/// Of so many expected requests chance sends none once in 20 000 times.
const EXPECTED: u32 = 10;

/// How soon somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Now.
    Page,
    /// On the next day.
    Ticket,
}

/// A condition that somebody is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its name, which is also the heading in the runbook.
    pub name: String,
    /// How soon somebody has to look.
    pub severity: Severity,
    /// How long it must hold.
    pub hold: &'static str,
    /// The condition.
    pub expr: String,
    /// One line.
    pub summary: String,
    /// What it means.
    pub description: String,
    /// The name of the board to look at; the label `source` may choose between two.
    pub board: &'static str,
}

/// Alerts of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, which is also the file's.
    pub name: &'static str,
    /// For the head of the file.
    pub about: &'static str,
    /// The alerts.
    pub alerts: Vec<Alert>,
}

/// Which series are of the shop's own processes. A Prometheus of a whole cluster has the same metrics of many others.
#[must_use]
pub fn ours() -> String {
    format!("app=~\"{}\",{PROCESS}", APPS.join("|"))
}

/// All of them, of a shop in the usual namespace.
#[must_use]
pub fn groups() -> Vec<Group> {
    groups_in(NAMESPACE)
}

/// All of them, of a shop in this namespace.
#[must_use]
pub fn groups_in(namespace: &str) -> Vec<Group> {
    vec![
        Group {
            name: "slo",
            about: "Budgets that burn too fast, over a long and a short window at once.",
            alerts: budgets(),
        },
        Group {
            name: "canary",
            about: "The canary is worse than the stable release, or does not get what it should.",
            alerts: canary(),
        },
        Group { name: "mesh", about: "Retries, encryption and certificates.", alerts: mesh() },
        Group { name: "processes", about: "Processes and their databases.", alerts: processes(namespace) },
    ]
}

impl Severity {
    /// As the label says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

impl Alert {
    fn new(name: &str, severity: Severity, hold: &'static str, board: &'static str, expr: String) -> Self {
        let name = name.to_owned();
        Self { name, severity, hold, expr, summary: String::new(), description: String::new(), board }
    }

    fn tell(mut self, summary: &str, description: &str) -> Self {
        (self.summary, self.description) = (summary.to_owned(), description.to_owned());
        self
    }
}

fn budgets() -> Vec<Alert> {
    let speeds = [("Fast", FAST, Severity::Page, "2m"), ("Slow", SLOW, Severity::Ticket, "15m")];
    let objectives = [AVAILABILITY, LATENCY];
    objectives
        .iter()
        .flat_map(|objective| {
            speeds.map(|(speed, burns, severity, hold)| {
                Alert::new(
                    &format!("{}BudgetBurn{speed}", objective.name),
                    severity,
                    hold,
                    "slo",
                    burning(objective, burns),
                )
                .tell(
                    "{{ $labels.app }}: {{ $value | humanizePercentage }} of the requests break the promise",
                    &format!(
                        "Promised: {}. At this speed the budget of 30 days is used up in {}.",
                        objective.promise,
                        if speed == "Fast" { "two to five days" } else { "ten to thirty days" }
                    ),
                )
            })
        })
        .collect()
}

fn burning(objective: &Objective, burns: [Burn; 2]) -> String {
    let above = |burn: &Burn, window| {
        format!("{} > {} * {}", objective.series(window, "").text(), burn.factor, objective.budget())
    };
    let enough = |burn: &Burn| format!("{}{}{{}} >= {ENOUGH_BROKEN}", objective.count, burn.long);
    let each =
        |burn: &Burn| format!("({} and {} and {})", above(burn, burn.long), above(burn, burn.short), enough(burn));
    burns.each_ref().map(each).join(" or ")
}

fn canary() -> Vec<Alert> {
    let both = "on (source, namespace, app)";
    let configured = format!("{CONFIGURED}{{version=\"{CANARY}\"}}");
    let share = format!("{SHARE}{{version=\"{CANARY}\"}}");
    let total = format!("sum by (source, namespace, app) ({REQUESTS}{{}})");
    let expected = format!("{total} * on (namespace, app) group_left () {configured} / 100");
    vec![
        Alert::new("CanaryWorseThanStable", Severity::Page, "1m", CANARY_BOARD,
            format!("{DIFFERENCE}{{}} and {SURELY_WORSE}{{}} == 1"))
            .tell("{{ $labels.app }} v2's share of failures is {{ $value | humanizePercentage }} (percentage points) above v1's",
                  "Go back to the former share. Of two releases that fail alike, chance calls v2 worse once in 600 looks at worst where both get as many requests, and once in 60 where v2 gets few of them; where both fail 0.1 % or less, once in 10 000."),
        Alert::new("CanarySlowerThanStable", Severity::Ticket, "2m", CANARY_BOARD,
            format!("{SURELY_SLOWER}{{}} == 1"))
            .tell("{{ $labels.app }} v2 is slower than v1",
                  "The 95th percentile is higher by half and by more than 20 ms, which chance makes less than once in 1000 times. Do not promote."),
        Alert::new("CanaryNoTraffic", Severity::Ticket, "5m", CANARY_BOARD,
            format!("({configured} > 0 unless on (namespace, app) {share} > 0) and on (namespace, app) {expected} >= {EXPECTED}"))
            .tell("{{ $labels.app }} v2 should get {{ $value }} % of the requests and gets none",
                  &format!("Of the requests that there are, {EXPECTED} or more are meant for it. The route names no such release, or none of its pods is ready.")),
        Alert::new("CanaryShareDrift", Severity::Ticket, "5m", CANARY_BOARD,
            format!("abs({share} - on (namespace, app) group_left () {configured} / 100) > 0.05 and {both} {total} >= 1000"))
            .tell("{{ $labels.app }} v2: share differs from what is configured by {{ $value | humanizePercentage }} (percentage points)",
                  "Of 1000 requests, chance alone moves the share by less. A caller without a sidecar, or a second route, spreads differently."),
    ]
}

fn mesh() -> Vec<Alert> {
    vec![
        Alert::new("RetryStorm", Severity::Page, "5m", "mesh-{{ $labels.source }}",
            format!("{RETRIES}{{}} > 0.2 and {CALLS}{{}} >= {ENOUGH}"))
            .tell("{{ $labels.app }} gets {{ $value | humanizePercentage }} more attempts than there are calls",
                  "Retries hide failures and add load to what is failing. Find the failing pods; the retry budget is not the cure."),
        Alert::new("MeshPlaintext", Severity::Ticket, "5m", "mesh-{{ $labels.source }}",
            format!("{MTLS}{{}} < 1"))
            .tell("{{ $labels.app }}: only {{ $value | humanizePercentage }} of the requests arrive encrypted",
                  "A caller has no sidecar, or the policy allows plain text."),
        Alert::new("CertificateExpiresSoon", Severity::Page, "10m", "mesh-{{ $labels.source }}",
            format!("{CERTIFICATE}{{}} < 10800"))
            .tell("The certificate of {{ $labels.pod }} ends in {{ $value | humanizeDuration }}",
                  "Sidecars renew theirs many hours before. This one could not; without it no call succeeds."),
    ]
}

fn processes(namespace: &str) -> Vec<Alert> {
    let ours = ours();
    // What is absent has the labels of the question and no others: without a namespace in it no board would show the alert.
    let missing =
        |app| format!("absent(process_start_time_seconds{{namespace=\"{namespace}\",app=\"{app}\",{PROCESS}}})");
    let missing = APPS.map(missing).join(" or ");
    vec![
        Alert::new("TargetDown", Severity::Page, "1m", "overview", format!("up{{{ours}}} == 0"))
            .tell("{{ $labels.app }} at {{ $labels.instance }} does not answer", "Its admin port gives no metrics."),
        Alert::new("MetricsAbsent", Severity::Page, "5m", "overview", missing).tell(
            "Nobody has metrics of {{ $labels.app }} in {{ $labels.namespace }}",
            "No process of this name is scraped: none runs, or the discovery does not find it.",
        ),
        Alert::new(
            "CrashLooping",
            Severity::Page,
            "0m",
            "runtime",
            format!("changes(process_start_time_seconds{{{ours}}}[10m]) > 2"),
        )
        .tell(
            "{{ $labels.app }} at {{ $labels.instance }} started {{ $value }} times in ten minutes",
            "See why in its last log lines.",
        ),
        Alert::new(
            "DatabasePoolExhausted",
            Severity::Page,
            "2m",
            "runtime",
            // One look finds a pool in full use now and then, and a pool that grows when it must has no idle connection.
            "avg_over_time(db_pool_connections{state=\"used\"}[5m]) > ignoring (state) 0.9 * db_pool_max_connections{}".to_owned(),
        )
        .tell(
            "{{ $labels.app }} at {{ $labels.instance }} has hardly a free connection to its database",
            "Over five minutes {{ $value | humanize }} connections were in use, more than nine of ten; requests wait and then get 503.",
        ),
    ]
}
