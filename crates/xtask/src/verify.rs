//! The invariants of ARCHITECTURE.md that no compiler holds, each with a test that breaks it.

mod budgets;
pub mod bundle;
mod edges;
mod heads;
mod labels;
mod lint;
mod manifests;
mod nouns;
mod overlays;
mod ports;
mod progressive;
mod published;
mod references;
mod routes;
mod shop;
mod sizes;
mod states;
mod thin;
mod tree;
mod twins;
pub mod used;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::cluster::tools;
use crate::files::{self, File};
use crate::{command, ownership, token};
use bundle::Bundle;
use tree::Tree;

/// A name, and what breaks it.
type Check = (&'static str, Vec<String>);

/// How much is looked at.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct VerifyArgs {
    /// Leaves out, and names, what only kubectl can render
    #[arg(long)]
    pub without_kubectl: bool,
}

/// Prints each broken invariant and fails if there is one, or if something could not be looked at.
pub fn run(args: VerifyArgs) -> anyhow::Result<()> {
    let kubectl = (!args.without_kubectl).then(|| tools::check(tools::of_cluster()));
    let can_render = matches!(kubectl, Some(Ok(())));
    let tree = Tree::read()?;
    let sources = files::all(&[".rs"])?;
    let mut checks = vec![
        ("crate edges go one way", edges::check(&tree)),
        ("services are thin", thin::check(&tree)),
        ("mesh-ready has no domain noun", nouns::check(&sources)),
        ("each Rust file says what it answers", heads::check(&sources)),
    ];
    let manifests = files::all(&[".yaml", ".gitignore"])?;
    checks.extend(of_files(&manifests)?);
    let mut names: Vec<_> = checks.iter().map(|(name, _)| *name).collect();
    names.extend(rendered());
    checks.push(("each manifest has an owner that was seen to fail", ownership::check(&manifests, &names)?));
    if can_render {
        // Key sets are no part of the repository, and nothing renders without.
        token::token("demo")?;
        checks.extend(of_bundles(&command::root())?);
    }
    let broken = tell(&checks);
    if !can_render {
        rendered().for_each(|name| println!("NOT CHECKED {name}"));
    }
    verdict(broken, kubectl)
}

/// What it all comes to. kubectl may be missing only for somebody who has asked for nothing of it.
fn verdict(broken: usize, kubectl: Option<anyhow::Result<()>>) -> anyhow::Result<()> {
    let broken = (broken > 0).then(|| format!("{broken} broken"));
    let unchecked = kubectl.and_then(Result::err).map(|why| {
        format!("{} checks were not made: {why}\n       or leave them out with --without-kubectl", rendered().count())
    });
    let complaints: Vec<_> = broken.into_iter().chain(unchecked).collect();
    ensure!(complaints.is_empty(), "{}", complaints.join("; "));
    Ok(())
}

/// What the manifests below another root break of one check, which is called `name` as [`run`] prints it.
pub fn findings_below(root: &Path, manifests: &[File], name: &str) -> anyhow::Result<Vec<String>> {
    // Rendering takes seconds, and most checks need none.
    let checks = if rendered().any(|it| it == name) { of_bundles(root)? } else { of_files(manifests)? };
    let found = checks.into_iter().find(|(it, _)| *it == name);
    found.map(|(_, findings)| findings).with_context(|| format!("there is no check {name}"))
}

fn of_files(manifests: &[File]) -> anyhow::Result<Vec<Check>> {
    let page = std::fs::read_to_string(command::root().join("mesh/README.md"))?;
    let settings = std::fs::read_to_string(command::root().join("docs/settings.md"))?;
    Ok(vec![
        ("k8s/ knows no mesh", manifests::mesh_words(manifests)),
        ("weights of a canary state add up to 100", manifests::weights(manifests)),
        ("both meshes have the same files", twins::check(manifests, &page)),
        ("Linkerd obeys each route", routes::check(manifests)),
        ("each variable in a manifest is one that a program declares", manifests::variables(manifests, &settings)),
        ("each manifest is used", used::check(manifests)),
        ("no key set is committed", used::key_sets(manifests)),
        ("mesh-lint finds no error in a manifest alone", lint::alone(manifests)),
        ("a laptop's cluster publishes what a Service opens", published::check(manifests)),
    ])
}

/// What an overlay breaks.
type OfBundle = fn(&Bundle) -> Vec<String>;

/// The checks of what kustomize makes of the manifests.
const RENDERED: [(&str, OfBundle); 5] = [
    ("each port that is named exists", ports::check),
    ("selectors, identities and references mean something", |it| [labels::check(it), references::check(it)].concat()),
    ("overlays are what they say they are", overlays::check),
    ("numbers of workloads and breakers make sense", sizes::check),
    ("a state of the canary changes only who answers", states::check),
];

/// The names of these checks.
fn rendered() -> impl Iterator<Item = &'static str> {
    RENDERED.into_iter().map(|(name, _)| name).chain([BUDGETS, PROGRESSIVE, LINT])
}

const BUDGETS: &str = "times are those of the table of hops, and nest";
const PROGRESSIVE: &str = "what walks through a canary finds what it names";
const LINT: &str = "mesh-lint finds nothing in the overlays";

fn of_bundles(root: &Path) -> anyhow::Result<Vec<Check>> {
    let (overlays, tools) = (bundle::overlays(root)?, bundle::progressive(root)?);
    // Two overlays of a mesh have the same files beside them, and one finding about these is enough.
    let once = |check: OfBundle| overlays.iter().flat_map(check).collect::<BTreeSet<_>>().into_iter().collect();
    let mut checks: Vec<Check> = RENDERED.map(|(name, check)| (name, once(check))).to_vec();
    let page = std::fs::read_to_string(command::root().join("mesh/README.md"))?;
    checks.push((BUDGETS, budgets::check(&overlays, &page)));
    checks.push((PROGRESSIVE, tools.iter().flat_map(progressive::check).collect()));
    checks.push((LINT, lint::check(root)?));
    Ok(checks)
}

/// Prints a line for each check and returns how much is broken.
fn tell(checks: &[Check]) -> usize {
    for (name, findings) in checks {
        println!("{} {name}", if findings.is_empty() { "ok    " } else { "BROKEN" });
        for finding in findings {
            println!("         {finding}");
        }
    }
    checks.iter().map(|(_, findings)| findings.len()).sum()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn what_was_not_looked_at_is_no_success_unless_that_was_asked_for() {
        let missing = || Some(Err(anyhow!("kubectl is missing")));
        verdict(0, Some(Ok(()))).expect("all was looked at");
        verdict(0, None).expect("as was asked for");
        let said = verdict(0, missing()).expect_err("something is left").to_string();
        assert!(
            said.contains("checks were not made: kubectl is missing") && said.contains("--without-kubectl"),
            "{said}"
        );
        assert!(verdict(2, missing()).expect_err("both").to_string().starts_with("2 broken; "));
        assert_eq!(verdict(1, None).expect_err("broken").to_string(), "1 broken");
    }
}
