//! `probe load`: a plan, its progress and its table.

use std::process::ExitCode;

use clap::Args;
use probe::PlanArgs;

use crate::signal;

#[derive(Args, Debug)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// The whole outcome as one line of JSON on standard output; the table goes to standard error as ever.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn load(args: LoadArgs) -> ExitCode {
    let outcome = probe::run_until(args.plan.into(), signal::told_to_end(), |so_far| eprintln!("{so_far}")).await;
    eprint!("{}", outcome.table());
    if args.json {
        println!("{}", serde_json::to_string(&outcome).expect("texts and numbers are JSON"));
    }
    if outcome.is_flawless() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
