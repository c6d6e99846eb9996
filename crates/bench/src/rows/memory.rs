//! How much memory does each process hold after many requests, and does it grow?

use super::{Found, Scene};
use crate::figure::{Bar, Figure, Row};
use crate::load::{Load, Request, Until};
use crate::rows::scene::Service;
use crate::stats::Spread;

const CONNECTIONS: usize = 32;

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let backend = scene.backend().address;
    for (name, service, path) in [
        ("api-gateway", scene.gateway(backend, backend)?, "/api/users/1"),
        ("user-service", scene.on_sqlite("user-service", "memory-users")?, "/users/1"),
        ("order-service", scene.on_sqlite("order-service", "memory-orders")?, "/orders/1"),
    ] {
        found.figures.extend(grown(scene, name, service, Request::get(path))?);
    }
    Ok(found)
}

fn grown(scene: &Scene, name: &str, service: Service, request: Request) -> anyhow::Result<[Figure; 4]> {
    let (few, many) = if scene.quick { (20_000, 200_000) } else { (200_000, 2_000_000) };
    let server = scene.start(service, None, &request)?;
    let load = Load { address: server.address, connections: CONNECTIONS, request };
    load.run(scene.cores.load, Until::Count(few))?;
    let before = server.process.resident_mb()?;
    load.run(scene.cores.load, Until::Count(many - few))?;
    let after = server.process.resident_mb()?;
    let figure = |what: String, unit, value| Figure::new(Row::Memory, what, unit, Spread::exact(value));
    let held = |count: u64, mb| figure(format!("{name} after {count} requests"), "MB", mb).should_be(Bar::AtMost(10.0));
    let growth = figure(format!("{name}, growth between"), "%", (after / before - 1.0) * 100.0);
    let own = figure(format!("{name}, of it no page of the program"), "MB", server.process.own_mb()?);
    Ok([held(few, before), held(many, after), own, growth.should_be(Bar::AtMost(5.0))])
}
