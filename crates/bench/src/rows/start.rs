//! How long after its start does a process answer, on a database that exists?

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::{Found, Scene};
use crate::figure::{Bar, Figure, Row};
use crate::load::Request;
use crate::process::Process;
use crate::rows::scene::Service;
use crate::stats::Spread;

type Prepare<'a> = &'a dyn Fn() -> anyhow::Result<Service>;

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let starts = if scene.quick { 5 } else { 15 };
    let backend = scene.backend().address;
    let gateway = || scene.gateway(backend, backend);
    let users = || scene.on_sqlite("user-service", "start-users");
    let orders = || scene.on_sqlite("order-service", "start-orders");
    let services: [(&str, &str, Prepare<'_>); 3] = [
        ("api-gateway", "/api/users/1", &gateway),
        ("user-service", "/users/1", &users),
        ("order-service", "/orders/1", &orders),
    ];
    for (name, path, service) in services {
        // This start makes the database.
        drop(scene.start(service()?, None, &Request::get(path))?);
        let times: Vec<f64> = (0..starts).map(|_| first_answer(scene, service()?, path)).collect::<Result<_, _>>()?;
        let figure = Figure::new(Row::Start, name, "ms", Spread::of(&times));
        found.figures.push(figure.should_be(Bar::AtMost(20.0)));
    }
    Ok(found)
}

/// Milliseconds from before the process exists to the first 200. Asks again and again, from another core.
fn first_answer(scene: &Scene, service: Service, path: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    let process = Process::start(service.command, scene.cores.server, None)?;
    while !answers(service.address, path) {
        ensure!(began.elapsed() < Duration::from_secs(10), "process {} does not answer", process.id());
        std::thread::yield_now();
    }
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> anyhow::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { bail!("not yet") }
    };
    ask().is_ok()
}
