//! All that a process needs to live behind a sidecar, and nothing that a sidecar does.
//!
//! The sidecar encrypts, retries, times out, breaks circuits, balances and splits traffic. Five things it
//! cannot do, because only the process knows them, and each has its file here:
//!
//! | question | file |
//! |---|---|
//! | Which outbound call belongs to which inbound request? | [`propagation`], carried along by [`client`] |
//! | What did this process do, by route and version? | [`metrics`], [`trace`], [`logs`] |
//! | May traffic come here yet? | [`health`], answered on the [`admin`] port |
//! | Which release answered? | [`identity`], written on each answer by [`edge`] |
//! | When may this process go? | [`shutdown`] and the drain in [`server`] |
//!
//! [`config`] reads the settings of all of them, [`start`] puts them together and gives a [`Runtime`], whose
//! [`bind`](Runtime::bind) opens both ports. [`faults`] is the opposite of help: it misbehaves on request, so
//! that the mesh has something to mend.

pub mod access;
pub mod admin;
pub mod client;
pub mod config;
pub mod crowd;
pub mod edge;
mod executor;
pub mod faults;
pub mod health;
mod host;
pub mod identity;
pub mod logs;
pub mod metrics;
mod problem;
pub mod propagation;
mod runtime;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod trace;
pub mod values;

pub use client::{Call, Client, Upstream, UpstreamError};
pub use config::Args;
pub use executor::executor;
pub use health::{Check, Health};
pub use identity::{Identity, Workload};
pub use runtime::{Bound, Runtime, ServeError, StartError, start};
