//! What came of a load, in numbers that can be added up over several callers.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    answer::Answer,
    failure::{Cause, Failure},
    latency::Latency,
};

/// What an answer without `x-served-by` is counted under: nobody but a proxy has seen it.
pub const NONE: &str = "none";

/// How many samples of each status and cause are kept, so that a common one does not crowd out a rare one.
const SAMPLES_EACH: usize = 3;

/// How many samples are kept in all.
const SAMPLES: usize = 12;

/// How many bytes of a body are kept.
const SAMPLE_BYTES: usize = 300;

/// The counts of a load. `sent` is always `answered` plus all that `failed`, once it has ended.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Outcome {
    /// Requests that were due, each exactly once.
    pub sent: u64,
    /// Whole answers, whatever their status.
    pub answered: u64,
    /// Requests without a whole answer.
    pub failed: BTreeMap<Cause, u64>,
    /// Answers with another status than expected.
    pub unexpected: u64,
    /// Kept connections that the server had closed before they were used again.
    pub reconnects: u64,
    /// Answers by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answers by each service and version that they passed (`order-service/v2`), or `none`.
    pub by_hop: BTreeMap<String, u64>,
    /// Answers by each process that they passed (`order-service/v2/pod-a`), or `none`.
    pub by_pod: BTreeMap<String, u64>,
    /// The times of all answers, from when the request was due to the last byte.
    pub latency: Latency,
    /// The same by service and version, and by status.
    pub latency_by_hop: BTreeMap<String, BTreeMap<u16, Latency>>,
    /// The first few requests that failed or got an unexpected answer, of each status and cause.
    pub samples: Vec<Sample>,
    /// From the first request to the last answer.
    pub duration_seconds: f64,
}

/// A request that did not go as expected.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Sample {
    /// The number of the request.
    pub n: u64,
    /// When it ended, counted from the start of the load.
    pub at_seconds: f64,
    /// The status, or the cause of the failure.
    pub what: String,
    /// The body, cut at 300 bytes, or the detail of the failure.
    pub text: String,
}

impl Outcome {
    /// How many requests got no whole answer.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Whether every request got an answer with an expected status.
    #[must_use]
    pub fn is_flawless(&self) -> bool {
        self.failed.is_empty() && self.unexpected == 0
    }

    /// The share, 0 to 1, that this version has of the answers that passed its service. `None` when none did.
    #[must_use]
    pub fn share(&self, workload: &str) -> Option<f64> {
        let all: u64 = self.by_hop.iter().filter(|(hop, _)| service(hop) == service(workload)).map(|(_, n)| n).sum();
        (all > 0).then(|| self.by_hop.get(workload).copied().unwrap_or(0) as f64 / all as f64)
    }

    /// Adds what another caller counted at the same time: the longer duration is the duration of both.
    pub fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.unexpected += other.unexpected;
        self.reconnects += other.reconnects;
        add(&mut self.failed, &other.failed);
        add(&mut self.by_status, &other.by_status);
        add(&mut self.by_hop, &other.by_hop);
        add(&mut self.by_pod, &other.by_pod);
        self.latency.merge(&other.latency);
        for (hop, by_status) in &other.latency_by_hop {
            let own = self.latency_by_hop.entry(hop.clone()).or_default();
            by_status.iter().for_each(|(status, latency)| own.entry(*status).or_default().merge(latency));
        }
        other.samples.iter().for_each(|sample| self.sample(sample.clone()));
        self.duration_seconds = self.duration_seconds.max(other.duration_seconds);
    }

    /// Counts what came of a request. The duration says how far the load is.
    pub(crate) fn record(&mut self, n: u64, result: &Result<Answer, Failure>, elapsed: Duration, expected: bool) {
        match result {
            Ok(answer) => self.answer(n, answer, elapsed, expected),
            Err(failure) => {
                *self.failed.entry(failure.cause).or_default() += 1;
                let (what, text) = (failure.cause.to_string(), failure.detail.clone());
                self.sample(Sample { n, at_seconds: self.duration_seconds, what, text });
            }
        }
    }

    fn answer(&mut self, n: u64, answer: &Answer, elapsed: Duration, expected: bool) {
        let status = answer.status.as_u16();
        self.answered += 1;
        *self.by_status.entry(status).or_default() += 1;
        self.latency.record(elapsed);
        for hop in answer.served_by() {
            self.hop(hop.workload(), hop.pod(), status, elapsed);
        }
        if answer.served_by().next().is_none() {
            self.hop(NONE, NONE, status, elapsed);
        }
        if !expected {
            self.unexpected += 1;
            let (what, text) = (status.to_string(), cut(&answer.text()));
            self.sample(Sample { n, at_seconds: self.duration_seconds, what, text });
        }
    }

    fn hop(&mut self, workload: &str, pod: &str, status: u16, elapsed: Duration) {
        *self.by_hop.entry(workload.to_owned()).or_default() += 1;
        *self.by_pod.entry(pod.to_owned()).or_default() += 1;
        let by_status = self.latency_by_hop.entry(workload.to_owned()).or_default();
        by_status.entry(status).or_default().record(elapsed);
    }

    fn sample(&mut self, sample: Sample) {
        let alike = self.samples.iter().filter(|kept| kept.what == sample.what).count();
        if alike < SAMPLES_EACH && self.samples.len() < SAMPLES {
            self.samples.push(sample);
        }
    }
}

