//! Each Service leads to the pods that its name promises, at the port that it promises, and to no others.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, until},
    kubectl,
    measured::Measured,
    pods::{self, text},
    table::table,
};

/// A Service, the labels of the pods behind it, its port; and whether it is for each pod rather than for any.
const SERVICES: [(&str, &str, &str, u64, bool); 10] = [
    ("api-gateway", "api-gateway", "", 8080, false),
    ("api-gateway-admin", "api-gateway", "", 9080, true),
    ("user-service", "user-service", "", 8081, false),
    ("user-service-admin", "user-service", "", 9081, true),
    ("order-service", "order-service", "", 8082, false),
    ("order-service-admin", "order-service", "", 9082, true),
    ("order-service-v1", "order-service", "v1", 8082, false),
    ("order-service-v2", "order-service", "v2", 8082, false),
    ("user-service-db", "user-service-db", "", 5432, false),
    ("order-service-db", "order-service-db", "", 5432, false),
];
/// Endpoints follow pods within moments.
const SOON: Duration = Duration::from_secs(15);

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("services/endpoints", Needs::Nothing, endpoints),
        Assertion::new("services/databases", Needs::Nothing, databases),
    ]
}

/// What stands behind each Service.
async fn endpoints(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let rows = until(SOON, "each Service leads to its pods", || async {
        let services = kubectl::items(&["-n", SHOP, "get", "services"]).await?;
        let slices = kubectl::items(&["-n", SHOP, "get", "endpointslices"]).await?;
        let pods = pods::all("app.kubernetes.io/part-of=shop").await?;
        SERVICES.into_iter().map(|it| row(it, &services, &slices, &pods)).collect::<anyhow::Result<Vec<_>>>()
    })
    .await?;
    let line = format!("{} Services, each with its pods and its port", rows.len());
    Ok(Measured::from(line).with(table(&["service", "port", "pods"], &rows)))
}

fn row(
    (name, app, version, port, each): (&str, &str, &str, u64, bool),
    services: &[Value],
    slices: &[Value],
    pods: &[Value],
) -> anyhow::Result<Vec<String>> {
    let service = services.iter().find(|it| it["metadata"]["name"] == name);
    let service = service.with_context(|| format!("there is no Service {name}"))?;
    let headless = service["spec"]["clusterIP"] == "None" && service["spec"]["publishNotReadyAddresses"] == true;
    ensure!(headless == each, "{name} is {}one address for each pod, ready or not", if each { "not " } else { "" });
    let declared = &service["spec"]["ports"][0];
    ensure!(declared["port"] == port, "{name} answers at port {}, not {port}", declared["port"]);
    let matches = |it: &&Value| {
        text(it, "/metadata/labels/app") == app
            && (version.is_empty() || it["metadata"]["labels"]["version"] == version)
    };
    let wanted: BTreeSet<String> = pods.iter().filter(matches).map(|pod| text(pod, "/status/podIP")).collect();
    let own: Vec<_> =
        slices.iter().filter(|it| it["metadata"]["labels"]["kubernetes.io/service-name"] == name).collect();
    let found: BTreeSet<String> = own.iter().flat_map(|slice| addresses(slice)).collect();
    ensure!(!wanted.is_empty() && found == wanted, "{name} leads to {found:?}, not to {wanted:?}");
    for slice in own {
        ensure!(slice["ports"][0]["port"] == port, "{name} leads to port {}, not {port}", slice["ports"][0]["port"]);
    }
    Ok(vec![name.to_owned(), port.to_string(), found.len().to_string()])
}

/// The addresses in a slice, but for those of pods that are about to end.
fn addresses(slice: &Value) -> Vec<String> {
    let endpoints = slice["endpoints"].as_array().into_iter().flatten();
    let staying = endpoints.filter(|it| it["conditions"]["terminating"] != true);
    let all = staying.flat_map(|it| it["addresses"].as_array().into_iter().flatten());
    all.filter_map(|address| address.as_str().map(str::to_owned)).collect()
}

/// What a service is told about its database is what the database was told about itself.
async fn databases(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut shown = Vec::new();
    for database in ["user-service-db", "order-service-db"] {
        let [url, user, password, name] = ["url", "username", "password", "database"].map(|key| field(database, key));
        let (user, name) = (user.await?, name.await?);
        let wanted = format!("postgres://{user}:{}@{database}:5432/{name}", password.await?);
        ensure!(url.await? == wanted, "the url in the Secret {database} does not fit its other fields");
        shown.push(format!("{database} {name}"));
    }
    let apart = shown.iter().collect::<BTreeSet<_>>().len();
    ensure!(apart == shown.len(), "two services share a database: {shown:?}");
    Ok(shown.join(", ").into())
}

async fn field(secret: &str, key: &str) -> anyhow::Result<String> {
    let template = format!("go-template={{{{index .data \"{key}\" | base64decode}}}}");
    kubectl::run(&["-n", SHOP, "get", "secret", secret, "-o", &template]).await
}
