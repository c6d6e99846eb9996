//! `bench run`: what is measured, how thoroughly, and where the result goes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::duel::Effort;
use crate::figure::{Report, Row};
use crate::machine::Machine;
use crate::page;
use crate::process::Cores;
use crate::programs::Programs;
use crate::rows::{self, Scene};

/// What `bench run` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Two minutes instead of half an hour: fewer rounds, fewer requests, fewer rows
    #[arg(long)]
    pub quick: bool,
    /// Writes every number to this file as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes docs/performance.md anew, or another file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "docs/performance.md")]
    pub page: Option<PathBuf>,
    /// Only these rows, for example hop,start
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Row>,
}

/// Measures and prints. A figure that misses its bar is shown as such and is no error: on a busy machine that says little.
///
/// # Errors
/// When something that must be there cannot be built, does not start or does not answer as it should.
pub fn run(args: &RunArgs) -> anyhow::Result<()> {
    let mut machine = Machine::here();
    eprintln!("building");
    let programs = Programs::build()?;
    let scene = Scene::set(programs, Cores::choose()?, args.effort(), args.quick)?;
    let mut report = Report { machine: machine.clone(), figures: Vec::new(), absent: Vec::new() };
    for row in Row::ALL.into_iter().filter(|row| args.only.is_empty() || args.only.contains(row)) {
        eprintln!("{}", row.question());
        let found = rows::measure(row, &scene).with_context(|| format!("in row {}", row.question()))?;
        print!("{}", page::row(row, &found.figures));
        report.figures.extend(found.figures);
        report.absent.extend(found.absent);
    }
    machine.end();
    report.machine = machine;
    report.absent.dedup();
    print!("\n{}", page::summary(&report));
    args.keep(&report)
}

impl RunArgs {
    fn effort(&self) -> Effort {
        if self.quick {
            Effort { rounds: 5, turn: Duration::from_millis(400) }
        } else {
            Effort { rounds: 15, turn: Duration::from_millis(1000) }
        }
    }

    fn keep(&self, report: &Report) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(report)?;
            std::fs::write(path, json).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if let Some(path) = &self.page {
            std::fs::write(path, page::whole(report))
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}
