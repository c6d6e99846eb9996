//! How long answers took: a histogram, so that the quantiles of several runs can be put together.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// Buckets for each power of two: a quantile is at most 1/64 too high.
const BITS: u32 = 6;

/// The times of any number of answers. As JSON: `count`, `p50_ms`, `p90_ms`, `p99_ms`, `max_ms`, and `buckets`, from which the
/// quantiles are worked out again after reading.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Latency {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    max_us: u64,
}

#[derive(Deserialize, Serialize)]
struct Wire {
    count: u64,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    buckets: BTreeMap<u32, u64>,
}

impl Latency {
    /// Adds one answer.
    pub fn record(&mut self, elapsed: Duration) {
        let us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        *self.buckets.entry(bucket(us)).or_default() += 1;
        self.count += 1;
        self.max_us = self.max_us.max(us);
    }

    /// Adds the answers of another run.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// How many answers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The time in milliseconds within which this share of the answers came, at most 1/64 too high. `0.5` is the median.
    /// 0 without any answer.
    #[must_use]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let rank = (share * self.count as f64).ceil() as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        bucket.map_or(0.0, |(bucket, _)| milliseconds(upper_end(*bucket).min(self.max_us)))
    }

    /// The longest time in milliseconds, exact.
    #[must_use]
    pub fn max_ms(&self) -> f64 {
        milliseconds(self.max_us)
    }
}

impl From<Wire> for Latency {
    fn from(wire: Wire) -> Self {
        Self { buckets: wire.buckets, count: wire.count, max_us: (wire.max_ms * 1000.0).round() as u64 }
    }
}

impl From<Latency> for Wire {
    fn from(latency: Latency) -> Self {
        Self {
            count: latency.count,
            p50_ms: latency.quantile_ms(0.5),
            p90_ms: latency.quantile_ms(0.9),
            p99_ms: latency.quantile_ms(0.99),
            max_ms: latency.max_ms(),
            buckets: latency.buckets,
        }
    }
}

/// Below 128 µs each microsecond has its bucket; from there on each power of two has 64 of them.
fn bucket(us: u64) -> u32 {
    let shift = (63 - BITS).saturating_sub(us.leading_zeros());
    (shift << BITS) + u32::try_from(us >> shift).expect("seven bits are left")
}

fn upper_end(bucket: u32) -> u64 {
    let shift = (bucket >> BITS).saturating_sub(1);
    let first = u64::from(bucket - (shift << BITS)) << shift;
    first + ((1 << shift) - 1)
}

fn milliseconds(us: u64) -> f64 {
    us as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times_us: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::default();
        times_us.into_iter().for_each(|us| latency.record(Duration::from_micros(us)));
        latency
    }

    #[test]
    fn a_bucket_holds_what_lies_between_the_end_of_the_one_below_and_its_own() {
        for us in (0..5_000).chain((0..57).map(|power| 129 << power)).chain([u64::MAX]) {
            let bucket = bucket(us);
            assert!(us <= upper_end(bucket), "{us}");
            assert!(bucket == 0 || us > upper_end(bucket - 1), "{us}");
            assert!((upper_end(bucket) - us) as f64 <= us as f64 / 64.0, "{us}");
        }
    }

    #[test]
    fn quantiles_are_at_most_a_64th_too_high() {
        let latency = of((1..=10_000).map(|n| n * 100));
        for (share, ms) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = latency.quantile_ms(share);
            assert!(found >= ms && found <= ms * (1.0 + 1.0 / 64.0), "{share}: {found}");
        }
        assert_eq!(latency.max_ms(), 1000.0);
        assert_eq!(Latency::default().quantile_ms(0.99), 0.0);
    }

    #[test]
    fn merging_equals_recording_together() {
        let mut merged = of([5, 70, 1_000_000]);
        merged.merge(&of([6, 90_000]));
        assert_eq!(merged, of([5, 70, 1_000_000, 6, 90_000]));
    }

    #[test]
    fn it_is_the_same_after_json() {
        let latency = of([5, 70, 1_234_567]);
        let json = serde_json::to_string(&latency).expect("it is JSON");
        assert!(json.contains(r#""p50_ms":0.07,"#), "{json}");
        assert_eq!(serde_json::from_str::<Latency>(&json).expect("it is read"), latency);
    }
}
