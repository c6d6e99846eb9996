//! The black-box tests: one binary, one module a concern.
//!
//! `E2E_FULL=1 cargo test -p e2e` measures at full length.

mod drain;
mod idempotency;
mod outage;
mod releases;
