//! Who measures: the app itself, Istio's sidecar or Linkerd's. Each calls a request by another name; the canary board and the
//! rules ask all of them the same questions.

mod app;
mod istio;
mod linkerd;

use crate::promql::{Series, quantile, rate_ratio, relabel, sum};

/// The release that everybody has.
pub const STABLE: &str = "v1";
/// The release that is tried.
pub const CANARY: &str = "v2";
/// A version has one colour on every board.
pub const COLOURS: [(&str, &str); 2] = [(STABLE, "blue"), (CANARY, "orange")];
/// A service has one colour too, and none of a version's: a service in blue would be taken for v1.
pub const SERVICE_COLOURS: [(&str, &str); 3] =
    [("api-gateway", "purple"), ("order-service", "green"), ("user-service", "#2F9E99")];
/// The only buckets with exemplars: what the processes measured of the requests that they answered. No sidecar writes any.
pub const EXEMPLARS: &str = app::PROFILE.buckets;

/// What a process says of itself, and not what the proxy beside it does: Linkerd's has the same pod's labels and
/// `process_start_time_seconds` too. Its job is `linkerd-proxy`, behind a namespace where the operator names it.
pub const PROCESS: &str = r#"job!~"(.+/)?linkerd-proxy""#;

/// The sources of measurements, the app's own first.
pub static ALL: [&Profile; 3] = [&app::PROFILE, &istio::PROFILE, &linkerd::PROFILE];

/// Names of one source.
#[derive(Debug)]
pub struct Profile {
    /// In rules, the value of the label `source`; in boards, the end of the name.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What is to be known about its figures.
    pub about: &'static str,
    /// Requests that arrived.
    pub requests: Counted,
    /// A matcher for those of them that failed: whose caller got no answer, or a bad one.
    pub failed: &'static str,
    /// The same for people: a failure is this.
    pub failure: &'static str,
    /// Buckets of their duration.
    pub buckets: &'static str,
    /// How many units of the buckets are a second.
    pub per_second: u32,
    /// Requests as their callers spread them over the releases.
    pub spread: Counted,
    /// Attempts that reached the app.
    pub attempts: Counted,
    /// Calls for which they were made.
    pub calls: Counted,
}

/// A counter, and which of its labels say what was called.
#[derive(Debug)]
pub struct Counted {
    /// The counter.
    pub metric: &'static str,
    /// Which of its series.
    pub matchers: &'static str,
    /// The label that is the namespace.
    pub namespace: &'static str,
    /// The label that is the app.
    pub app: &'static str,
    /// The label that is the version, or ends with it.
    pub version: &'static str,
}

impl Counted {
    /// All series, of every app.
    #[must_use]
    pub fn series(&self) -> Series {
        Series::new(self.metric, self.matchers)
    }

    /// Those of the app that was chosen on the board.
    #[must_use]
    pub fn chosen(&self) -> Series {
        self.series().with(&format!(r#"{}="$namespace",{}="$app""#, self.namespace, self.app))
    }

    /// `what`, an expression over these series, added up under the labels that rules use, whatever the source calls them.
    #[must_use]
    pub fn renamed(&self, what: &str, more: &[&str]) -> String {
        let own = [more, &[self.namespace, self.app], self.version()].concat();
        let names = [("namespace", self.namespace), ("app", self.app), ("version", self.version)];
        let mut text = sum(&own, what);
        let mut by = [more, &["namespace", "app"]].concat();
        for (to, from) in names.into_iter().filter(|(_, from)| !from.is_empty()) {
            let pattern = if to == "version" { VERSION_AT_END } else { "(.+)" };
            if to != from {
                text = relabel(&text, to, from, pattern);
            }
        }
        if !self.version.is_empty() {
            by.push("version");
        }
        if text.starts_with("sum") { text } else { sum(&by, &text) }
    }

    fn version(&self) -> &[&'static str] {
        if self.version.is_empty() { &[] } else { std::slice::from_ref(&self.version) }
    }

    /// A legend with the version, however this source labels it, and more.
    #[must_use]
    pub fn legend(&self, more: &str) -> String {
        format!("{{{{{}}}}}{more}", self.version)
    }
}

/// `v2` of `v2` and of `order-service-v2`.
pub(crate) const VERSION_AT_END: &str = "(?:.*-)?(v[0-9]+)";

impl Profile {
    /// Buckets of the duration, of every app.
    #[must_use]
    pub fn durations(&self) -> Series {
        Series::new(self.buckets, self.requests.matchers)
    }

    /// The mean duration in the units of the source, by version, of every app.
    #[must_use]
    pub fn mean(&self, window: &str) -> String {
        let histogram = self.buckets.trim_end_matches("bucket");
        let rate = |part: &str| {
            let series = Series::new(&format!("{histogram}{part}"), self.requests.matchers);
            self.requests.renamed(&series.rate(window), &[])
        };
        format!("{} / ({} > 0)", rate("sum"), rate("count"))
    }

    /// The share of failed requests by version, on the board.
    #[must_use]
    pub fn failure_share(&self, window: &str) -> String {
        let requests = self.requests.chosen();
        rate_ratio(&[self.requests.version], &requests.with(self.failed), &requests, window)
    }

    /// Seconds that a share `q` of the requests do not exceed, by version, on the board.
    #[must_use]
    pub fn latency(&self, q: f64, window: &str) -> String {
        let chosen = format!(r#"{}="$namespace",{}="$app""#, self.requests.namespace, self.requests.app);
        let seconds = quantile(q, &[self.requests.version], &self.durations().with(&chosen), window);
        if self.per_second == 1 { seconds } else { format!("({seconds}) / {}", self.per_second) }
    }

    /// The share of each version of the requests, as callers spread them, on the board.
    #[must_use]
    pub fn share(&self, window: &str) -> String {
        let chosen = self.spread.chosen().rate(window);
        format!("{} / on () group_left () ({} > 0)", sum(&[self.spread.version], &chosen), sum(&[], &chosen))
    }

    /// Attempts beyond the first for each call, on the board. Both sides are scraped at different moments, which must not look
    /// like less than none, nor like many when calls stop: below one in ten seconds there is nothing to compare.
    #[must_use]
    pub fn retries(&self, window: &str) -> String {
        let rate = |counted: &Counted| sum(&[], &counted.chosen().rate(window));
        format!("clamp_min({} / ({} > 0.1) - 1, 0)", rate(&self.attempts), rate(&self.calls))
    }
}
