//! What is promised, and how fast a budget may burn before somebody is told.

use crate::promql::{Series, ratio, sum};

/// A promise.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// In names of alerts.
    pub name: &'static str,
    /// The recorded share of requests that break it; the window follows.
    pub record: &'static str,
    /// The recorded number of requests that break it; the window follows.
    pub count: &'static str,
    /// The share of requests that keep it.
    pub target: f64,
    /// For people.
    pub promise: &'static str,
    /// What breaks it, for people.
    pub breaches: &'static str,
}

/// Requests are answered, not with a 5xx. Who hung up (499) is not counted against it: callers leave for reasons of their own,
/// and a caller within the shop that gave up answers a 5xx itself. How long they had waited counts in [`LATENCY`].
pub const AVAILABILITY: Objective = Objective {
    name: "Error",
    record: "app:error_ratio:rate",
    count: "app:errors:increase",
    target: 0.999,
    promise: "99.9 % of the requests get an answer that is no 5xx",
    breaches: "failures",
};

/// Requests are answered soon: the bound is one of the histogram's, so the count is exact.
pub const LATENCY: Objective = Objective {
    name: "Latency",
    record: "app:slow_ratio:rate",
    count: "app:slow:increase",
    target: 0.99,
    promise: "99 % of the requests are answered within 250 ms",
    breaches: "slow requests",
};

/// The windows that are recorded.
pub const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// Nobody is told of fewer broken promises than this, however few requests there are: one failure at night is a large share.
/// A minimum of requests would be silent of a service that answers ten requests an hour, all of them with 500.
pub const ENOUGH_BROKEN: u32 = 10;

/// How fast, over a long window, and still so over a short one.
#[derive(Clone, Copy, Debug)]
pub struct Burn {
    /// Multiple of the speed that uses up the budget exactly.
    pub factor: f64,
    /// It has burnt as fast for so long.
    pub long: &'static str,
    /// And still does.
    pub short: &'static str,
}

/// Somebody is woken.
pub const FAST: [Burn; 2] =
    [Burn { factor: 14.4, long: "1h", short: "5m" }, Burn { factor: 6.0, long: "6h", short: "30m" }];
/// Somebody looks on the next day.
pub const SLOW: [Burn; 2] =
    [Burn { factor: 3.0, long: "1d", short: "2h" }, Burn { factor: 1.0, long: "3d", short: "6h" }];

/// The bucket of the answers that come in time.
const SOON: &str = r#"le="0.25""#;

impl Objective {
    /// The share of requests that may break it.
    #[must_use]
    pub fn budget(&self) -> String {
        // 1 - 0.999 is not 0.001 in binary; the decimal text is what people compare with.
        let digits = format!("{:.6}", 1.0 - self.target);
        digits.trim_end_matches('0').to_owned()
    }

    /// The recorded share over a window.
    #[must_use]
    pub fn series(&self, window: &str, matchers: &str) -> Series {
        Series::new(&format!("{}{window}", self.record), matchers)
    }

    /// The number of requests that break it, by namespace and app.
    #[must_use]
    pub fn broken(&self, window: &str) -> String {
        let count = |series: Series| sum(&["namespace", "app"], &series.increase(window));
        if self.record == AVAILABILITY.record {
            return count(Series::new("axum_http_requests_total", r#"status=~"5..""#));
        }
        let requests = Series::new("axum_http_requests_duration_seconds_count", "");
        format!("{} - {}", count(requests), count(Series::new("axum_http_requests_duration_seconds_bucket", SOON)))
    }

    /// The share of requests that break it, by namespace and app.
    #[must_use]
    pub fn expression(&self, window: &str) -> String {
        let rate = |series: Series| sum(&["namespace", "app"], &series.rate(window));
        let count = Series::new("axum_http_requests_duration_seconds_count", "");
        if self.record == AVAILABILITY.record {
            let requests = Series::new("axum_http_requests_total", "");
            return ratio(&rate(requests.with(r#"status=~"5..""#)), &rate(requests));
        }
        let soon = Series::new("axum_http_requests_duration_seconds_bucket", SOON);
        format!("1 - {} / ({} > 0)", rate(soon), rate(count))
    }
}
