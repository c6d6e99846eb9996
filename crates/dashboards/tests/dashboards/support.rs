//! What the live tests start.

mod alertmanager;
mod replay;
mod server;
mod splitter;

pub use alertmanager::{Alertmanager, Webhook};
pub use e2e::prometheus::Prometheus;
pub use replay::Replay;
pub use splitter::Splitter;
