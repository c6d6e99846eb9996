//! Makes each mutation of the ownership table and sees its assertion fail.
//!
//! A task of its own and no mode of `e2e`: it applies manifests and waits for workloads as `deploy` does, and the proof must
//! not know that somebody has spoiled what it looks at. The working tree is never touched; mutations are made in a copy.

mod copy;
mod judge;
mod rendering;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use self::copy::Copy;
use self::judge::{Judge, Verdict};
use self::rendering::Rendering;
use super::{Mesh, NAMESPACE, kubectl, manifests, ready, standing};
use crate::command::{self, exists, root};
use crate::ownership::{self, Mutation, Owner, Row, page::Page, page::SURVIVED};
use crate::token;

/// Which rows, and where the shop is.
#[derive(Clone, Debug, clap::Args)]
pub struct MutateArgs {
    /// The mesh that the shop was deployed with: istio, linkerd or none. Rows about the others are left out
    pub mesh: Mesh,
    /// Where the shop answers from outside
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: probe::Target,
    /// Only files whose path begins like this, or rows of the assertion of this name; can be given several times
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The longest that an assertion waits for anything; the control, without a mutation, must be green with it too
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = probe::parse_duration)]
    pub patience: Duration,
    /// Only rows that were not seen to fail yet
    #[arg(long)]
    pub missing: bool,
    /// Another image for one that the manifests name, as for deploy
    #[arg(long, value_name = "NAME=REF", value_parser = super::deploy::replacement)]
    pub image: Vec<(String, String)>,
}

/// What a changed workload may take to become ready; a spoiled one never does.
const ROLL_OUT: &str = "40s";
const RESTORED: Duration = Duration::from_secs(180);

/// Runs the rows, prints a line for each and writes the page. Fails when an assertion did not.
pub fn run(args: &MutateArgs) -> anyhow::Result<()> {
    let mut page = Page::read()?;
    let rows = chosen(args, &page)?;
    let token = token::token("e2e")?;
    let whole = Rendering::of(&root(), args.mesh, &args.image)?;
    // What `verify` notices needs no cluster.
    if rows.iter().any(|row| row.owner.assertion().is_some()) {
        standing::check(args.mesh)?;
        manifests::check_images(&kubectl::render(args.mesh.kustomization())?, &args.image)?;
        kubectl::apply(&whole.yaml())?;
        ready::wait(RESTORED)?;
    }
    let judge = Judge::new(args, token)?;
    judge.control(&rows)?;
    let mut survived = 0;
    for (at, row) in rows.iter().enumerate() {
        let started = Instant::now();
        // A row that cannot be run is not red either, and the others can be.
        let said = match mutate(args, &judge, &whole, row)? {
            Ok(Verdict::Red(said)) => said,
            Ok(Verdict::Green(said)) => format!("{SURVIVED}: {said}"),
            Err(error) => format!("{SURVIVED}: {error:#}"),
        };
        survived += usize::from(said.starts_with(SURVIVED));
        page.note(row, &said);
        page.write(ownership::rows())?;
        println!(
            "{}/{} {:.0} s  {}, {}\n    {}: {said}",
            at + 1,
            rows.len(),
            started.elapsed().as_secs_f64(),
            row.file,
            row.mutation.shown(),
            row.owner.name()
        );
    }
    println!("{} rows, {survived} not red", rows.len());
    if survived > 0 { bail!("{survived} mutations were not noticed") } else { Ok(()) }
}

/// The rows to run. An error when there are none, or when a text stands for none: a run of nothing looks like a success.
fn chosen(args: &MutateArgs, page: &Page) -> anyhow::Result<Vec<&'static Row>> {
    let mesh = args.mesh.name();
    let here: Vec<_> = ownership::rows().filter(|row| is_about(row, args.mesh)).collect();
    let named = |text: &str, row: &Row| row.file.starts_with(text) || row.owner.name().contains(text);
    for text in &args.only {
        ensure!(
            here.iter().any(|row| named(text, row)),
            "--only {text}: no row for {mesh} has such a file or assertion"
        );
    }
    let wanted = |row: &&Row| args.only.is_empty() || args.only.iter().any(|text| named(text, row));
    let rows: Vec<_> = here.into_iter().filter(wanted).filter(|row| !args.missing || page.is_open(row)).collect();
    ensure!(!rows.is_empty(), "no row to run for {mesh}: each one that was asked for was seen to fail already");
    Ok(rows)
}

