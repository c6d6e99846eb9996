//! When may this process go: the signals that ask for it.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal as listen};

/// Completes at the first SIGTERM or SIGINT after the call.
///
/// As process 1 of a container an unhandled SIGTERM is ignored by the kernel, so every service awaits this.
/// Where the handler cannot be installed it never completes: the orchestrator's SIGKILL is left.
pub async fn signal() {
    let (terminate, interrupt) = (listen(SignalKind::terminate()), listen(SignalKind::interrupt()));
    tokio::select! {
        () = received(terminate.ok()) => {}
        () = received(interrupt.ok()) => {}
    }
}

async fn received(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => drop(signal.recv().await),
        None => pending().await,
    }
}
