//! Two releases of order-service work on one database at the same time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ::http::Request;
use anyhow::{Context, ensure};
use bytes::Bytes;
use e2e::{
    connection::Http,
    endpoints::Endpoints,
    http::{self, Answer, post_request},
    load::{Load, Running, Script},
    postgres::Postgres,
    report::figure,
    service::Service,
    settings::Settings,
    shop, stack,
};
use serde_json::Value;

/// The body that both show of an order, apart from what tells the releases apart.
fn common(mut order: Value) -> Value {
    if let Some(fields) = order.as_object_mut() {
        fields.retain(|field, _| field != "version" && field != "delivery_estimate");
    }
    order
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn every_order_acknowledged_by_one_release_is_readable_through_both() -> anyhow::Result<()> {
    let duration = Settings::get().choose(Duration::from_secs(30), Duration::from_secs(5));
    let postgres = Postgres::start().await?;
    let users = postgres.database("users").await?;
    let users = Service::start_ready("user-service", &[("DATABASE_URL", &users)]).await?;
    let database = postgres.database("orders").await?;
    // At the same time: both find an empty database and want to set it up.
    let (v1, v2) = tokio::try_join!(release("v1", &users, &database), release("v2", &users, &database))?;
    let seed = expect_same_orders(&v1, &v2).await?.len();
    let alone = stack::orders(&users, &[]).await?;
    let alone = shop::all(&format!("{}/orders", alone.url())).await?.len();
    ensure!(seed == alone, "{seed} orders in the seed instead of {alone}");

    let (write1, write2) = (Arc::new(Writes::new("v1")), Arc::new(Writes::new("v2")));
    let (load1, load2) = (write(&v1, &write1), write(&v2, &write2));
    // The length of the measurement: there is nothing to wait for.
    tokio::time::sleep(duration).await;
    for load in [load1, load2] {
        load.stop().await.expect_flawless(1)?;
    }

    let orders = expect_same_orders(&v1, &v2).await?;
    let (acknowledged1, acknowledged2) = (write1.acknowledged(), write2.acknowledged());
    shop::expect_each_once(&acknowledged1, &orders)?;
    shop::expect_each_once(&acknowledged2, &orders)?;
    let acknowledged = acknowledged1.len() + acknowledged2.len();
    let figures = [acknowledged1.len(), acknowledged2.len(), orders.len() - seed];
    figure("releases: acknowledged by v1, by v2, found through both", format!("{figures:?}"));
    ensure!(orders.len() == seed + acknowledged, "{} orders, {acknowledged} acknowledged", orders.len() - seed);
    Ok(())
}

async fn release(version: &str, users: &Service, database: &str) -> anyhow::Result<Service> {
    stack::orders(users, &[("SERVICE_VERSION", version), ("DATABASE_URL", database), ("POD_NAME", version)]).await
}

/// All orders, which must be the same through both but for what tells the releases apart.
async fn expect_same_orders(v1: &Service, v2: &Service) -> anyhow::Result<Vec<Value>> {
    let through1 = list(v1, "v1").await?;
    let through2 = list(v2, "v2").await?;
    ensure!(through1 == through2, "{} orders through v1, {} through v2", through1.len(), through2.len());
    Ok(through1)
}

async fn list(service: &Service, version: &str) -> anyhow::Result<Vec<Value>> {
    let orders = shop::all(&format!("{}/orders", service.url())).await?;
    for order in &orders {
        expect_release(order, version)?;
    }
    let last = orders.last().context("the seed has orders")?;
    let one = http::get(&format!("{}/orders/{}", service.url(), last["id"])).await?.expect(200)?;
    ensure!(one.json()? == *last, "{} is not as in the list: {last}", one.text());
    Ok(orders.into_iter().map(common).collect())
}

fn expect_release(order: &Value, version: &str) -> anyhow::Result<()> {
    ensure!(order["version"] == version, "not by {version}: {order}");
    ensure!(order["delivery_estimate"].is_string() == (version == "v2"), "wrong estimate: {order}");
    ensure!(order.get("delivery_estimate").is_some() == (version == "v2"), "wrong estimate: {order}");
    Ok(())
}

fn write(service: &Service, script: &Arc<Writes>) -> Running {
    let endpoints = Endpoints::default();
    endpoints.add(service);
    Load { workers: 8, http: Http::H1 }.start(&endpoints, script.clone())
}

/// Places orders, each with an SKU of its own, and remembers which were acknowledged.
struct Writes {
    version: &'static str,
    acknowledged: Mutex<BTreeMap<String, Value>>,
}

impl Writes {
    fn new(version: &'static str) -> Self {
        Self { version, acknowledged: Mutex::default() }
    }

    fn acknowledged(&self) -> BTreeMap<String, Value> {
        self.acknowledged.lock().expect("no holder panics").clone()
    }

    fn accept(&self, n: u64, answer: &Answer) -> anyhow::Result<()> {
        let order = answer.clone().expect(201)?.json()?;
        expect_release(&order, self.version)?;
        let served_by = format!("order-service/{0}/{0}", self.version);
        ensure!(answer.served_by().last() == Some(&served_by.as_str()), "{:?}", answer.served_by());
        self.acknowledged.lock().expect("no holder panics").insert(self.sku(n), order["id"].clone());
        Ok(())
    }

    fn sku(&self, n: u64) -> String {
        format!("{}-{n}", self.version)
    }
}

impl Script for Writes {
    fn request(&self, n: u64) -> Request<Bytes> {
        post_request("/orders", &shop::new_order(&self.sku(n)))
    }

    fn judge(&self, n: u64, answer: &Answer) -> Result<(), String> {
        self.accept(n, answer).map_err(|error| format!("{error:#}"))
    }
}
