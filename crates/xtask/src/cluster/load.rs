//! Constant load from outside, and a table of who answered what.

use std::io::Write;

use anyhow::bail;
use clap::Parser;

/// How much, how long, where to.
#[derive(Clone, Debug, Parser)]
pub struct LoadArgs {
    /// Where to, for example http://127.0.0.1:8080/api/orders/1
    #[arg(long, default_value = "http://127.0.0.1:8080/api/orders/1")]
    pub url: probe::Target,
    /// Requests that start each second, whatever becomes of the earlier ones
    #[arg(long, default_value = "100", value_parser = probe::parse_rate)]
    pub rps: f64,
    /// How long, for example 30s
    #[arg(long, default_value = "10s", value_parser = probe::parse_duration)]
    pub duration: std::time::Duration,
    /// Prints the counts as one JSON line instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Sends and counts. Fails when a request failed.
pub fn run(args: &LoadArgs) -> anyhow::Result<()> {
    let mut plan = probe::Plan::new(args.url.clone());
    plan.rate = probe::Rate::PerSecond(args.rps);
    plan.duration = Some(args.duration);
    let show = |so_far: &probe::Outcome| eprintln!("{so_far}");
    let outcome = tokio::runtime::Runtime::new()?.block_on(probe::run(plan, show));
    let text = if args.json { serde_json::to_string(&outcome)? } else { outcome.table() };
    writeln!(std::io::stdout().lock(), "{text}")?;
    if outcome.is_flawless() { Ok(()) } else { bail!("not every request was answered as it should be") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_is_none_is_refused_before_anything_is_sent() {
        for rate in ["0", "-1", "nan", "inf", "many"] {
            let said = LoadArgs::try_parse_from(["load", &format!("--rps={rate}")]).expect_err(rate).to_string();
            assert!(said.contains("no number from 0.001"), "{said}");
        }
    }
}
