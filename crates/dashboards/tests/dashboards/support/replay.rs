//! An exporter that tells what a real proxy told, as if it went on: counters grow by a tenth of what was recorded with each
//! scrape, so every share and every percentile is the recorded one; everything else stays.
//!
//! With each scrape and not with time: a scrape that comes late on a busy machine must not look like a burst.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Response};

use super::server::serve;

/// How many scrapes the recorded growth takes.
const SCRAPES: f64 = 10.0;
/// A recorded certificate has ended long ago; this one lasts.
const CERTIFICATE: Duration = Duration::from_secs(20 * 3600);

/// A running exporter.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// Where `/metrics` is.
    pub addr: SocketAddr,
}

impl Replay {
    /// Starts it.
    pub async fn start(recorded: &'static str) -> anyhow::Result<Self> {
        let scrapes = Arc::<AtomicU32>::default();
        let addr = serve(move |_| {
            let scrapes = f64::from(scrapes.fetch_add(1, Ordering::Relaxed));
            // Prometheus 3 takes no text that does not say what it is.
            async move {
                let mut answer = Response::new(Bytes::from(scaled(recorded, scrapes / SCRAPES)));
                answer.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; version=0.0.4"));
                answer
            }
        });
        Ok(Self { addr: addr.await? })
    }
}

fn scaled(recorded: &str, by: f64) -> String {
    let lines = recorded.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines = lines.filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let name = series.split('{').next()?;
        let value: f64 = value.parse().ok()?;
        let counts = ["_total", "_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end));
        let value = match name {
            "control_identity_cert_expiration_timestamp_seconds" => now() + CERTIFICATE.as_secs_f64(),
            _ if counts => value * by,
            _ => value,
        };
        Some(format!("{series} {value}\n"))
    });
    lines.collect()
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs_f64()
}
