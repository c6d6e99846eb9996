//! The executed proof: starts the program that holds the assertions, with a token for writes.

use std::path::PathBuf;

use super::{Mesh, kubectl, standing};
use crate::{command, token};

/// What is proven, and how thoroughly.
#[derive(Clone, Debug, clap::Args)]
pub struct E2eArgs {
    /// The mesh that the shop was deployed with: istio, linkerd or none
    #[arg(long)]
    pub mesh: Mesh,
    /// Where the shop answers from outside
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: probe::Target,
    /// How the shop is entered: ingress or open; unless given, as in the overlay of the mesh for kind
    #[arg(long, value_parser = ["ingress", "open"])]
    pub edge: Option<String>,
    /// Another image for one of this workspace, as for deploy: the assertions make pods of probe
    #[arg(long, value_name = "NAME=REF", value_parser = super::deploy::replacement)]
    pub image: Vec<(String, String)>,
    /// Only these assertions: a name as canary/90-10, or a group as canary; can be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The counts of a thorough run, which takes about an hour instead of some minutes
    #[arg(long)]
    pub full: bool,
    /// Writes what was measured to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Lists the names, and what each needs, instead of running them
    #[arg(long)]
    pub list: bool,
}

/// Runs the assertions. Fails when one of them did.
pub fn run(args: &E2eArgs) -> anyhow::Result<()> {
    if !args.list {
        kubectl::check()?;
        // A mesh that is missing is for the assertions to tell: each that needs a sidecar names the one that it misses.
        standing::expect(args.mesh)?;
    }
    let line = "cargo run --quiet --package e2e --bin e2e --";
    let mut program = command::program(line);
    program.args(arguments(args)).env("TOKEN", token::token("e2e")?);
    if let Some(path) = &args.json {
        // The program runs at the root of the workspace, whoever called from elsewhere.
        program.arg("--json").arg(std::path::absolute(path)?);
    }
    command::finish(&mut program, line)
}

fn arguments(args: &E2eArgs) -> Vec<String> {
    let mut all = vec![format!("--mesh={}", args.mesh.name()), format!("--url={}", args.url)];
    all.extend(args.edge.iter().map(|edge| format!("--edge={edge}")));
    all.extend(args.image.iter().map(|(name, other)| format!("--image={name}={other}")));
    all.extend(args.only.iter().map(|name| format!("--only={name}")));
    all.extend(args.full.then(|| "--full".to_owned()));
    all.extend(args.list.then(|| "--list".to_owned()));
    all
}
