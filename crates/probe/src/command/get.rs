//! `probe get`: one request, and the answer as it came.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use probe::{Answer, RequestArgs};

/// There was no answer. Not 1 or 2, which stand for a load that failed and for wrong arguments.
const NO_ANSWER: u8 = 3;

#[derive(Args, Debug)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) async fn get(args: GetArgs) -> ExitCode {
    match probe::call(&args.request.into()).await {
        // Nobody is left to tell when standard output is closed.
        Ok(answer) => show(&answer, io::stdout().lock()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Err(failure) => {
            eprintln!("no answer: {failure}");
            ExitCode::from(NO_ANSWER)
        }
    }
}

fn show(answer: &Answer, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{:?} {}", answer.version, answer.status)?;
    for (name, value) in &answer.headers {
        writeln!(out, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
    }
    writeln!(out)?;
    out.write_all(&answer.body)?;
    writeln!(out)
}
