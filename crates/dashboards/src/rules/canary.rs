//! Is the canary as good as the stable release? Counts and shares of each source, then what follows from them.
//!
//! The derived rules see all sources at once: a source that measures nothing has no series and no verdict.

use super::{Group, Rule};
use crate::profile::{ALL, CANARY, Profile, STABLE};
use crate::promql::Series;
use crate::slo::{AVAILABILITY, Burn, FAST};

/// Requests of the last five minutes, by version.
pub const REQUESTS: &str = "canary:requests:increase5m";
/// Those of them that failed.
pub const FAILURES: &str = "canary:failures:increase5m";
/// The 95th percentile of the latency, by version.
pub const P95: &str = "canary:latency_p95_seconds:rate5m";
/// The mean latency, by version: as exact as the clock, where a percentile is as exact as the buckets.
pub const MEAN: &str = "canary:latency_mean_seconds:rate5m";
/// Requests of the last five minutes that took no longer than `le`, by version.
const WITHIN: &str = "canary:requests_within:increase5m";
/// The share of a version of the requests, as callers spread them.
pub const SHARE: &str = "canary:share:rate5m";
/// The canary's share of failures minus the stable release's.
pub const DIFFERENCE: &str = "canary:error_difference:ratio5m";
const UNCERTAINTY: &str = "canary:error_uncertainty:ratio5m";
/// The difference in multiples of what chance alone would make of it.
pub const SIGNIFICANCE: &str = "canary:error_significance:z5m";
/// 1 where the canary seems to be clearly slower, else 0.
pub const SLOWER: &str = "canary:slower:bool5m";
/// How many more requests of the canary exceed a bound of the histogram, in multiples of what chance alone would make of it, at
/// the bound where that is most.
pub const SLOWER_SIGNIFICANCE: &str = "canary:slower_significance:z5m";
/// 1 where the canary fails more often, and neither chance nor too few requests can explain that, else 0.
pub const SURELY_WORSE: &str = "canary:surely_worse:bool5m";
/// 1 where it is slower, and neither chance nor too few requests can explain that, else 0.
pub const SURELY_SLOWER: &str = "canary:surely_slower:bool5m";
/// 1 promote, 0 wait, -1 roll back.
pub const VERDICT: &str = "canary:verdict:state5m";

/// Below so many requests to the canary nothing is said against it.
pub const ENOUGH: u32 = 100;
/// Below so many failures nothing is said against it either: of few failures chance does not follow the curve that is taken for
/// it. Two in 100 requests are 3 deviations, and of two releases that fail 0.1 % chance makes them once in 277 looks.
pub const ENOUGH_FAILURES: u32 = 5;
/// Below so many nothing is said for it: no failure in 300 requests means less than 1 % with a confidence of 95 %.
pub const ENOUGH_TO_PROMOTE: u32 = 300;
/// The canary may fail so much more often before it is not promoted.
pub const TOLERATED: f64 = 0.01;
/// A canary whose failures burn the budget faster than this is not promoted, however bad the stable release is beside it: somebody
/// is woken at this speed.
const HEALTHY: Burn = FAST[0];
/// So many deviations chance seldom makes: see `tests/dashboards/chance.rs`.
pub const WORSE: u32 = 3;
/// Slower by half, and by more than 20 ms: both, so that 2 ms for 1 ms is no reason.
pub const SLOWER_BY: (f64, f64) = (1.5, 0.02);
/// So unlikely is it by chance that the canary is slower. More than `WORSE`, since the largest of up to 30 bounds is taken: one
/// of them reaches 4 less than once in 1000 times.
pub const SLOWER_SURELY: u32 = 4;
/// Below so many requests of the canary over a bound, chance does not follow the curve that is taken for it.
const OVER_A_BOUND: u32 = 5;
/// What both releases have in common.
const BOTH: &str = "on (source, namespace, app)";

/// The share of failures with which a canary is still promoted.
#[must_use]
pub fn healthy() -> f64 {
    HEALTHY.factor * (1.0 - AVAILABILITY.target)
}

pub fn group() -> Group {
    let measured = ALL.into_iter().flat_map(measured);
    Group {
        name: "canary",
        about: "Canary and stable release side by side, by source, and the verdict: 1 promote, 0 wait, -1 roll back.",
        rules: measured.chain(derived()).collect(),
    }
}

