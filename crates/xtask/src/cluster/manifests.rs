//! What a deployment applies: an overlay with the images that this cluster has, each pod with the digest of what it runs.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use serde_json::{Value, json};

/// Another image for one that the manifests name.
pub type Replacement = (String, String);

/// What stands at each pod template: new code under an old tag is a new template, and Kubernetes rolls it out.
const DIGEST: &str = "image-digest";

/// Fails when no manifest names an image that is to be replaced.
pub fn check_images(yaml: &str, images: &[Replacement]) -> anyhow::Result<()> {
    let named: BTreeSet<_> = yaml.lines().filter_map(image).collect();
    for (name, _) in images {
        let all = || named.iter().copied().collect::<Vec<_>>().join(", ");
        ensure!(named.contains(name.as_str()), "--image: no manifest names {name}; they name {}", all());
    }
    Ok(())
}

/// The manifests with other images.
pub fn replaced(yaml: &str, images: &[Replacement]) -> String {
    let line = |line: &str| match images.iter().find(|(name, _)| image(line) == Some(name)) {
        Some((name, other)) => line.replace(name.as_str(), other) + "\n",
        None => line.to_owned() + "\n",
    };
    yaml.lines().map(line).collect()
}

/// The image that a line names.
fn image(line: &str) -> Option<&str> {
    line.trim_start().trim_start_matches("- ").strip_prefix("image: ")
}

/// Writes the digests of loaded images into the pod templates that run them.
pub fn note(objects: &mut [Value], digests: &BTreeMap<String, String>) {
    for object in objects {
        if let Some(digest) = digest(object, digests) {
            object["spec"]["template"]["metadata"]["annotations"][DIGEST] = digest.into();
        }
    }
}

/// The digests alone, to be owned beside the manifests: one who applies these by hand says nothing of digests, and the
/// pods shall not be made anew for that.
pub fn digests_alone(objects: &[Value], digests: &BTreeMap<String, String>) -> Vec<Value> {
    let alone = |object: &Value| {
        let digest = digest(object, digests)?;
        let (name, namespace) = (&object["metadata"]["name"], &object["metadata"]["namespace"]);
        Some(json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"],
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "template": { "metadata": { "annotations": { DIGEST: digest } } } },
        }))
    };
    objects.iter().filter_map(alone).collect()
}

/// The digests of what the pods of a workload run, as far as they were loaded.
fn digest(object: &Value, digests: &BTreeMap<String, String>) -> Option<String> {
    let spec = &object["spec"]["template"]["spec"];
    let lists = ["initContainers", "containers"].map(|list| spec[list].as_array());
    let images = lists.into_iter().flatten().flatten().filter_map(|it| it["image"].as_str());
    let known: BTreeSet<_> = images.filter_map(|image| digests.get(image)).map(String::as_str).collect();
    (!known.is_empty()).then(|| known.into_iter().collect::<Vec<_>>().join(","))
}

/// Objects as one document.
pub fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_image_is_replaced() {
        let yaml = "containers:\n- image: postgres:17\n- args: [postgres:17]\n  image: postgres:17-alpine\n";
        let images = [("postgres:17".to_owned(), "x/pg:1".to_owned())];
        assert_eq!(
            replaced(yaml, &images),
            "containers:\n- image: x/pg:1\n- args: [postgres:17]\n  image: postgres:17-alpine\n"
        );
    }

    #[test]
    fn an_image_that_no_manifest_names_is_told_with_those_that_they_name() {
        let yaml = "- image: postgres:17\n  image: shop:1\n";
        let of = |name: &str| check_images(yaml, &[(name.to_owned(), "x:1".to_owned())]);
        of("postgres:17").expect("it is there");
        let said = of("postgres:18").expect_err("it is not there").to_string();
        assert_eq!(said, "--image: no manifest names postgres:18; they name postgres:17, shop:1");
    }

    #[test]
    fn other_code_under_the_same_tag_is_another_pod_template() {
        let workload = |image: &str| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "shop"},
                   "spec": {"template": {"spec": {"containers": [{"image": image}, {"image": "other:1"}]}}}})
        };
        let loaded = |digest: &str| BTreeMap::from([("a:1".to_owned(), digest.to_owned())]);
        let noted = |digest| {
            let mut objects = [workload("a:1"), json!({"kind": "Service"})];
            note(&mut objects, &loaded(digest));
            objects
        };
        assert_eq!(noted("sha256:1"), noted("sha256:1"));
        assert_ne!(noted("sha256:1")[0]["spec"]["template"], noted("sha256:2")[0]["spec"]["template"]);
        assert_eq!(noted("sha256:1")[1], json!({"kind": "Service"}));
        let mut unknown = [workload("b:1")];
        note(&mut unknown, &loaded("sha256:1"));
        assert_eq!(unknown, [workload("b:1")], "nothing is said of what was not loaded");
        let alone = digests_alone(&[workload("a:1"), workload("b:1")], &loaded("sha256:1"));
        assert_eq!(alone.len(), 1);
        assert_eq!(alone[0]["spec"], json!({"template": {"metadata": {"annotations": {DIGEST: "sha256:1"}}}}));
    }
}
