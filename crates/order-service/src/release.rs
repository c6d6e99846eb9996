//! What the two releases of this service do differently. Both run at once, on one database.
//!
//! One program holds both, and the process's version chooses: that keeps the difference in one place for whoever
//! wants to see what a canary shows.

use contracts::time;

/// Days between an order and its estimated arrival.
const DELIVERY_DAYS: i64 = 3;

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Knows nothing of delivery estimates.
    V1,
    /// Estimates when an order arrives.
    V2,
}

impl Release {
    /// The release of a version in [`crate::WORKLOAD`]; the first one if it is none, which configuration rules out.
    pub fn named(version: &str) -> Self {
        if version == Self::V2.as_str() { Self::V2 } else { Self::V1 }
    }

    /// The version in bodies, headers and labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// What this release writes beside a new order.
    pub(crate) fn estimate(self, created_at: i64) -> Option<String> {
        (self == Self::V2).then(|| time::date_after(created_at, DELIVERY_DAYS))
    }

    /// What this release shows, given what was written; v1 wrote nothing.
    pub(crate) fn shown_estimate(self, written: Option<String>, created_at: i64) -> Option<String> {
        match self {
            Self::V1 => None,
            Self::V2 => written.or_else(|| self.estimate(created_at)),
        }
    }
}
