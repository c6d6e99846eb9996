//! How many requests may one caller make?
//!
//! A token bucket a caller, in this process's memory: it protects this replica. A limit over all replicas is the
//! mesh's or the ingress's.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Weak};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::caller;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

const UPKEEP_INTERVAL: Duration = Duration::from_secs(60);

/// The buckets of all callers seen lately.
#[derive(Debug)]
pub struct Limiter {
    buckets: RateLimiter<Caller, DefaultKeyedStateStore<Caller>, DefaultClock, StateInformationMiddleware>,
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

/// Whose bucket a request is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The `sub` of a verified token.
    Subject(Arc<str>),
    /// Somebody without one, by network.
    Network(IpAddr),
}

/// What the caller's bucket holds after a request was taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many requests a full bucket allows at once.
    pub limit: u32,
    /// How many are left now.
    pub remaining: u32,
    /// Whole seconds until the bucket is full again, rounded up.
    pub reset_seconds: u64,
}

/// The bucket was empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// The empty bucket.
    pub budget: Budget,
    /// Whole seconds, at least one, until a request is allowed again.
    pub retry_after_seconds: u64,
}

impl Limiter {
    /// Buckets that hold `burst` requests and gain `per_second` of them each second.
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Arc<Self> {
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Arc::new(Self { buckets: RateLimiter::keyed(quota).with_middleware(), per_second, burst })
    }

    /// Takes one request from the caller's bucket.
    pub fn take(&self, caller: &Caller) -> Result<Budget, Exhausted> {
        match self.buckets.check_key(caller) {
            Ok(state) => Ok(self.budget(state.remaining_burst_capacity())),
            Err(refusal) => {
                let wait = refusal.wait_time_from(self.buckets.clock().now());
                Err(Exhausted { budget: self.budget(0), retry_after_seconds: whole_seconds(wait).max(1) })
            }
        }
    }

    /// Forgets the callers whose buckets are full again, each minute for as long as the limiter lives.
    pub fn spawn_upkeep(self: &Arc<Self>) {
        tokio::spawn(upkeep(Arc::downgrade(self)));
    }

    fn budget(&self, remaining: u32) -> Budget {
        let missing = u64::from(self.burst.get().saturating_sub(remaining));
        Budget { limit: self.burst.get(), remaining, reset_seconds: missing.div_ceil(u64::from(self.per_second.get())) }
    }
}

impl Caller {
    /// The caller known by nothing but an address.
    pub fn at(address: IpAddr) -> Self {
        Self::Network(caller::network(address))
    }
}

impl Budget {
    /// Writes the `RateLimit-*` fields that clients of rate-limited interfaces know.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

async fn upkeep(limiter: Weak<Limiter>) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(limiter) = limiter.upgrade() else {
            return;
        };
        limiter.buckets.retain_recent();
        limiter.buckets.shrink_to_fit();
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32) -> Arc<Limiter> {
        let number = |n| NonZeroU32::new(n).expect("not zero");
        Limiter::new(number(per_second), number(burst))
    }

    fn subject(name: &str) -> Caller {
        Caller::Subject(name.into())
    }

    #[test]
    fn a_bucket_allows_its_burst_and_then_says_when_to_come_back() {
        let limiter = limiter(1, 3);
        let ada = subject("ada");
        let left = [2, 1, 0].map(|remaining| Budget { limit: 3, remaining, reset_seconds: u64::from(3 - remaining) });
        for expected in left {
            assert_eq!(limiter.take(&ada), Ok(expected));
        }
        let refusal = limiter.take(&ada).expect_err("the bucket is empty");
        assert_eq!(refusal.retry_after_seconds, 1);
        assert_eq!(refusal.budget.remaining, 0);
        assert_eq!(refusal.budget.reset_seconds, 3);
    }

    #[test]
    fn callers_do_not_share_a_bucket() {
        let limiter = limiter(1, 1);
        let address = "10.0.0.1".parse().expect("an address");
        for caller in [subject("ada"), subject("bob"), Caller::at(address)] {
            assert!(limiter.take(&caller).is_ok(), "{caller:?}");
            assert!(limiter.take(&caller).is_err(), "{caller:?}");
        }
    }

    #[test]
    fn waiting_times_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
    }
}
