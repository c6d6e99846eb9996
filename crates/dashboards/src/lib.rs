//! What does an operator see? Every board, recording rule and alert of the shop, defined once, in Rust.
//!
//! [`artifacts`] gives the files as they are committed under `dashboards/`; `cargo xtask dashboards` writes them. A query
//! is put together from a [`promql::Series`], so that a metric's name and its matchers stand in one place:
//!
//! - [`profile`] says what a request, a failure and a latency are called by the app, by Istio and by Linkerd;
//! - [`boards`] has one file a board; the canary board is one definition, drawn for each profile;
//! - [`rules`] are the recorded series that boards and alerts share, [`alerts`] the conditions somebody is told of;
//! - [`check`] runs the query of every panel against a Prometheus and says which of them show something.
//!
//! It knows metrics and labels only, and uses no other crate of the workspace.

pub mod alerts;
mod artifact;
pub mod board;
pub mod boards;
pub mod check;
mod grafana;
mod json;
mod kubernetes;
pub mod links;
pub mod panel;
pub mod profile;
pub mod promql;
pub mod rules;
pub mod scrape;
pub mod slo;
mod yaml;

pub use artifact::{Artifact, artifacts, artifacts_with};
