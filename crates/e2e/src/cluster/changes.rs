//! What assertions change in the cluster, and the way back.
//!
//! A change is noted before it is made. The runner undoes all of them, the last one first, whether the assertion held,
//! failed or was interrupted.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde_json::Value;

use super::{SHOP, admin, kubectl, pods};

/// As the manifests themselves are applied, so that whoever owned a field before owns it afterwards.
const APPLY: [&str; 5] = ["apply", "--server-side", "--force-conflicts", "-f", "-"];

/// The changes that are not undone yet.
#[derive(Debug, Default)]
pub struct Changes(Mutex<Vec<Undo>>);

/// A way back.
#[derive(Clone, Debug)]
enum Undo {
    /// These objects as they were.
    Restore(Vec<Value>),
    /// These objects were not there.
    Delete(Vec<Value>),
    /// So many replicas.
    Scale(String, u64),
    /// No faults in this pod.
    Faults(pods::Pod),
}

impl Changes {
    /// Applies YAML.
    pub async fn apply(&self, yaml: &str) -> anyhow::Result<()> {
        self.remember(&kubectl::objects(yaml, &[]).await?).await?;
        kubectl::feed(&APPLY, yaml).await.map(drop)
    }

    /// Notes how objects are, or that they are not there, before others change them.
    pub async fn remember(&self, objects: &[Value]) -> anyhow::Result<()> {
        let mut existing = Vec::new();
        for object in objects {
            existing.push(get(object).await?);
        }
        let new = objects.iter().zip(&existing).filter(|(_, existing)| existing.is_none());
        self.note(Undo::Delete(new.map(|(object, _)| object.clone()).collect()));
        self.note(Undo::Restore(existing.into_iter().flatten().collect()));
        Ok(())
    }

    /// Deletes an object of the shop, if it is there.
    pub async fn delete(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        let text = kubectl::run(&["-n", SHOP, "get", kind, name, "--ignore-not-found", "-o", "json"]).await?;
        self.note(Undo::Restore(kubectl::parse(&text)?));
        kubectl::run(&["-n", SHOP, "delete", kind, name, "--ignore-not-found"]).await.map(drop)
    }

    /// Gives a Deployment of the shop another number of replicas, and waits until they are there.
    pub async fn scale(&self, deployment: &str, replicas: u64) -> anyhow::Result<()> {
        let now = kubectl::json(&["-n", SHOP, "get", "deployment", deployment]).await?;
        let before = now["spec"]["replicas"].as_u64().context("a Deployment has replicas")?;
        self.note(Undo::Scale(deployment.to_owned(), before));
        scale(deployment, replicas).await
    }

    /// Makes a pod misbehave, for example by `{"status":"503:30"}`.
    pub async fn faults(&self, pod: &pods::Pod, faults: &Value) -> anyhow::Result<()> {
        self.note(Undo::Faults(pod.clone()));
        admin::set_faults(pod, faults).await
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// The first thing that could not be undone; the others are undone nevertheless.
    pub async fn undo(&self) -> anyhow::Result<()> {
        let mut result = Ok(());
        while let Some(undo) = self.pop() {
            result = result.and(undo.run().await);
        }
        result.context("the cluster is not as it was")
    }

    fn note(&self, undo: Undo) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(undo);
    }

    fn pop(&self) -> Option<Undo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Undo {
    async fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Restore(objects) => {
                for object in objects {
                    restore(object).await?;
                }
                Ok(())
            }
            Self::Delete(objects) if objects.is_empty() => Ok(()),
            Self::Delete(objects) => {
                kubectl::feed(&["delete", "--ignore-not-found", "-f", "-"], &kubectl::list(objects)).await.map(drop)
            }
            Self::Scale(deployment, replicas) => scale(deployment, *replicas).await,
            Self::Faults(pod) if pod.is_gone().await? => Ok(()),
            Self::Faults(pod) => admin::clear_faults(pod).await,
        }
    }
}

async fn scale(deployment: &str, replicas: u64) -> anyhow::Result<()> {
    kubectl::run(&["-n", SHOP, "scale", "deployment", deployment, &format!("--replicas={replicas}")]).await?;
    pods::rolled_out(deployment).await
}

async fn get(object: &Value) -> anyhow::Result<Option<Value>> {
    let text = kubectl::feed(&["get", "--ignore-not-found", "-o", "json", "-f", "-"], &object.to_string()).await?;
    Ok(kubectl::parse(&text)?.pop())
}

/// Writes the object as it was, over whatever is there now.
async fn restore(object: &Value) -> anyhow::Result<()> {
    kubectl::feed(&APPLY, &bare(object).to_string()).await.map(drop)
}

/// An object without what the cluster has added.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(field);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_restored_object_is_only_what_somebody_wrote() {
        let object = json!({
            "kind": "A", "spec": {"b": 1}, "status": {"c": 2},
            "metadata": {"name": "a", "annotations": {"d": "e"}, "uid": "u", "resourceVersion": "5"},
        });
        let wanted = json!({"kind": "A", "spec": {"b": 1}, "metadata": {"name": "a", "annotations": {"d": "e"}}});
        assert_eq!(bare(&object), wanted);
    }
}
