//! Who may open a connection to whom, as the NetworkPolicies of production say it, without a mesh and with each. A cluster
//! may store policies and not enforce them, so what they allow is worked out from the objects, for every pair of pods and
//! every port.

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

/// What production is without a mesh and with each; and the port at which a call of one sidecar reaches another, where that
/// is not the port that is called: Istio keeps it, Linkerd does not.
const PRODUCTION: [(&str, Option<u16>); 3] = [
    ("k8s/overlays/production", None),
    ("mesh/overlays/istio-production", None),
    ("mesh/overlays/linkerd-production", Some(4143)),
];
const KIND: &str = "NetworkPolicy";

/// What collects metrics, and may ask every pod.
const OBSERVER: &str = "observability";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("network/policies", Needs::Nothing, policies)]
}

async fn policies(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let callees = callees(&kubectl::rendered("k8s/overlays/kind").await?)?;
    let (mut lines, mut details) = (Vec::new(), Vec::new());
    for (overlay, carried) in PRODUCTION {
        let policies = kubectl::rendered_of(overlay, KIND).await?;
        let judged = judge(&policies, &callees, carried).with_context(|| overlay.to_owned())?;
        lines.push(format!("{overlay} {}", judged.line));
        details.push(format!("{overlay}\n{}", judged.details));
    }
    Ok(Measured::from(format!("{}; all as expected", lines.join("; "))).with(details.join("\n")))
}

/// All pairs of one deployment: by the callee's ports, and by the port of its sidecar where calls arrive there.
fn judge(policies: &[Value], callees: &[Pod], carried: Option<u16>) -> anyhow::Result<Measured> {
    let callers: Vec<Pod> = callees.iter().cloned().chain(others()).collect();
    closed(policies, &callers, callees)?;
    let mut rows = Vec::new();
    let (mut questions, mut wrong) = (0, 0);
    for from in &callers {
        for to in callees {
            let mut cells = vec![from.name.clone(), to.name.clone()];
            for (name, port, expected) in asked(from, to, carried) {
                let found = allows(policies, from, to, port)?;
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
    let line = format!("{} policies, {questions} pairs of pod and port", policies.len());
    Ok(Measured::from(line).with(shown))
}

/// What a caller may try: each port, and the sidecar's, which is open to whoever may open any of them.
fn asked(from: &Pod, to: &Pod, carried: Option<u16>) -> Vec<(String, u16, bool)> {
    let mut all: Vec<_> = to.ports.iter().map(|(name, port)| (name.clone(), *port, expected(from, to, name))).collect();
    let any = all.iter().any(|(_, _, expected)| *expected);
    all.extend(carried.map(|port| ("by sidecar".to_owned(), port, any)));
    all
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two pods of the shop, and policies that open the port of the second to the first, under this number as well.
    fn between_sidecars(also: Option<u16>) -> anyhow::Result<Measured> {
        let pod = |app: &str, port: &str, number: u16| Pod {
            name: app.to_owned(),
            namespace: SHOP.to_owned(),
            labels: [("app".to_owned(), app.to_owned())].into(),
            ports: vec![(port.to_owned(), number)],
        };
        let policy = |selector: Value, ingress: Value| {
            json!({"metadata": {"name": "p", "namespace": SHOP}, "spec": {
                "podSelector": selector, "policyTypes": ["Ingress"], "ingress": ingress}})
        };
        let ports = [json!({"port": "tcp-postgres"})].into_iter().chain(also.map(|port| json!({"port": port})));
        let labelled = |app: &str| json!({"matchLabels": {"app": app}});
        let rule = json!([{"from": [{"podSelector": labelled("user-service")}], "ports": ports.collect::<Vec<_>>()}]);
        let observer = json!({"matchLabels": {"kubernetes.io/metadata.name": OBSERVER}});
        let policies = [
            json!({"metadata": {"name": "p", "namespace": SHOP}, "spec": {
                "podSelector": {}, "policyTypes": ["Ingress"]}}),
            policy(labelled("user-service-db"), rule),
            policy(json!({}), json!([{"from": [{"namespaceSelector": observer}]}])),
        ];
        judge(&policies, &[pod("user-service-db", "tcp-postgres", 5432), pod("user-service", "other", 1)], Some(4143))
    }

    #[test]
    fn a_call_between_sidecars_needs_their_port_open() {
        between_sidecars(Some(4143)).expect("it is open");
        let refused = between_sidecars(None).expect_err("it is not");
        assert!(refused.to_string().contains("by sidecar yes/no !!"), "{refused:#}");
    }
}
