//! Reads and writes of orders around a failure, and whether the failure took anything that was acknowledged.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::http::Request;
use anyhow::ensure;
use bytes::Bytes;
use e2e::{
    http::{Answer, get_request, post_request},
    load::Script,
    service::Service,
    shop,
    wait::{PATIENCE, eventually},
};
use serde_json::Value;

/// Reads and writes in turn; remembers which writes were acknowledged and how requests were refused.
pub struct Traffic {
    refusal_within: Duration,
    acknowledged: Mutex<BTreeMap<String, Value>>,
    refused: AtomicU64,
    slowest_refusal_ms: AtomicU64,
}

impl Traffic {
    /// A 503 is a right answer when it has the error shape and comes within this time.
    pub fn refusable(within: Duration) -> Self {
        Self {
            refusal_within: within,
            acknowledged: Mutex::default(),
            refused: AtomicU64::default(),
            slowest_refusal_ms: AtomicU64::default(),
        }
    }

    /// The number of 503s.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The longest time that a 503 took.
    pub fn slowest_refusal(&self) -> Duration {
        Duration::from_millis(self.slowest_refusal_ms.load(Ordering::Relaxed))
    }

    pub async fn wait_refused(&self, requests: u64) -> anyhow::Result<()> {
        eventually(PATIENCE, "requests are refused", async || {
            ensure!(self.refused() >= requests, "{} of {requests}", self.refused());
            Ok(())
        })
        .await
    }

    /// Each acknowledged order must be there once; their number. An order without an acknowledgement may be there too: its
    /// caller cannot know.
    pub async fn expect_kept(&self, orders: &Service) -> anyhow::Result<usize> {
        let orders = shop::all(&format!("{}/orders", orders.url())).await?;
        let acknowledged = self.acknowledged.lock().expect("no holder panics");
        shop::expect_each_once(&acknowledged, &orders)?;
        Ok(acknowledged.len())
    }

    fn accept(&self, n: u64, answer: &Answer) -> anyhow::Result<()> {
        if answer.status == 503 {
            return self.accept_refusal(answer);
        }
        if n.is_multiple_of(2) {
            answer.clone().expect(200)?;
            return Ok(());
        }
        let order = answer.clone().expect(201)?.json()?;
        self.acknowledged.lock().expect("no holder panics").insert(sku(n), order["id"].clone());
        Ok(())
    }

    fn accept_refusal(&self, answer: &Answer) -> anyhow::Result<()> {
        answer.expect_error_shape()?;
        ensure!(answer.elapsed < self.refusal_within, "a 503 later than {:?}", self.refusal_within);
        self.refused.fetch_add(1, Ordering::Relaxed);
        let ms = u64::try_from(answer.elapsed.as_millis())?;
        self.slowest_refusal_ms.fetch_max(ms, Ordering::Relaxed);
        Ok(())
    }
}

impl Script for Traffic {
    fn request(&self, n: u64) -> Request<Bytes> {
        if n.is_multiple_of(2) {
            return get_request(&format!("/orders/{}", shop::SEEDED_ORDER));
        }
        post_request("/orders", &shop::new_order(&sku(n)))
    }

    fn judge(&self, n: u64, answer: &Answer) -> Result<(), String> {
        self.accept(n, answer).map_err(|error| format!("{error:#}"))
    }
}

fn sku(n: u64) -> String {
    format!("TRAFFIC-{n}")
}
