//! Nobody without an identity of the mesh gets a byte, and each hop has the identity that it should have.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use e2e::exposition::Exposition;
use http::Method;
use probe::Plan;
use serde_json::json;

use crate::cluster::{
    SHOP,
    admin::Forward,
    assertion::{Assertion, Needs},
    callers::{Caller, Callers, OUTSIDE, Seen},
    context::{self, Cluster, SETTLE, until},
    edge::Edge,
    kubectl,
    measured::Measured,
    mesh::{Peers, Plaintext},
    pods,
    table::table,
};

const GREETING: &str = r"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

/// Who calls whom over HTTP, besides the ingress.
const HOPS: [(&str, &str); 3] =
    [("api-gateway", "user-service"), ("api-gateway", "order-service"), ("order-service", "user-service")];

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("mtls/plaintext-is-refused", Needs::Mesh, plaintext_is_refused),
        Assertion::new("mtls/identities", Needs::Mesh, identities),
    ]
}

/// Every port of every Service, and of every pod behind it, refuses a connection that does not start with the mesh's TLS;
/// only the edge does not, where it is the way in.
async fn plaintext_is_refused(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let callers = cluster.callers().await?;
    let carrier = format!("carrier.{OUTSIDE}.svc:80");
    let open = callers.knock(Caller::Outside, &carrier, &["--send", GREETING]).await?;
    ensure!(open == "open", "the same question to a port without a mesh: {open}");
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for address in addresses().await? {
        let heard = address.hear(callers, cluster.mesh.plaintext()).await?;
        let expected = if address.is_edge && cluster.edge == Edge::Open { "served" } else { "refused" };
        if !heard.starts_with(expected) {
            wrong.push(format!("{} {heard}", address.at));
        }
        rows.push(vec![address.at, heard]);
    }
    ensure!(wrong.is_empty(), "not as they should be: {wrong:?}");
    let refused = rows.iter().filter(|row| row[1].starts_with("refused")).count();
    let how = match cluster.mesh.plaintext() {
        Plaintext::Closed => "close the connection without a byte",
        Plaintext::Forbidden => "answer 403 or close the connection",
    };
    let line = format!("{refused} of {} addresses {how}{}", rows.len(), rest(rows.len() - refused));
    Ok(Measured::from(line).with(table(&["plaintext to", "heard"], &rows)))
}

fn rest(open: usize) -> String {
    if open == 0 { String::new() } else { format!(", {open} are the edge and serve") }
}

/// A port that somebody listens on.
struct Address {
    at: String,
    is_database: bool,
    is_edge: bool,
}

impl Address {
    fn new(at: String, is_database: bool) -> Self {
        Self { is_edge: at.ends_with(":8080"), at, is_database }
    }

    /// What a caller without a sidecar hears there: `refused ...`, `served ...` or something else.
    async fn hear(&self, callers: &Callers, plaintext: Plaintext) -> anyhow::Result<String> {
        if self.is_database || plaintext == Plaintext::Closed {
            let greeting: &[&str] = if self.is_database { &["--postgres"] } else { &["--send", GREETING] };
            let heard = callers.knock(Caller::Outside, &self.at, greeting).await?;
            return Ok(if heard == "closed" { "refused: closed".to_owned() } else { heard });
        }
        let plan = Plan::new(format!("http://{}/", self.at).parse()?);
        Ok(match callers.get(Caller::Outside, &plan).await? {
            Seen::Answer { status: 403, served: false, .. } => "refused: 403".to_owned(),
            Seen::Answer { status, served: true, .. } => format!("served: {status}"),
            Seen::Answer { status, .. } => format!("{status} of somebody else"),
            Seen::Nothing(why) => why,
        })
    }
}

/// Each port of the namespace by Service and by pod.
async fn addresses() -> anyhow::Result<Vec<Address>> {
    let mut all = Vec::new();
    for service in kubectl::items(&["-n", SHOP, "get", "services"]).await? {
        let name = pods::text(&service, "/metadata/name");
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            all.push(Address::new(format!("{name}.{SHOP}.svc:{}", port["port"]), name.ends_with("-db")));
        }
    }
    for pod in pods::all("app.kubernetes.io/part-of=shop").await? {
        let (app, ip) = (pods::text(&pod, "/metadata/labels/app"), pods::text(&pod, "/status/podIP"));
        let own = pods::containers(&pod)
            .find(|container| container["name"] == app.as_str() || container["name"] == "postgres");
        for port in own.and_then(|container| container["ports"].as_array()).into_iter().flatten() {
            all.push(Address::new(format!("{ip}:{}", port["containerPort"]), app.ends_with("-db")));
        }
    }
    ensure!(all.len() > 10, "only {} ports in namespace {SHOP}", all.len());
    Ok(all)
}

/// The proxy of each callee has counted its callers' requests under the identity of their ServiceAccount.
async fn identities(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let peers = cluster.mesh.peers().context("a mesh tells who calls")?;
    let mut hops = HOPS.map(|(from, to)| (cluster.mesh.identity(SHOP, from), to)).to_vec();
    hops.extend(cluster.mesh.ingress().map(|(ns, account)| (cluster.mesh.identity(ns, account), "api-gateway")));
    let before = counts(peers, &hops).await?;
    traffic(&cluster).await?;
    let after = until(SETTLE, "all hops are counted", || async {
        let after = counts(peers, &hops).await?;
        for (hop, now) in &after {
            ensure!(now > &before[hop], "no request of {} to {}", hop.0, hop.1);
        }
        Ok(after)
    })
    .await?;
    let rows: Vec<_> = after
        .iter()
        .map(|((from, to), now)| vec![from.clone(), (*to).to_owned(), (now - before[&(from.clone(), *to)]).to_string()])
        .collect();
    let line = format!("{} hops, each over mTLS with the identity of its ServiceAccount", rows.len());
    Ok(Measured::from(line).with(table(&["caller's identity", "callee", "requests"], &rows)))
}

/// A request over every hop.
async fn traffic(cluster: &Cluster) -> anyhow::Result<()> {
    context::flawless(&context::count(cluster.plan("/api/users/1/overview")?, 20).await)?;
    if let Some(way) = cluster.way_in().await? {
        context::flawless(&context::count(cluster.plan_by(&way, "/api/users/1")?, 20).await)?;
    }
    let line = json!({"sku": "proof", "quantity": 1, "unit_price": {"amount_minor": 1, "currency": "EUR"}});
    // order-service asks whether the buyer exists; there is none, so nothing is stored.
    let order = json!({"user_id": i64::from(i32::MAX), "lines": [line]});
    let answer = probe::call(&cluster.write(Method::POST, "/api/orders", &order)?).await?;
    ensure!(answer.status.is_client_error(), "an order for nobody: {} {}", answer.status, answer.text());
    Ok(())
}

type Hop = (String, &'static str);

async fn counts(peers: Peers, hops: &[Hop]) -> anyhow::Result<BTreeMap<Hop, u64>> {
    let mut counts: BTreeMap<Hop, u64> = hops.iter().map(|hop| (hop.clone(), 0)).collect();
    for pod in pods::ready("app in (api-gateway,user-service,order-service)").await? {
        let forward = Forward::open(SHOP, &format!("pod/{}", pod.name), peers.port).await?;
        let exposition = Exposition::parse(&forward.get(peers.path).await?)?;
        for (hop, count) in counts.iter_mut().filter(|(hop, _)| hop.1 == pod.app) {
            let labels = [peers.labels, &[(peers.client, hop.0.as_str())]].concat();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests")]
            let more = exposition.sum(peers.metric, &labels) as u64;
            *count += more;
        }
    }
    Ok(counts)
}
