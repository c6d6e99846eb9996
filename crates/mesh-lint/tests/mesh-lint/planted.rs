//! Are mistakes in our own manifests found? Each row changes one file of a copy and names the rule and the line.

mod both;
mod istio;
mod linkerd;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use mesh_lint::{Finding, Mesh, lint_all, read};

use crate::support::Manifests;

/// A mistake. `§` in what is written stands before what the finding must point at, unless `at` says where it is.
pub struct Plant {
    /// The rule that must find it.
    rule: &'static str,
    /// The overlay that is built, below `mesh/overlays`.
    overlay: &'static str,
    /// The file that is changed.
    file: &'static str,
    /// What stands there: the first such text is replaced.
    from: &'static str,
    /// What stands there then.
    to: &'static str,
    /// Another file or place that the finding points at: the line where this text first begins.
    at: Option<(&'static str, &'static str)>,
    /// Which other rules find something then, and why that is right.
    beside: &'static [(&'static str, &'static str)],
}

/// All rows.
fn table() -> Vec<Plant> {
    [both::TABLE, istio::TABLE, linkerd::TABLE].concat_rows()
}

trait Rows {
    fn concat_rows(self) -> Vec<Plant>;
}

impl<const N: usize> Rows for [&[Plant]; N] {
    fn concat_rows(self) -> Vec<Plant> {
        self.into_iter().flatten().map(|plant| Plant { ..*plant }).collect()
    }
}

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn each_planted_mistake_is_found_by_its_rule_at_its_line() {
    let table = table();
    assert!(table.len() >= 60, "{} rows", table.len());
    let next = Mutex::new(table.iter());
    let missed = Mutex::new(Vec::new());
    // Building takes most of the time, and is done by another program.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let manifests = Manifests::copy();
                while let Some(plant) = { next.lock().expect("not poisoned").next() } {
                    let verdict = judge(&manifests, plant);
                    missed.lock().expect("not poisoned").extend(verdict.err());
                }
            });
        }
    });
    let missed = missed.into_inner().expect("not poisoned");
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), table.len(), missed.join("\n"));
}

/// Whether the rule finds the mistake where it is, and no other rule anything that the row does not name; if not, what was found.
fn judge(manifests: &Manifests, plant: &Plant) -> Result<(), String> {
    let before = manifests.read(plant.file);
    let place =
        before.find(plant.from).ok_or_else(|| format!("{}: {:?} is not in {}", plant.rule, plant.from, plant.file))?;
    let mut after = before.clone();
    after.replace_range(place..place + plant.from.len(), plant.to);
    let marked = after.find('§');
    after = after.replace('§', "");
    manifests.write(plant.file, &after);
    let (file, offset) = match plant.at {
        Some((file, text)) => (file, manifests.read(file).find(text)),
        None => (plant.file, marked),
    };
    let expected = offset.map(|offset| line_of(&manifests.read(file), offset));
    let findings = findings(&manifests.path(&format!("mesh/overlays/{}", plant.overlay)));
    manifests.write(plant.file, &before);
    let hit = |it: &&Finding| {
        let path = Path::new(&it.location.source.name) == manifests.path(file);
        it.rule.id == plant.rule && Some(it.location.span.line) == expected && path
    };
    let wanted: BTreeSet<_> = plant.beside.iter().map(|(rule, _)| *rule).collect();
    let others: BTreeSet<_> = findings.iter().map(|it| it.rule.id).filter(|it| *it != plant.rule).collect();
    if findings.iter().any(|it| hit(&it)) && others == wanted {
        return Ok(());
    }
    let shown = shown(&findings);
    Err(format!("{} in {} at {file}:{expected:?}, beside {wanted:?}, but found {shown:?}", plant.rule, plant.file))
}

fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or_default().matches('\n').count();
    u32::try_from(before).expect("a short file") + 1
}

fn findings(folder: &Path) -> Vec<Finding> {
    let input = read::read(&[folder.to_owned()], || Ok(String::new())).expect("readable");
    lint_all(&input.bundles, Mesh::Auto)
}

fn shown(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|it| format!("{} at {}:{}", it.rule.id, it.location.source.name, it.location.span.line))
        .collect()
}

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn our_own_manifests_have_no_finding() {
    let manifests = Manifests::copy();
    for overlay in ["istio-kind", "istio-production", "linkerd-kind", "linkerd-production"] {
        let findings = findings(&manifests.path(&format!("mesh/overlays/{overlay}")));
        assert!(findings.is_empty(), "{overlay}: {:#?}", shown(&findings));
    }
    // The states and twins that one applies by hand too.
    for folder in ["mesh", "k8s"] {
        let findings = findings(&manifests.path(folder));
        assert!(findings.is_empty(), "{folder}: {:#?}", shown(&findings));
    }
}
