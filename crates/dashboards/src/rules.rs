//! Recorded series: what boards and alerts share, and what would be too long to write, or to compute, in each panel.

mod canary;
mod mesh;
mod weights;

use crate::slo::{AVAILABILITY, FAST, LATENCY, SLOW, WINDOWS};

pub use canary::{
    DIFFERENCE, ENOUGH, ENOUGH_FAILURES, ENOUGH_TO_PROMOTE, FAILURES, MEAN, P95, REQUESTS, SHARE, SIGNIFICANCE, SLOWER,
    SLOWER_BY, SLOWER_SIGNIFICANCE, SLOWER_SURELY, SURELY_SLOWER, SURELY_WORSE, TOLERATED, VERDICT, WORSE, healthy,
};
pub use mesh::{CALLS, CERTIFICATE, MTLS, RETRIES};
pub use weights::CONFIGURED;

/// A recorded series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: what it is about, what it is, how it was reckoned.
    pub record: String,
    /// How.
    pub expr: String,
    /// Labels beside those of the expression.
    pub labels: Vec<(&'static str, String)>,
}

/// Rules that are reckoned one after the other, in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, which is also the file's.
    pub name: &'static str,
    /// What they are for, for the head of the file.
    pub about: &'static str,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// All of them.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![slo(), weights::group(), canary::group(), mesh::group()]
}

impl Rule {
    /// A rule without labels of its own.
    #[must_use]
    pub fn new(record: &str, expr: String) -> Self {
        Self { record: record.to_owned(), expr, labels: Vec::new() }
    }

    fn of(record: &str, source: &str, expr: String) -> Self {
        Self { labels: vec![("source", source.to_owned())], ..Self::new(record, expr) }
    }
}

fn slo() -> Group {
    let objectives = [AVAILABILITY, LATENCY];
    let shares = objectives.iter().flat_map(|objective| {
        WINDOWS.iter().map(|window| Rule::new(&format!("{}{window}", objective.record), objective.expression(window)))
    });
    let counts = objectives.iter().flat_map(|objective| {
        let long = [FAST, SLOW].into_iter().flatten().map(|burn| burn.long);
        long.map(|window| Rule::new(&format!("{}{window}", objective.count), objective.broken(window)))
    });
    Group {
        name: "slo",
        about: "The share of requests that failed, and that took longer than 250 ms, over the windows of the burn-rate alerts, and their number.",
        rules: shares.chain(counts).collect(),
    }
}