/// One line: `500 sent, 497 answered, 2 failed (1 refused, 1 timeout), 1 unexpected, 0 reconnects in 10.0 s (50.0/s)`.
impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} answered, {} failed", self.sent, self.answered, self.failures())?;
        let causes: Vec<_> = self.failed.iter().map(|(cause, count)| format!("{count} {cause}")).collect();
        if !causes.is_empty() {
            write!(f, " ({})", causes.join(", "))?;
        }
        let rate = if self.duration_seconds > 0.0 { self.sent as f64 / self.duration_seconds } else { 0.0 };
        write!(f, ", {} unexpected, {} reconnects", self.unexpected, self.reconnects)?;
        write!(f, " in {:.1} s ({rate:.1}/s)", self.duration_seconds)
    }
}

/// The service of `order-service/v2`.
pub(crate) fn service(hop: &str) -> &str {
    hop.split_once('/').map_or(hop, |(service, _)| service)
}

fn add<K: Clone + Ord>(own: &mut BTreeMap<K, u64>, other: &BTreeMap<K, u64>) {
    for (key, count) in other {
        *own.entry(key.clone()).or_default() += count;
    }
}

fn cut(text: &str) -> String {
    let end = (0..=SAMPLE_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode, Version};

    use crate::answer::SERVED_BY;

    use super::*;

    fn answer(status: u16, served_by: &[&'static str], body: &str) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        for hops in served_by {
            headers.append(SERVED_BY, hops.parse().expect("a header value"));
        }
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Answer { version: Version::HTTP_11, status, headers, body: Bytes::from(body.to_owned()) })
    }

    fn of(results: &[Result<Answer, Failure>]) -> Outcome {
        let mut outcome = Outcome { sent: results.len() as u64, ..Outcome::default() };
        for (n, result) in results.iter().enumerate() {
            let expected = result.as_ref().is_ok_and(|answer| answer.status.is_success());
            outcome.record(n as u64, result, Duration::from_millis(n as u64 + 1), expected);
        }
        outcome
    }

    fn some() -> Vec<Result<Answer, Failure>> {
        vec![
            answer(200, &["order-service/v1/a, api-gateway/v1/g"], ""),
            answer(200, &["order-service/v2/b", "api-gateway/v1/g"], ""),
            answer(503, &["api-gateway/v1/g"], "degraded"),
            answer(429, &[], "too many"),
            Err(Failure::new(Cause::Reset, "connection reset by peer")),
            answer(200, &["order-service/v1/c, api-gateway/v1/h"], ""),
        ]
    }

    fn counts<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
        expected.into_iter().map(|(key, count)| (key.to_owned(), count)).collect()
    }

    #[test]
    fn each_hop_of_each_answer_is_counted() {
        let outcome = of(&some());
        let by_hop = [("api-gateway/v1", 4), ("none", 1), ("order-service/v1", 2), ("order-service/v2", 1)];
        assert_eq!(outcome.by_hop, counts(by_hop));
        let by_pod = [
            ("api-gateway/v1/g", 3),
            ("api-gateway/v1/h", 1),
            ("none", 1),
            ("order-service/v1/a", 1),
            ("order-service/v1/c", 1),
            ("order-service/v2/b", 1),
        ];
        assert_eq!(outcome.by_pod, counts(by_pod));
        assert_eq!(outcome.latency_by_hop["api-gateway/v1"][&200].count(), 3);
        assert_eq!(outcome.latency_by_hop["api-gateway/v1"][&503].count(), 1);
    }

    #[test]
    fn a_version_has_a_share_of_its_own_service() {
        let outcome = of(&some());
        assert_eq!(outcome.share("order-service/v2"), Some(1.0 / 3.0));
        assert_eq!(outcome.share("order-service/v3"), Some(0.0));
        assert_eq!(outcome.share("user-service/v1"), None);
    }

    #[test]
    fn what_went_wrong_is_kept_with_its_text() {
        let outcome = of(&some());
        let samples: Vec<_> = outcome.samples.iter().map(|s| (s.n, s.what.as_str(), s.text.as_str())).collect();
        let expected = [(2, "503", "degraded"), (3, "429", "too many"), (4, "reset", "connection reset by peer")];
        assert_eq!(samples, expected);
        assert_eq!((outcome.unexpected, outcome.failures(), outcome.is_flawless()), (2, 1, false));
    }

    #[test]
    fn long_bodies_are_cut_and_a_few_of_each_kind_are_kept() {
        let long = format!("x{}", "é".repeat(200));
        let mut results = vec![answer(500, &[], &long); 9];
        results.extend(some());
        let outcome = of(&results);
        let kinds: Vec<_> = outcome.samples.iter().map(|sample| sample.what.as_str()).collect();
        assert_eq!(kinds, ["500", "500", "500", "503", "429", "reset"]);
        assert_eq!(outcome.samples[0].text, format!("x{}", "é".repeat(149)));
        assert_eq!(outcome.unexpected, 11);
    }

    #[test]
    fn merging_equals_counting_together() {
        let all = some();
        let mut merged = Outcome { reconnects: 1, duration_seconds: 2.0, ..of(&all) };
        merged.merge(&Outcome { reconnects: 2, duration_seconds: 3.0, ..of(&all) });
        let together: Vec<_> = all.iter().chain(&all).cloned().collect();
        let together = of(&together);
        assert_eq!((merged.sent, merged.answered, merged.reconnects), (12, 10, 3));
        assert_eq!(
            (&merged.by_status, &merged.by_hop, &merged.by_pod, &merged.failed),
            (&together.by_status, &together.by_hop, &together.by_pod, &together.failed)
        );
        assert_eq!(merged.latency_by_hop["order-service/v1"][&200].count(), 4);
        assert_eq!((merged.duration_seconds, merged.samples.len()), (3.0, 6));
    }

    #[test]
    fn it_is_the_same_after_json() {
        let outcome = of(&some());
        let json = serde_json::to_string(&outcome).expect("it is JSON");
        assert_eq!(serde_json::from_str::<Outcome>(&json).expect("it is read"), outcome);
    }
}
