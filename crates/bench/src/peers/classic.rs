//! The handler of many a first microservice: a new HTTP client for each request, with reqwest as it comes.
//!
//! It is a workspace of its own, because reqwest as it comes brings TLS, and nothing of that may come near the services.

use std::process::Command;

use super::{Absent, Hop, Peer};
use crate::programs::{output, root, target};

/// The command, built on the first call.
pub fn client_per_request(hop: Hop<'_>) -> Peer {
    let manifest = root().join("crates/bench/classic/Cargo.toml");
    let folder = target().join("classic");
    let (manifest, built) = (manifest.display().to_string(), folder.display().to_string());
    let arguments = ["build", "--quiet", "--release", "--locked", "--manifest-path", &manifest, "--target-dir", &built];
    output(env!("CARGO"), &arguments).map_err(|error| Absent(format!("the client per request: {error:#}")))?;
    let mut command = Command::new(folder.join("release/classic"));
    command.arg(hop.listen.to_string()).arg(hop.upstream.to_string());
    Ok(command)
}
