//! Each sidecar on the way has logged a request that came in, under the request's id and with the identity of who sent it.

use std::sync::Arc;

use anyhow::ensure;
use http::HeaderValue;
use serde_json::Value;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{self, Cluster, SETTLE, until},
    kubectl,
    load::unique,
    measured::Measured,
    mesh::Mesh,
    table::table,
};

/// Who is asked, and the account of who asks. Nobody's at the edge, whose callers have no sidecar.
const HOPS: [(&str, Option<&str>); 3] =
    [("api-gateway", None), ("user-service", Some("api-gateway")), ("order-service", Some("api-gateway"))];

/// The group.
pub fn all() -> Vec<Assertion> {
    // Istio's lines, of both sides of a hop and with the trace, have an assertion of their own.
    vec![Assertion::new("signals/access-log-names-the-caller", Needs::Only(Mesh::Linkerd), names_the_caller)]
}

async fn names_the_caller(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let id = format!("proof-{:x}", unique());
    let mut plan = cluster.plan("/api/users/1/overview")?;
    plan.headers.push(("x-request-id".parse()?, HeaderValue::from_str(&id)?));
    context::expect(&probe::call(&plan).await?, 200)?;
    let rows = until(SETTLE, "each sidecar has logged the request", || async {
        let mut rows = Vec::new();
        for (app, account) in HOPS {
            let caller = account.map_or("-".to_owned(), |account| cluster.mesh.identity(SHOP, account));
            let lines = lines(app, &id).await?;
            let right = lines.iter().any(|line| line["client.id"] == caller.as_str() && line["status"] == 200);
            ensure!(right, "no line of {app}'s sidecar has {id}, 200 and {caller}: {lines:?}");
            rows.push(vec![app.to_owned(), caller, lines.len().to_string()]);
        }
        Ok(rows)
    })
    .await?;
    let line = format!("request {id} in the log of {} sidecars, each with its caller", rows.len());
    Ok(Measured::from(line).with(table(&["sidecar of", "caller", "lines"], &rows)))
}

/// The JSON lines of the last minute, of the sidecars of a workload, that have an id.
async fn lines(app: &str, id: &str) -> anyhow::Result<Vec<Value>> {
    let labels = format!("app={app}");
    let args = ["-n", SHOP, "logs", "-l", &labels, "-c", "linkerd-proxy", "--since=60s", "--tail=-1"];
    let text = kubectl::run(&args).await?;
    Ok(text.lines().filter(|line| line.contains(id)).filter_map(|line| serde_json::from_str(line).ok()).collect())
}
