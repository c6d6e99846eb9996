//! The black-box tests: one binary, one module a concern.
//!
//! `E2E_FULL=1 cargo test -p e2e` measures at full length.

mod bad_input;
mod crash;
mod drain;
mod idempotency;
mod launcher;
mod metrics;
mod outage;
mod readme;
mod releases;
mod settings;
mod traces;
mod traffic;