fn measured(profile: &Profile) -> [Rule; 6] {
    let requests = &profile.requests;
    let count = |series: Series| requests.renamed(&series.increase("5m"), &[]);
    let (all, failed) = (count(requests.series()), count(requests.series().with(profile.failed)));
    let buckets = requests.renamed(&profile.durations().rate("5m"), &["le"]);
    let within = requests.renamed(&profile.durations().increase("5m"), &["le"]);
    let scale = if profile.per_second == 1 { String::new() } else { format!(" / {}", profile.per_second) };
    let spread = profile.spread.renamed(&profile.spread.series().rate("5m"), &[]);
    [
        Rule::of(REQUESTS, profile.name, format!("{all} > 0")),
        Rule::of(FAILURES, profile.name, format!("({failed} or 0 * {all}) and {all} > 0")),
        Rule::of(P95, profile.name, format!("(histogram_quantile(0.95, {buckets}) >= 0){scale}")),
        Rule::of(MEAN, profile.name, format!("{}{scale}", profile.mean("5m"))),
        Rule::of(WITHIN, profile.name, within),
        Rule::of(
            SHARE,
            profile.name,
            format!("{spread} / on (namespace, app) group_left () (sum by (namespace, app) ({spread}) > 0)"),
        ),
    ]
}

/// From both versions to what they say together. Each is by source, namespace and app.
fn derived() -> [Rule; 8] {
    let of = |record: &str, version: &str| format!("sum without (version) ({record}{{version=\"{version}\"}})");
    let [requests, stable_requests] = [CANARY, STABLE].map(|version| of(REQUESTS, version));
    let [failures, stable_failures] = [CANARY, STABLE].map(|version| of(FAILURES, version));
    let [p95, stable_p95] = [CANARY, STABLE].map(|version| of(P95, version));
    let pooled = format!("(({failures} + {stable_failures}) / ({requests} + {stable_requests}))");
    let (factor, seconds) = SLOWER_BY;
    let [difference, uncertainty, significance, slower] =
        [DIFFERENCE, UNCERTAINTY, SIGNIFICANCE, SLOWER].map(|record| format!("{record}{{}}"));
    let enough = |count: u32| format!("({requests} >= bool {count})");
    let not_slower = format!("(({slower} or 0 * {difference}) == bool 0)");
    let good = format!(
        "({significance} < bool {WORSE}) * ({difference} + 2 * {uncertainty} <= bool {TOLERATED}) \
         * ({failures} / {requests} <= bool {} * {}) * {not_slower} * {}",
        HEALTHY.factor,
        AVAILABILITY.budget(),
        enough(ENOUGH_TO_PROMOTE)
    );
    let worse = format!(
        "({significance} > bool {WORSE}) * ({difference} > bool {TOLERATED}) * ({failures} >= bool {ENOUGH_FAILURES}) * {}",
        enough(ENOUGH)
    );
    let surely_slower = format!(
        "({slower} * ({SLOWER_SIGNIFICANCE}{{}} > bool {SLOWER_SURELY}) or 0 * {difference}) * {}",
        enough(ENOUGH)
    );
    let bad = format!("clamp_max({SURELY_WORSE}{{}} + {SURELY_SLOWER}{{}}, 1)");
    [
        Rule::new(DIFFERENCE, format!("{failures} / {requests} - {stable_failures} / {stable_requests}")),
        Rule::new(UNCERTAINTY, format!("sqrt({pooled} * (1 - {pooled}) * (1 / {requests} + 1 / {stable_requests}))")),
        // Without any failure, or with nothing else, there is no uncertainty and no difference: 0 of 1, not 0 of 0.
        Rule::new(SIGNIFICANCE, format!("{difference} / (({uncertainty} > 0) or 0 * {difference} + 1)")),
        Rule::new(SLOWER, format!("({p95} > bool {factor} * {stable_p95}) * ({p95} - {stable_p95} > bool {seconds})")),
        Rule::new(SLOWER_SIGNIFICANCE, format!("{} or 0 * ({p95} - {stable_p95})", slower_significance())),
        Rule::new(SURELY_WORSE, worse),
        Rule::new(SURELY_SLOWER, surely_slower),
        Rule::new(VERDICT, format!("{good} - {bad}")),
    ]
}

/// Two proportions are compared, as with failures: of either release, the requests that exceed a bound. A bound that all or none
/// exceed compares nothing.
fn slower_significance() -> String {
    let within = |version: &str| format!("sum without (version) ({WITHIN}{{version=\"{version}\"}})");
    let all =
        |version: &str| format!("(sum without (version, le) ({WITHIN}{{version=\"{version}\",le=\"+Inf\"}}) > 0)");
    let share = |version: &str| format!("{} / {BOTH} group_left () {}", within(version), all(version));
    let [canary, stable] = [CANARY, STABLE].map(all);
    let pooled = format!("(({} + {}) / {BOTH} group_left () ({canary} + {stable}))", within(CANARY), within(STABLE));
    let chance = format!("(sqrt({pooled} * (1 - {pooled}) * {BOTH} group_left () (1 / {canary} + 1 / {stable})) > 0)");
    let over = format!("{canary} - {BOTH} group_right () {}", within(CANARY));
    format!("max without (le) (({} - {}) / {chance} and {over} >= {OVER_A_BOUND})", share(STABLE), share(CANARY))
}
