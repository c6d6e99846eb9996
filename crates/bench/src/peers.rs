//! Who is measured beside ours: proxies that people know, and the handler that makes a client for each request.

mod classic;
mod envoy;
mod nginx;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

pub use classic::client_per_request;
pub use envoy::envoy;
pub use nginx::{Log, nginx};

/// A peer that can be started, or why it cannot.
pub type Peer = Result<Command, Absent>;

/// Why a peer is left out, and what would bring it in.
#[derive(Clone, Debug)]
pub struct Absent(pub String);

/// Between whom a proxy stands, and where it may write.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it passes requests on to, without `/api`.
    pub upstream: SocketAddr,
    /// For its configuration and its access log.
    pub folder: &'a Path,
}
