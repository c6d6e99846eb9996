//! Assertions against a cluster: what they are made of, and the groups that there are.

mod admin;
mod assertion;
mod callers;
mod changes;
mod collector;
mod context;
mod edge;
mod images;
mod kubectl;
mod load;
mod measured;
mod mesh;
mod pods;
mod proof;
mod runner;
mod table;

use std::{path::PathBuf, time::Duration};

use anyhow::ensure;
use clap::Parser;

use self::assertion::Assertion;
use self::context::Cluster;
use self::edge::Edge;
use self::mesh::Mesh;

/// The namespace of the shop.
const SHOP: &str = "shop";

/// Proves that a deployed shop does what its manifests say: one line an assertion, with what was measured.
#[derive(Debug, Parser)]
#[command(name = "e2e", version)]
pub struct Args {
    /// The mesh that the shop was deployed with
    #[arg(long)]
    pub mesh: Mesh,
    /// Where the shop answers from outside
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: probe::Target,
    /// How the shop is entered: through an ingress that has an identity in the mesh, or by the gateway's own port, which
    /// takes everybody. Unless given, as in the overlay of the mesh for kind
    #[arg(long)]
    pub edge: Option<Edge>,
    /// Only these assertions: a name as canary/90-10, or a group as canary; can be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The counts of a thorough run, which takes about an hour instead of some minutes
    #[arg(long)]
    pub full: bool,
    /// Writes what was measured to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// A folder with other manifests than those of this workspace: k8s and mesh are in it
    #[arg(long, value_name = "FOLDER")]
    pub manifests: Option<PathBuf>,
    /// Another image for one of this workspace, where the cluster has it from a registry: for example
    /// probe:0.1.0=registry.example/probe:0.1.0; can be given several times
    #[arg(long, value_name = "NAME=REF", value_parser = images::replacement)]
    pub image: Vec<(String, String)>,
    /// Waits for nothing longer than this; a machine that is quick enough shows a failure sooner
    #[arg(long, value_name = "TIME", value_parser = probe::parse_duration)]
    pub patience: Option<Duration>,
    /// Lists the names, and what each needs, instead of running them
    #[arg(long)]
    pub list: bool,
    /// A bearer token that the gateway accepts; `cargo xtask e2e` makes one
    #[arg(long, env = "TOKEN", hide_env_values = true, default_value = "", hide_default_value = true)]
    pub token: String,
}

/// Runs what was asked for and says whether all of it held.
///
/// # Errors
/// When there is no such assertion, no kubectl or no cluster.
pub async fn run(args: Args) -> anyhow::Result<bool> {
    let chosen = chosen(&args)?;
    if let Some(folder) = &args.manifests {
        mesh::use_manifests(folder.clone());
    }
    images::use_images(args.image.clone());
    if let Some(longest) = args.patience {
        context::be_patient_for(longest);
    }
    if args.list {
        chosen.iter().for_each(|assertion| println!("{:<36} {}", assertion.name, assertion.needs));
        return Ok(true);
    }
    ensure!(!args.token.is_empty(), "no token: start this as `cargo xtask e2e`, or give one in TOKEN");
    kubectl::check().await?;
    runner::run(Cluster::new(&args), chosen, args.json.as_deref()).await
}

fn chosen(args: &Args) -> anyhow::Result<Vec<Assertion>> {
    let mut all = proof::all();
    for wanted in &args.only {
        ensure!(all.iter().any(|assertion| assertion.is(wanted)), "there is no {wanted}; --list shows what there is");
    }
    all.retain(|assertion| args.only.is_empty() || args.only.iter().any(|wanted| assertion.is(wanted)));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn names(only: &[&str]) -> anyhow::Result<Vec<String>> {
        let only = only.iter().flat_map(|name| ["--only", *name]);
        let args = Args::parse_from(["e2e", "--mesh", "none"].into_iter().chain(only));
        Ok(chosen(&args)?.into_iter().map(|assertion| assertion.name).collect())
    }

    #[test]
    fn each_name_stands_for_one_assertion_of_a_group() {
        let all = names(&[]).expect("all");
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
        assert!(all.iter().all(|name| name.split('/').count() == 2), "{all:?}");
    }

    #[test]
    fn only_what_is_named_is_chosen() {
        assert_eq!(names(&["canary/90-10"]).expect("one"), ["canary/90-10"]);
        let group = names(&["canary"]).expect("a group");
        assert!(group.len() > 1 && group.iter().all(|name| name.starts_with("canary/")), "{group:?}");
        names(&["canary/90"]).expect_err("no such name");
    }
}
