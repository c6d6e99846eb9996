//! On how many threads does a process run: one for each core that it may use, and with one core no other than its first.
//!
//! A pod's limit counts as well as the machine's cores. On a single core a second thread would only be one to switch to
//! and to keep in step with.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// The runtime of a process.
///
/// # Errors
/// When the operating system gives no threads or no I/O.
pub fn executor() -> io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = if cores == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()
}
