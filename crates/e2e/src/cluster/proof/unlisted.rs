//! A pod in the mesh that no policy names is reached by nobody: the policies of the services alone would not say so.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use probe::Plan;
use serde_json::{Value, json};

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    callers::{Caller, Seen, objects},
    context::{Cluster, SETTLE, until},
    kubectl,
    measured::Measured,
};

const NAME: &str = "e2e-unlisted";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("authorization/unlisted-pod", Needs::Mesh, unlisted)]
}

/// It answers whoever gets through, and nobody does, whatever the identity.
async fn unlisted(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.changes.apply(&kubectl::list(&[pod(), service()])).await?;
    kubectl::run(&["-n", SHOP, "wait", "pod", NAME, "--for=condition=Ready", "--timeout=60s"]).await?;
    let callers = cluster.callers().await?;
    let mut plan = Plan::new(format!("http://{NAME}.{SHOP}:8080/").parse()?);
    plan.timeout = Duration::from_secs(5);
    let asked = [Caller::Gateway, Caller::UserService, Caller::OrderService, Caller::Stranger];
    for caller in asked {
        // Until the caller's proxy knows of the new Service it has no answer, and that is no refusal.
        until(SETTLE, "the new pod is known", || async {
            let seen = callers.get(caller, &plan).await?;
            ensure!(matches!(seen, Seen::Answer { status: 200 | 403, .. }), "{} sees {seen:?}", caller.name());
            Ok(())
        })
        .await?;
        let seen = callers.get(caller, &plan).await?;
        ensure!(matches!(seen, Seen::Answer { status: 403, .. }), "{} is let in: {seen:?}", caller.name());
    }
    Ok(format!("{} identities of the mesh ask a pod without a policy: 403 each", asked.len()).into())
}

fn pod() -> Value {
    let mut pod = objects::pod(NAME, SHOP, objects::STRANGER, &["echo", "--listen", "0.0.0.0:8080"]);
    // It is removed with what this assertion has changed, so it must not need the callers' account.
    pod["spec"]["serviceAccountName"] = json!("default");
    pod["spec"]["containers"][0]["ports"] = json!([{"name": "http", "containerPort": 8080}]);
    pod
}

fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": NAME, "namespace": SHOP, "labels": objects::labels(NAME)},
        "spec": {
            "selector": {"app": NAME},
            "ports": [{"name": "http", "appProtocol": "http", "port": 8080, "targetPort": 8080}],
        },
    })
}
