//! Calls services and counts what comes back.
//!
//! A [`Plan`] says what to send, how hard and for how long; [`run`] carries it out; the [`Outcome`] has the counts, the
//! services and versions that answered, and the latencies. The client follows no redirect and retries nothing: what the
//! caller of a mesh sees is what is counted.
//!
//! ```no_run
//! # async fn example() -> Result<(), probe::TargetError> {
//! let mut plan = probe::Plan::new("http://127.0.0.1:8080/api/orders/1".parse()?);
//! plan.rate = probe::Rate::PerSecond(200.0);
//! plan.count = Some(5_000);
//! let outcome = probe::run(plan, |so_far| eprintln!("{so_far}")).await;
//! assert!(outcome.is_flawless(), "{}", outcome.table());
//! assert_eq!(outcome.share("order-service/v2"), Some(0.0));
//! # Ok(())
//! # }
//! ```

mod answer;
mod args;
mod band;
mod client;
pub mod collect;
mod connection;
pub mod echo;
mod failure;
pub mod knock;
mod latency;
mod outcome;
mod plan;
pub mod relay;
mod run;
mod server;
mod table;
mod target;
mod template;

pub use answer::{Answer, Hop, SERVED_BY};
pub use args::{PlanArgs, RequestArgs, parse_duration, parse_rate};
pub use band::{Band, Confidence};
pub use failure::{Cause, Failure};
pub use latency::Latency;
pub use outcome::{NONE, Outcome, Sample};
pub use plan::{Http, Plan, Rate};
pub use run::{Observe, Running, call, run, run_until};
pub use target::{Target, TargetError};
