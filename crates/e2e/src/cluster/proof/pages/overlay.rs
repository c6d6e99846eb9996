//! An overlay as a page applies it, with the images that this cluster was given in the place of those that it names.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::{SHOP, kubectl, mesh::root};

/// A kustomization on top of an overlay. It goes with this value.
#[derive(Debug)]
pub struct Overlay {
    /// The overlay, as pages name it.
    pub folder: String,
    stand_in: TempDir,
}

impl Overlay {
    /// Asks the cluster which images its workloads run.
    pub async fn of(folder: &str) -> anyhow::Result<Self> {
        let wanted = kubectl::rendered(folder).await?;
        let running = kubectl::items(&["-n", SHOP, "get", "deployments,statefulsets"]).await?;
        let stand_in = TempDir::new()?;
        let up = from(&stand_in.path().canonicalize()?, &root().join(folder).canonicalize()?);
        let kustomization = json!({"resources": [up], "images": replacements(&images(&wanted), &images(&running))});
        fs::write(stand_in.path().join("kustomization.yaml"), kustomization.to_string())
            .context("no folder for a kustomization")?;
        Ok(Self { folder: folder.to_owned(), stand_in })
    }

    /// What one applies instead.
    pub fn stand_in(&self) -> &Path {
        self.stand_in.path()
    }
}

/// The way from one folder to another, since kustomize takes no absolute one.
fn from(folder: &Path, to: &Path) -> PathBuf {
    let up: PathBuf = folder.components().skip(1).map(|_| "..").collect();
    up.join(to.strip_prefix("/").unwrap_or(to))
}

/// The image of each container, by kind, name and container.
fn images(objects: &[Value]) -> BTreeMap<String, String> {
    let of = |object: &Value| {
        let name = format!("{} {}", object["kind"], object["metadata"]["name"]);
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        containers.into_iter().filter_map(move |container| {
            Some((format!("{name} {}", container["name"]), container["image"].as_str()?.to_owned()))
        })
    };
    objects.iter().flat_map(of).collect()
}

/// What kustomize is told about images that run under another name than was wanted.
fn replacements(wanted: &BTreeMap<String, String>, running: &BTreeMap<String, String>) -> Vec<Value> {
    let differing = wanted.iter().filter_map(|(at, image)| Some((image, running.get(at)?)));
    let mut all: Vec<_> = differing
        .filter(|(image, other)| image != other)
        .map(|(image, other)| {
            let ((name, _), (other, tag)) = (parts(image), parts(other));
            json!({"name": name, "newName": other, "newTag": tag})
        })
        .collect();
    all.dedup();
    all
}

/// Name and tag.
fn parts(image: &str) -> (&str, &str) {
    image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, "latest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_that_run_under_another_name_are_replaced() {
        let object = |kind: &str, image: &str| {
            json!({"kind": kind, "metadata": {"name": "a"},
                   "spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}})
        };
        let wanted =
            images(&[object("StatefulSet", "postgres:17"), object("Deployment", "shop:1"), json!({"kind": "Service"})]);
        let running = images(&[object("StatefulSet", "localhost:5000/pg:15"), object("Deployment", "shop:1")]);
        let replaced = json!({"name": "postgres", "newName": "localhost:5000/pg", "newTag": "15"});
        assert_eq!(replacements(&wanted, &running), [replaced]);
    }

    #[test]
    fn a_folder_is_reached_from_anywhere() {
        assert_eq!(from(Path::new("/a/b"), Path::new("/c/d")), Path::new("../../c/d"));
    }
}
