//! What is applied together: each overlay as kustomize renders it, with the files that one applies by hand on top.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::command::program;

/// The objects of one overlay, each with the place that it comes from.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The overlay's folder.
    pub name: String,
    /// Rendered ones, then those of files that are applied by hand.
    pub objects: Vec<(String, Value)>,
}

/// Where a mesh keeps what walks through a canary by itself.
const PROGRESSIVE: [&str; 2] = ["mesh/istio/progressive", "mesh/linkerd/progressive"];
/// Where one looks for overlays.
const OVERLAYS: [&str; 2] = ["k8s/overlays", "mesh/overlays"];
/// Where a mesh keeps what is applied by hand.
const BY_HAND: [&str; 4] = ["", "canary", "gateway-api", "gateway-api/canary"];

/// Each overlay below `root`, rendered.
pub fn overlays(root: &Path) -> anyhow::Result<Vec<Bundle>> {
    below(root, &OVERLAYS)
}

/// What tools for progressive delivery are given, rendered.
pub fn progressive(root: &Path) -> anyhow::Result<Vec<Bundle>> {
    below(root, &PROGRESSIVE)
}

fn below(root: &Path, folders: &[&str]) -> anyhow::Result<Vec<Bundle>> {
    let mut bundles = Vec::new();
    for folder in folders.iter().filter(|folder| root.join(folder).is_dir()) {
        for overlay in names(&root.join(folder))? {
            let name = format!("{folder}/{overlay}");
            if root.join(&name).join("kustomization.yaml").is_file() {
                bundles.push(bundle(root, &name)?);
            }
        }
    }
    Ok(bundles)
}

fn bundle(root: &Path, name: &str) -> anyhow::Result<Bundle> {
    let rendered = objects(&render(&root.join(name))?)?;
    let mut all: Vec<_> = rendered.into_iter().map(|object| (name.to_owned(), object)).collect();
    if let Some(mesh) = name.strip_prefix("mesh/overlays/").and_then(|name| name.split('-').next()) {
        for path in by_hand(root, mesh)? {
            let text = fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
            all.extend(objects(&text).with_context(|| path.clone())?.into_iter().map(|it| (path.clone(), it)));
        }
    }
    Ok(Bundle { name: name.to_owned(), objects: all })
}

/// The files of a mesh that are whole objects and in none of its overlays, from `root`.
pub fn by_hand(root: &Path, mesh: &str) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    for folder in BY_HAND {
        let folder = Path::new("mesh").join(mesh).join(folder);
        if !root.join(&folder).is_dir() {
            continue;
        }
        for name in names(&root.join(&folder))? {
            // Beside these folders the only such file is a state of the canary that spoils answers.
            let wanted = if folder.ends_with(mesh) { name == "fault-injection.yaml" } else { name.ends_with(".yaml") };
            if wanted && name != "kustomization.yaml" {
                paths.push(folder.join(name).display().to_string());
            }
        }
    }
    Ok(paths)
}

/// A kustomization as YAML.
pub fn render(folder: &Path) -> anyhow::Result<String> {
    let output = program("kubectl kustomize").arg(folder).output().context("kubectl cannot be started")?;
    ensure!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// The objects of YAML. kubectl reads it, and asks no cluster when it is to change an object in its hands only.
pub fn objects(yaml: &str) -> anyhow::Result<Vec<Value>> {
    let mut child = program("kubectl annotate --local -f - -o json rendered-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("kubectl cannot be started")?;
    let mut input = child.stdin.take().context("its input is piped")?;
    let text = yaml.to_owned();
    // Beside the reading: a rendering is larger than a pipe holds.
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, text.as_bytes()));
    let output = child.wait_with_output()?;
    let _ = writer.join();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    let documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    Ok(documents.collect::<Result<_, _>>()?)
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names = entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}