fn is_about(row: &Row, mesh: Mesh) -> bool {
    match row.owner {
        Owner::Istio(_) => mesh == Mesh::Istio,
        Owner::Linkerd(_) => mesh == Mesh::Linkerd,
        Owner::Plain(_) => mesh == Mesh::None,
        Owner::Verify(_) => true,
    }
}

/// Makes a mutation, asks its owner, and takes it back, whatever came of it.
///
/// # Errors
/// When the shop could not be restored: what other rows would show then is worth nothing.
fn mutate(args: &MutateArgs, judge: &Judge, whole: &Rendering, row: &Row) -> anyhow::Result<anyhow::Result<Verdict>> {
    let copy = Copy::new()?;
    match row.mutation {
        Mutation::Without => copy.leave_out(row.file)?,
        Mutation::Edit(edits) => copy.edit(row.file, edits)?,
    }
    if let Owner::Verify(line) = row.owner {
        return Ok(judge.verify(copy.root(), line));
    }
    // What cannot be rendered cannot be applied, and the cluster stays as it is.
    let mutant = Rendering::of(copy.root(), args.mesh, &args.image).unwrap_or_else(|_| whole.clone());
    let verdict = replace(whole, &mutant).and_then(|()| {
        roll_out(whole, &mutant)?;
        // Pods that a spoiled manifest makes need not become ready.
        if let Some(deployment) = row.renewed {
            let _ = renew(deployment, ROLL_OUT)?;
        }
        judge.e2e(copy.root(), row.owner)
    });
    restore(whole, &mutant, row).with_context(|| format!("{}: the shop could not be restored", row.file))?;
    Ok(verdict)
}

fn restore(whole: &Rendering, mutant: &Rendering, row: &Row) -> anyhow::Result<()> {
    replace(mutant, whole)?;
    if let Some(deployment) = row.renewed {
        renew(deployment, "120s")?.then_some(()).context("the pods do not come back")?;
    }
    if mutant.differs_in_workloads(whole) || row.renewed.is_some() { ready::wait(RESTORED) } else { Ok(()) }
}

/// Makes the cluster hold `new` where it held `old`.
fn replace(old: &Rendering, new: &Rendering) -> anyhow::Result<()> {
    let gone = old.without(new);
    if gone.contains("\nkind: Namespace\n") {
        bail!("this mutation would delete the namespace {NAMESPACE} and all data in it");
    }
    if !gone.is_empty() {
        kubectl::delete(&gone)?;
    }
    let changed = new.changed_from(old);
    if !changed.is_empty() {
        kubectl::apply(&changed)?;
    }
    Ok(())
}

/// Gives changed workloads the time that good ones take.
fn roll_out(whole: &Rendering, mutant: &Rendering) -> anyhow::Result<()> {
    for workload in mutant.changed_workloads(whole) {
        let line = format!("kubectl -n {NAMESPACE} rollout status {workload} --timeout {ROLL_OUT}");
        // One that does not come up is what the assertion is about.
        let _ = command::program(&line).output()?;
    }
    Ok(())
}

/// Makes the pods of a Deployment anew, and says whether they are ready in time.
fn renew(deployment: &str, patience: &str) -> anyhow::Result<bool> {
    command::output(&format!("kubectl -n {NAMESPACE} rollout restart deployment {deployment}"))?;
    Ok(exists(&format!("kubectl -n {NAMESPACE} rollout status deployment {deployment} --timeout {patience}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: MutateArgs,
    }

    fn parse(args: &[&str]) -> Result<MutateArgs, clap::Error> {
        Cli::try_parse_from(["mutate", "istio"].iter().chain(args)).map(|cli| cli.args)
    }

    #[test]
    fn what_stands_for_no_row_is_refused() {
        let page = Page::read().expect("the page");
        let of = |args: &[&str]| chosen(&parse(args).expect("they are read"), &page).map(|rows| rows.len());
        assert!(of(&["--only", "mesh/istio/mtls.yaml"]).expect("rows") >= 1);
        let said = of(&["--only", "mesh/istio/mtls.yaml,nope"]).expect_err("nope").to_string();
        assert_eq!(said, "--only nope: no row for istio has such a file or assertion");
    }

    #[test]
    fn a_patience_that_is_no_time_is_refused() {
        for patience in ["x", "0s", "5"] {
            let said = parse(&["--patience", patience]).expect_err(patience).to_string();
            assert!(said.contains("no time such as"), "{said}");
        }
    }
}
