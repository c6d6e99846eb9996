//! A repeated `Idempotency-Key` makes no second order, however many repeats come at the same time.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use bytes::Bytes;
use e2e::{
    connection::{Connection, Http},
    http::{Answer, post_request},
    postgres::Postgres,
    report::figure,
    service::Service,
    shop, stack, token,
};
use http::{HeaderValue, Request};
use tokio::task::JoinSet;

const KEYS: usize = 100;
const REQUESTS: usize = 1_000;

/// Over h2c a few connections carry all requests at the same time.
const CONNECTIONS: usize = 10;

/// A thousand requests at once on a development build: the queue for the database takes longer than the default patience.
const PATIENT: [(&str, &str); 2] = [("DATABASE_ACQUIRE_TIMEOUT_MS", "30000"), ("UPSTREAM_TIMEOUT_MS", "30000")];

#[tokio::test]
async fn a_thousand_requests_over_a_hundred_keys_make_a_hundred_orders_on_sqlite() -> anyhow::Result<()> {
    let users = Service::start_ready("user-service", &PATIENT).await?;
    let orders = stack::orders(&users, &PATIENT).await?;
    check("sqlite", &users, &[orders]).await
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_thousand_requests_over_a_hundred_keys_make_a_hundred_orders_on_postgresql() -> anyhow::Result<()> {
    let postgres = Postgres::start().await?;
    let (users, orders) = (postgres.database("users").await?, postgres.database("orders").await?);
    let users = Service::start_ready("user-service", &stack::with(&PATIENT, &[("DATABASE_URL", &users)])).await?;
    let env = stack::with(&PATIENT, &[("DATABASE_URL", &orders)]);
    let replicas = [stack::orders(&users, &env).await?, stack::orders(&users, &env).await?];
    check("postgresql, two replicas", &users, &replicas).await
}

/// Once at the service itself, the repeats of a key spread over its replicas, and once through the gateway.
async fn check(database: &str, users: &Service, orders: &[Service]) -> anyhow::Result<()> {
    let gateway = [stack::gateway(users, &orders[0], &PATIENT).await?];
    for (fronts, path) in [(orders, "/orders"), (&gateway, "/api/orders")] {
        let list = format!("{}/orders", orders[0].url());
        let before = shop::all(&list).await?.len();
        let answers = storm(fronts, path).await?;
        for (key, answers) in &answers {
            expect_one_result(answers).with_context(|| format!("{path} {key}"))?;
        }
        let made = shop::all(&list).await?.len() - before;
        figure(&format!("idempotency, {database}, {path}: orders made by {REQUESTS} requests over {KEYS} keys"), made);
        ensure!(made == KEYS && answers.len() == KEYS, "{made} orders for {} keys", answers.len());
    }
    Ok(())
}

fn expect_one_result(answers: &[Answer]) -> anyhow::Result<()> {
    ensure!(answers.len() == REQUESTS / KEYS, "{} answers", answers.len());
    let first = &answers[0];
    for answer in answers {
        ensure!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
        ensure!(answer.body == first.body, "{} differs from {}", answer.text(), first.text());
    }
    Ok(())
}

/// Sends all requests at once; the answers by key.
async fn storm(fronts: &[Service], path: &str) -> anyhow::Result<BTreeMap<String, Vec<Answer>>> {
    let mut connections = Vec::new();
    for front in fronts.iter().cycle().take(CONNECTIONS) {
        connections.push(Connection::open(front.addr(), Http::H2c).await?);
    }
    let mut requests = JoinSet::new();
    for n in 0..REQUESTS {
        // The repeats of a key are on different connections.
        let mut connection = connections[(n / KEYS) % CONNECTIONS].share().context("h2c is shared")?;
        let key = format!("{path}-key-{}", n % KEYS);
        let request = request(path, &key)?;
        requests.spawn(async move { anyhow::Ok((key, connection.send(request).await?)) });
    }
    let mut answers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    while let Some(answered) = requests.join_next().await {
        let (key, answer) = answered??;
        answers.entry(key).or_default().push(answer);
    }
    Ok(answers)
}

/// The repeats of a key have one body, as a caller that tries again sends it.
fn request(path: &str, key: &str) -> anyhow::Result<Request<Bytes>> {
    let mut request = post_request(path, &shop::new_order("IDEMPOTENT-1"));
    request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key)?);
    request.headers_mut().insert("authorization", HeaderValue::from_str(&token::bearer("e2e"))?);
    Ok(request)
}
