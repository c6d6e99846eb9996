//! Pods that keep their StatefulSet from being mended: an older revision of it that never starts is waited for, for ever,
//! before the right one gets its turn (Kubernetes calls the way out "forced rollback").

use serde_json::Value;

use super::{NAMESPACE, kubectl};
use crate::command;

/// Why a container waits when nothing but another manifest helps.
const HOPELESS: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CrashLoopBackOff",
];

/// Deletes such pods, so that what was applied takes their place.
pub fn replace() -> anyhow::Result<()> {
    let sets = kubectl::items(&format!("-n {NAMESPACE} get statefulsets"))?;
    let pods = kubectl::items(&format!("-n {NAMESPACE} get pods"))?;
    for (pod, why) in sets.iter().flat_map(|set| pods.iter().filter_map(move |pod| stuck(set, pod))) {
        println!("  {pod} is of an older revision and will never start ({why}): deleted, so that the new one can");
        command::output(&format!("kubectl -n {NAMESPACE} delete pod {pod} --ignore-not-found --wait=false"))?;
    }
    Ok(())
}

/// The pod's name and why it does not start, if it is of this StatefulSet and in its way.
fn stuck<'a>(set: &Value, pod: &'a Value) -> Option<(&'a str, &'a str)> {
    let (meta, status) = (&pod["metadata"], &set["status"]);
    let owned = meta["ownerReferences"].as_array()?.iter().any(|owner| owner["uid"] == set["metadata"]["uid"]);
    let seen = status["observedGeneration"] == set["metadata"]["generation"];
    let old = meta["labels"]["controller-revision-hash"] != status["updateRevision"];
    let going = !meta["deletionTimestamp"].is_null();
    if !owned || !seen || !old || going { None } else { Some((meta["name"].as_str()?, hopeless(pod)?)) }
}

fn hopeless(pod: &Value) -> Option<&str> {
    let lists = ["initContainerStatuses", "containerStatuses"].map(|list| pod["status"][list].as_array());
    let reasons = lists.into_iter().flatten().flatten().filter_map(|it| it["state"]["waiting"]["reason"].as_str());
    reasons.into_iter().find(|reason| HOPELESS.contains(reason))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(revision: &str, reason: &str) -> Value {
        json!({
            "metadata": {"name": "db-0", "ownerReferences": [{"uid": "1"}], "labels": {"controller-revision-hash": revision}},
            "status": {"containerStatuses": [{"state": {"waiting": {"reason": reason}}}]},
        })
    }

    #[test]
    fn only_an_old_pod_that_never_starts_is_in_the_way() {
        let set = |seen: u64| json!({"metadata": {"uid": "1", "generation": 2}, "status": {"observedGeneration": seen, "updateRevision": "b"}});
        assert_eq!(stuck(&set(2), &pod("a", "ImagePullBackOff")), Some(("db-0", "ImagePullBackOff")));
        assert_eq!(stuck(&set(2), &pod("b", "ImagePullBackOff")), None, "the new one may still be mended by its image");
        assert_eq!(stuck(&set(2), &pod("a", "ContainerCreating")), None, "it starts");
        assert_eq!(stuck(&set(1), &pod("a", "ImagePullBackOff")), None, "the revision is not known yet");
        let mut other = pod("a", "ImagePullBackOff");
        other["metadata"]["ownerReferences"] = json!([{"uid": "2"}]);
        assert_eq!(stuck(&set(2), &other), None, "another's");
    }
}
