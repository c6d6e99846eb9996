//! Who may open a connection to whom, as the NetworkPolicies of production say it. A cluster may store policies and not
//! enforce them, so what they allow is worked out from the objects, for every pair of pods and every port.

mod policy;

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::Value;

use self::policy::{Pod, allows};
use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::Cluster,
    kubectl,
    measured::Measured,
    pods::text,
    table::table,
};

/// From whom, to whom, at which port. All that is not here is refused.
const ALLOWED: [(&str, &str, &str); 6] = [
    ("anybody", "api-gateway", "http"),
    ("api-gateway", "user-service", "http"),
    ("api-gateway", "order-service", "http"),
    ("order-service", "user-service", "http"),
    ("user-service", "user-service-db", "tcp-postgres"),
    ("order-service", "order-service-db", "tcp-postgres"),
];

/// What collects metrics, and may ask every pod.
const OBSERVER: &str = "observability";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("network/policies", Needs::Nothing, policies)]
}

async fn policies(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut policies = kubectl::rendered("k8s/overlays/production").await?;
    policies.retain(|object| object["kind"] == "NetworkPolicy");
    let callees = callees(&kubectl::rendered("k8s/overlays/kind").await?)?;
    let callers: Vec<Pod> = callees.iter().cloned().chain(others()).collect();
    closed(&policies, &callers, &callees)?;
    let mut rows = Vec::new();
    let (mut questions, mut wrong) = (0, 0);
    for from in &callers {
        for to in &callees {
            let mut cells = vec![from.name.clone(), to.name.clone()];
            for (name, port) in &to.ports {
                let (expected, found) = (expected(from, to, name), allows(&policies, from, to, *port)?);
                let mark = if expected == found { "" } else { " !!" };
                cells.push(format!("{name} {}/{}{mark}", yes(expected), yes(found)));
                questions += 1;
                wrong += u32::from(expected != found);
            }
            rows.push(cells);
        }
    }
    let shown = table(&["from", "to", "expected/found"], &rows);
    ensure!(wrong == 0, "{wrong} of {questions} differ\n{shown}");
    let line = format!("{} policies, {questions} pairs of pod and port, all as expected", policies.len());
    Ok(Measured::from(line).with(shown))
}

/// Fails unless everything is shut by those policies that open nothing: then to take one of the others away never opens
/// anything, whichever pods it selects.
fn closed(policies: &[Value], callers: &[Pod], callees: &[Pod]) -> anyhow::Result<()> {
    let shut: Vec<Value> = policies.iter().filter(|policy| policy["spec"]["ingress"].is_null()).cloned().collect();
    for (from, to) in callers.iter().flat_map(|from| callees.iter().map(move |to| (from, to))) {
        for (name, port) in &to.ports {
            let open = allows(&shut, from, to, *port)?;
            ensure!(!open, "no policy shuts {name} of {} to {} by itself", to.name, from.name);
        }
    }
    Ok(())
}

/// The pods of the shop, one a workload.
fn callees(objects: &[Value]) -> anyhow::Result<Vec<Pod>> {
    let workloads = objects.iter().filter(|object| object["kind"] == "Deployment" || object["kind"] == "StatefulSet");
    let pods: anyhow::Result<Vec<Pod>> = workloads
        .map(|workload| {
            let template = &workload["spec"]["template"];
            let labels = serde_json::from_value(template["metadata"]["labels"].clone())?;
            let ports = template["spec"]["containers"][0]["ports"].as_array().context("a container has ports")?;
            let port = |port: &Value| Some((text(port, "/name"), u16::try_from(port["containerPort"].as_u64()?).ok()?));
            let ports = ports.iter().filter_map(port).collect();
            Ok(Pod { name: text(workload, "/metadata/name"), namespace: SHOP.to_owned(), labels, ports })
        })
        .collect();
    pods
}

/// Pods that are no part of the shop: beside it, elsewhere with a label of it, and what collects metrics.
fn others() -> [Pod; 3] {
    let pod = |name: &str, namespace: &str, app: &str| Pod {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        labels: [("app".to_owned(), app.to_owned())].into(),
        ports: Vec::new(),
    };
    [
        pod("stranger", SHOP, "stranger"),
        pod("impostor", "elsewhere", "api-gateway"),
        pod(OBSERVER, OBSERVER, "prometheus"),
    ]
}

fn expected(from: &Pod, to: &Pod, port: &str) -> bool {
    let app = |pod: &Pod| pod.labels.get("app").cloned().unwrap_or_default();
    let caller = if from.namespace == SHOP { app(from) } else { String::new() };
    let matches =
        |who: &str, whom: &str, at: &str| (who == "anybody" || who == caller) && whom == app(to) && at == port;
    from.name == OBSERVER || ALLOWED.iter().any(|(who, whom, at)| matches(who, whom, at))
}

fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}
