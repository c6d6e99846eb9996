//! The harness of the black-box tests: what starts, feeds and watches the real programs.
//!
//! It depends on no service. All that it knows of the services is what a cluster knows: binaries, environment
//! variables, ports, signals, log lines, HTTP, OTLP and a PostgreSQL URL.
//!
//! A test reads like this:
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use e2e::{http, postgres::Postgres, service::Service};
//!
//! let postgres = Postgres::start().await?;
//! let database = postgres.database("users").await?;
//! let users = Service::start("user-service", &[("DATABASE_URL", &database)]).await?;
//! users.wait_ready().await?;
//! let answer = http::get(&format!("{}/users/1", users.url())).await?;
//! assert_eq!(answer.status, 200);
//! # Ok(())
//! # }
//! ```
//! Everything that a test starts ends when its handle is dropped, also when the test fails. Nothing sleeps for a fixed time:
//! see [`wait::eventually`]. Measured numbers go through [`report::figure`], which shows them for passing tests as well.
//!
//! The environment can change a run: see [`settings::Settings`].

pub mod binaries;
pub mod connection;
pub mod endpoints;
pub mod exposition;
#[cfg(test)]
mod fake;
pub mod frames;
pub mod http;
pub mod launcher;
pub mod load;
pub mod log;
pub mod otlp;
pub mod page;
pub mod pages;
pub mod postgres;
pub mod process;
pub mod prometheus;
pub mod raw;
pub mod recorder;
pub mod relatives;
pub mod report;
pub mod service;
pub mod settings;
pub mod shop;
pub mod stack;
pub mod token;
pub mod wait;
