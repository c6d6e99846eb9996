//! Counts the calls to one upstream. A series is looked up once and kept, because the look-up costs more than the count.

use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};

use crate::metrics::{UPSTREAM_DURATION, UPSTREAM_REQUESTS};

/// The series of one upstream.
#[derive(Debug)]
pub(super) struct Calls {
    target: &'static str,
    duration: OnceLock<Histogram>,
    by_status: RwLock<Vec<(String, Counter)>>,
}

impl Calls {
    pub(super) fn to(target: &'static str) -> Self {
        Self { target, duration: OnceLock::new(), by_status: RwLock::default() }
    }

    /// A call that ended with this status, or with the reason why there is none.
    pub(super) fn count(&self, status: &str, took: Duration) {
        let duration = self.duration.get_or_init(|| histogram!(UPSTREAM_DURATION, "target" => self.target));
        duration.record(took.as_secs_f64());
        let known = |series: &[(String, Counter)]| {
            series.iter().find(|(known, _)| known == status).map(|(_, total)| total.increment(1))
        };
        if known(&self.by_status.read().unwrap_or_else(PoisonError::into_inner)).is_some() {
            return;
        }
        let total = counter!(UPSTREAM_REQUESTS, "target" => self.target, "status" => status.to_owned());
        total.increment(1);
        // Twice the same series after a race is harmless: both count into one.
        self.by_status.write().unwrap_or_else(PoisonError::into_inner).push((status.to_owned(), total));
    }
}
