//! Which request stands for a bucket of a histogram: the last one that is recorded, because its trace can be looked at.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

use super::BUCKETS;

/// On an answer: the trace in which its request is recorded by this process. An id that leads to no spans would be no
/// example of anything.
#[derive(Clone, Copy, Debug)]
pub struct Recorded(pub TraceId);

/// A request that stands for its bucket; shown as OpenMetrics has it.
#[derive(Clone, Copy, Debug)]
pub struct Exemplar {
    trace: TraceId,
    took: Duration,
    at: SystemTime,
}

/// The exemplars of one histogram: a place for each bucket, and one for what is above all bounds.
#[derive(Debug, Default)]
pub struct Exemplars(Mutex<[Option<Exemplar>; BUCKETS.len() + 1]>);

impl Exemplars {
    /// The request that was just answered stands for its bucket from now on.
    pub fn keep(&self, Recorded(trace): Recorded, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BUCKETS.partition_point(|bound| *bound < seconds);
        let exemplar = Exemplar { trace, took, at: SystemTime::now() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[bucket] = Some(exemplar);
    }

    /// The exemplar of the bucket with this label `le`.
    pub fn of(&self, le: &str) -> Option<Exemplar> {
        let bound: f64 = le.parse().ok()?;
        let bucket = BUCKETS.iter().position(|known| *known == bound);
        let bucket = bucket.or_else(|| bound.is_infinite().then_some(BUCKETS.len()))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[bucket]
    }
}

impl fmt::Display for Exemplar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (trace, took) = (self.trace, self.took.as_secs_f64());
        write!(f, "# {{trace_id=\"{trace}\"}} {took} {}.{:03}", at.as_secs(), at.subsec_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_recorded_request_stands_for_its_bucket_alone() {
        let exemplars = Exemplars::default();
        let keep = |trace: u128, millis| exemplars.keep(Recorded(TraceId::from(trace)), Duration::from_millis(millis));
        keep(1, 30);
        keep(2, 50);
        keep(3, 9000);
        let shown = |le| exemplars.of(le).map(|exemplar| exemplar.to_string()).unwrap_or_default();
        assert!(shown("0.05").starts_with("# {trace_id=\"00000000000000000000000000000002\"} 0.05 "));
        assert!(shown("+Inf").starts_with("# {trace_id=\"00000000000000000000000000000003\"} 9 "));
        for empty in ["0.025", "0.1", "2.5", "0.07", "much"] {
            assert_eq!(shown(empty), "", "{empty}");
        }
    }
}
