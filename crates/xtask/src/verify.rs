//! The invariants of ARCHITECTURE.md that no compiler holds, each with a test that breaks it.

mod edges;
mod heads;
mod manifests;
mod nouns;
mod thin;
mod tree;

use anyhow::bail;

use crate::{command, files};
use tree::Tree;

/// Prints each broken invariant and fails if there is one.
pub fn run() -> anyhow::Result<()> {
    let tree = Tree::read()?;
    let sources = files::all(&[".rs"])?;
    let manifests = files::all(&[".yaml"])?;
    let settings = std::fs::read_to_string(command::root().join("docs/settings.md"))?;
    let checks = [
        ("crate edges go one way", edges::check(&tree)),
        ("services are thin", thin::check(&tree)),
        ("mesh-ready has no domain noun", nouns::check(&sources)),
        ("each Rust file says what it answers", heads::check(&sources)),
        ("k8s/ knows no mesh", manifests::mesh_words(&manifests)),
        ("weights of a canary state add up to 100", manifests::weights(&manifests)),
        ("each variable in a manifest is one that a program declares", manifests::variables(&manifests, &settings)),
    ];
    let mut broken = 0;
    for (name, findings) in checks {
        println!("{} {name}", if findings.is_empty() { "ok    " } else { "BROKEN" });
        for finding in &findings {
            println!("         {finding}");
        }
        broken += findings.len();
    }
    if broken > 0 { bail!("{broken} broken") } else { Ok(()) }
}
