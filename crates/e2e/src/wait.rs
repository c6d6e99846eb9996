//! Waiting for a condition with a deadline.

use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep};

/// How often a condition is looked at.
pub const INTERVAL: Duration = Duration::from_millis(10);

/// Long enough for anything that takes a moment on a busy machine: a start, a drain, an export.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Calls `probe` until it answers `Ok`, every [`INTERVAL`].
///
/// # Errors
/// After `deadline`: that `what` did not happen, with the probe's last error as the cause. A probe that hangs is given up
/// at the deadline as well.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let end = Instant::now() + deadline;
    let mut last = anyhow::anyhow!("the condition was never answered");
    loop {
        match tokio::time::timeout_at(end, probe()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => last = error,
            Err(_) => {}
        }
        if Instant::now() >= end {
            return Err(last).with_context(|| format!("{what}: not within {deadline:?}"));
        }
        sleep(INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    #[tokio::test]
    async fn a_condition_that_comes_true_gives_its_value() {
        let mut calls = 0;
        let counted = eventually(PATIENCE, "three calls", async || {
            calls += 1;
            ensure!(calls == 3);
            Ok(calls)
        });
        assert_eq!(counted.await.expect("it comes true"), 3);
    }

    #[tokio::test]
    async fn the_error_names_the_wish_and_the_last_obstacle() {
        let never: anyhow::Result<()> =
            eventually(Duration::from_millis(30), "the moon is blue", async || anyhow::bail!("it is grey")).await;
        let text = format!("{:#}", never.expect_err("it never comes true"));
        assert_eq!(text, "the moon is blue: not within 30ms: it is grey");
    }

    #[tokio::test]
    async fn a_probe_that_hangs_is_given_up() {
        let hanging: anyhow::Result<()> =
            eventually(Duration::from_millis(30), "an answer", async || std::future::pending().await).await;
        hanging.expect_err("nothing answers");
    }
}
