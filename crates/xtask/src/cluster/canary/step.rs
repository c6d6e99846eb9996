//! Which steps does a mesh have, and what must callers see when one of them is in force?

use std::fs;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::cluster::Mesh;
use crate::command::root;
use crate::verify::bundle;

/// A state that a file of the mesh's folder `canary` describes.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name of the file, without its ending.
    pub name: String,
    /// The file.
    pub yaml: String,
    /// What callers must see.
    pub expectations: Vec<Expectation>,
}

/// A caller and the share of v2 that it must see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expectation {
    /// The caller, for people.
    pub caller: &'static str,
    /// What it says in `x-canary`, if anything.
    pub header: Option<&'static str>,
    /// From 0 to 1.
    pub share: f64,
}

/// The step that is there before anything else, and that each deployment begins with.
pub const FIRST: &str = "100-0";

impl Step {
    /// The step of this name, or an error that names those that there are.
    pub fn of(mesh: Mesh, name: &str) -> anyhow::Result<Self> {
        let names = names(mesh)?;
        if names.is_empty() {
            let with = [Mesh::Istio, Mesh::Linkerd].map(|mesh| Ok(format!("{}: {}", mesh.name(), names_of(mesh)?)));
            let with = with.into_iter().collect::<anyhow::Result<Vec<_>>>()?.join("; ");
            bail!("without a mesh nothing splits traffic, so {} has no step {name}; {with}", mesh.name());
        }
        if !names.iter().any(|known| known == name) {
            bail!("{} has no step {name}; it has {}", mesh.name(), names.join(", "));
        }
        let path = root().join(format!("mesh/{}/canary/{name}.yaml", mesh.name()));
        let yaml = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Self { name: name.to_owned(), yaml, expectations: expectations(name)? })
    }

    /// All steps of a mesh.
    pub fn all(mesh: Mesh) -> anyhow::Result<Vec<Self>> {
        names(mesh)?.iter().map(|name| Self::of(mesh, name)).collect()
    }

    /// What it is made of.
    pub fn objects(&self) -> anyhow::Result<Vec<Value>> {
        bundle::objects(&self.yaml)
    }
}

fn names_of(mesh: Mesh) -> anyhow::Result<String> {
    Ok(names(mesh)?.join(", "))
}

/// The files of a mesh's folder.
fn names(mesh: Mesh) -> anyhow::Result<Vec<String>> {
    let folder = root().join("mesh").join(mesh.name()).join("canary");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".yaml").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn expectations(step: &str) -> anyhow::Result<Vec<Expectation>> {
    let with = |share| Expectation { caller: "callers with x-canary: v2", header: Some("v2"), share };
    let without = |share| Expectation { caller: "callers without x-canary", header: None, share };
    match step {
        "by-header" => Ok(vec![with(1.0), without(0.0)]),
        // A mirrored request is answered to nobody.
        "mirror" => Ok(vec![without(0.0)]),
        weights => Ok(vec![without(weight(weights)?)]),
    }
}

/// The share of v2 in a name such as `90-10`.
fn weight(step: &str) -> anyhow::Result<f64> {
    let weights = step.split_once('-').and_then(|(v1, v2)| Some((v1.parse::<u8>().ok()?, v2.parse::<u8>().ok()?)));
    match weights {
        Some((v1, v2)) if v1.checked_add(v2) == Some(100) => Ok(f64::from(v2) / 100.0),
        _ => bail!("{step} is no step: two weights that add up to 100, by-header or mirror"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_not_there_names_those_that_are() {
        for (mesh, name, wanted) in [
            (Mesh::Istio, "80-20", "it has 0-100, 100-0, 50-50, 90-10, by-header, mirror"),
            (Mesh::Linkerd, "mirror", "it has 0-100, 100-0, 50-50, 90-10, by-header"),
            (Mesh::None, "90-10", "linkerd: 0-100, 100-0, 50-50, 90-10, by-header"),
            (Mesh::Istio, "../retries", "istio has no step ../retries"),
        ] {
            let said = Step::of(mesh, name).expect_err(name).to_string();
            assert!(said.contains(wanted), "{said}");
        }
    }

    #[test]
    fn each_file_of_the_folders_is_a_step_that_can_be_judged() {
        for mesh in [Mesh::Istio, Mesh::Linkerd] {
            let steps = Step::all(mesh).expect("all are read");
            assert!(steps.iter().any(|step| step.name == FIRST), "{mesh:?}");
            assert!(steps.iter().all(|step| !step.expectations.is_empty()), "{mesh:?}");
        }
    }

    #[test]
    fn weights_that_do_not_add_up_are_no_step() {
        assert!(weight("90-10").is_ok_and(|share| (share - 0.1).abs() < 1e-9));
        for wrong in ["90-20", "90", "a-b", "300-56", ""] {
            assert!(weight(wrong).is_err(), "{wrong}");
        }
    }
}
