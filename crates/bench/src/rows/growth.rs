//! Does a request cost more when there are more rows, or more connections?

use anyhow::Context;

use super::{Found, Scene};
use crate::duel::{Candidate, cpu_per_request};
use crate::figure::{Bar, Figure, Row};
use crate::load::Request;
use crate::stats::Spread;
use crate::tables;

const CONNECTIONS: [usize; 3] = [10, 100, 1000];

/// A kind of request whose cost may depend on the number of rows.
struct Kind {
    name: &'static str,
    service: &'static str,
    table: &'static str,
    request: Request,
}

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let sizes: &[u64] = if scene.quick { &[1_000, 100_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    for (service, table) in [("user-service", "users"), ("order-service", "orders")] {
        for size in sizes {
            fill(scene, service, table, *size)?;
        }
    }
    for kind in kinds() {
        let candidates = sizes.iter().map(|size| on_rows(scene, &kind, *size)).collect::<Result<Vec<_>, _>>()?;
        found.figures.extend(curve(scene, kind.name, &candidates)?);
    }
    let candidates = CONNECTIONS.iter().map(|count| over(scene, *count)).collect::<Result<Vec<_>, _>>()?;
    found.figures.extend(curve(scene, "a hop through the gateway", &candidates)?);
    Ok(found)
}

fn kinds() -> [Kind; 3] {
    let order =
        r#"{"user_id":{id},"lines":[{"sku":"tea","quantity":2,"unit_price":{"amount_minor":450,"currency":"EUR"}}]}"#;
    let write = Request { method: "POST", body: order.to_owned(), status: 201, ..Request::get("/orders") };
    let kind = |name, service, table, request| Kind { name, service, table, request };
    [
        kind("a point read", "user-service", "users", Request::get("/users/{id}")),
        kind("a page of 20", "order-service", "orders", Request::get("/orders?limit=20&after={id}")),
        kind("an order write", "order-service", "orders", write),
    ]
}

fn file(table: &str, rows: u64) -> String {
    format!("{table}-{rows}")
}

/// The service makes the tables, so that they are what it makes.
fn fill(scene: &Scene, service: &str, table: &'static str, rows: u64) -> anyhow::Result<()> {
    let file = file(table, rows);
    let path = if table == "users" { "/users/1" } else { "/orders/1" };
    drop(scene.start(scene.on_sqlite(service, &file)?, None, &Request::get(path))?);
    tables::fill(&scene.database(&file), table, rows).with_context(|| format!("{rows} {table}"))
}

fn on_rows(scene: &Scene, kind: &Kind, rows: u64) -> anyhow::Result<Candidate> {
    // The last ids stay free of a page's end, so that each page is full.
    let request = Request { ids: rows - 21, ..kind.request.clone() };
    let service = scene.on_sqlite(kind.service, &file(kind.table, rows))?;
    let server = scene.start(service, Some(&format!("{}-{rows}", kind.service)), &request)?;
    Ok(Candidate { name: format!("{}, {rows} rows", kind.name), server, request, connections: 32 })
}

fn over(scene: &Scene, connections: usize) -> anyhow::Result<Candidate> {
    let backend = scene.backend().address;
    let request = Request::get("/api/users/1");
    let log = format!("gateway-{connections}");
    let server = scene.start(scene.gateway(backend, backend)?, Some(&log), &request)?;
    let name = format!("a hop through the gateway, {connections} connections");
    Ok(Candidate { name, server, request, connections })
}

/// What each costs, and how much the last costs more than the first.
fn curve(scene: &Scene, what: &str, candidates: &[Candidate]) -> anyhow::Result<Vec<Figure>> {
    let costs = cpu_per_request(candidates, scene.effort, scene.cores)?;
    let mut figures: Vec<Figure> = candidates
        .iter()
        .zip(&costs)
        .map(|(candidate, costs)| Figure::new(Row::Growth, &*candidate.name, "us CPU", Spread::of(costs)))
        .collect();
    if let (Some(first), Some(last)) = (costs.first(), costs.last()) {
        let ratio = Spread::of_ratios(last, first);
        figures.push(Figure::new(Row::Growth, format!("{what}, most / least"), "x", ratio).should_be(Bar::AtMost(1.2)));
    }
    Ok(figures)
}
