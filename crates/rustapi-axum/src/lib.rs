#![doc = include_str!("../README.md")]
//!
//! # Where things are
//! [`Host`] is the whole builder. One route is taken apart in `mount`, one path is served by `endpoint`, which reads the body
//! through `body` and answers every failure through `error`. `params` is the extractor for several path parameters, `probe`
//! finds out their types for the document, and `openapi` puts the document together.

mod body;
mod endpoint;
mod error;
mod host;
mod mount;
mod openapi;
mod params;
mod probe;

pub use error::error_response;
pub use host::Host;
pub use params::Params;
