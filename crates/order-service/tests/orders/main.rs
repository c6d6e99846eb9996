//! The service without its ports, on a SQLite file, with a user-service that is made up.

mod harness;
mod idempotency;
mod orders;
mod releases;
