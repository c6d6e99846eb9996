//! The end, as a cluster or a terminal orders it. PID 1 ignores every signal that it has no handler for.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGTERM or SIGINT. It has its handlers from the call on, not only from the first wait.
pub(crate) fn told_to_end() -> impl Future<Output = ()> {
    let mut terminate = signal(SignalKind::terminate()).expect("the runtime has its signal driver");
    let mut interrupt = signal(SignalKind::interrupt()).expect("the runtime has its signal driver");
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
