//! What does a hop through the gateway cost, against proxies that people know and against a client for each request?

use anyhow::ensure;
use serde_json::Value;

use super::{Found, Scene};
use crate::duel::{Candidate, cpu_per_request};
use crate::figure::{Bar, Figure, Row};
use crate::instructions::{self, Counted};
use crate::load::Request;
use crate::peers::{self, Absent, Hop, Log, Peer};
use crate::process::{Process, free_address};
use crate::programs::stand_in;
use crate::server::Server;
use crate::stats::Spread;

const CONNECTIONS: usize = 32;
const GATEWAY: &str = "api-gateway, all signals on";
const NGINX: &str = "nginx, access log";
const ENVOY: &str = "Envoy, access log";
const CLASSIC: &str = "a client per request";

type MakePeer = fn(Hop<'_>) -> Peer;

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let candidates = candidates(scene, &mut found.absent)?;
    let costs = cpu_per_request(&candidates, scene.effort, scene.cores)?;
    for (candidate, costs) in candidates.iter().zip(&costs) {
        found.figures.push(Figure::new(Row::Hop, &*candidate.name, "us CPU", Spread::of(costs)));
    }
    let of = |name: &str| candidates.iter().position(|candidate| candidate.name == name).map(|place| &costs[place]);
    for (above, below, bar) in [
        (GATEWAY, NGINX, Some(Bar::AtMost(1.4))),
        (GATEWAY, ENVOY, Some(Bar::AtMost(0.5))),
        (CLASSIC, GATEWAY, Some(Bar::AtLeast(100.0))),
        (GATEWAY, "nginx, access log gathered", None),
        (GATEWAY, "hyper alone", None),
    ] {
        if let (Some(numerator), Some(denominator)) = (of(above), of(below)) {
            let ratio = Spread::of_ratios(numerator, denominator);
            let figure = Figure::new(Row::Hop, format!("{above} / {below}"), "x", ratio);
            found.figures.push(Figure { bar, ..figure });
        }
    }
    drop(candidates);
    count(scene, &mut found)?;
    Ok(found)
}

/// All of them running, each having given a right answer.
fn candidates(scene: &Scene, absent: &mut Vec<String>) -> anyhow::Result<Vec<Candidate>> {
    let backend = scene.backend();
    let mut candidates = vec![gateway(scene)?];
    let peers: [(&str, MakePeer); 6] = [
        (NGINX, |hop| peers::nginx(hop, Log::Lines)),
        ("nginx, access log gathered", |hop| peers::nginx(hop, Log::Gathered)),
        ("nginx, no access log", |hop| peers::nginx(hop, Log::Off)),
        (ENVOY, peers::envoy),
        ("hyper alone", hyper),
        (CLASSIC, peers::client_per_request),
    ];
    for (name, peer) in peers {
        let hop = Hop { listen: free_address()?, upstream: backend.address, folder: scene.folder() };
        match peer(hop) {
            Err(Absent(why)) => absent.push(why),
            Ok(command) => {
                let process = Process::start(command, scene.cores.server, None)?;
                let server = Server::awaited(name, process, hop.listen, &request())?;
                ensure!(is_passed_on(&server.body, &backend.body)?, "{name} answers {}", server.body);
                candidates.push(Candidate {
                    name: name.to_owned(),
                    server,
                    request: request(),
                    connections: CONNECTIONS,
                });
            }
        }
    }
    Ok(candidates)
}

/// As it is or in the gateway's envelope, whatever the sequence of its keys.
fn is_passed_on(answer: &str, original: &str) -> serde_json::Result<bool> {
    let answer: Value = serde_json::from_str(answer)?;
    let original: Value = serde_json::from_str(original)?;
    Ok(*answer.get("data").unwrap_or(&answer) == original)
}

fn gateway(scene: &Scene) -> anyhow::Result<Candidate> {
    let backend = scene.backend();
    let service = scene.gateway(backend.address, backend.address)?;
    let server = scene.start(service, Some("gateway"), &request())?;
    let expected = format!(r#"{{"service":"user-service","data":{}}}"#, backend.body);
    ensure!(server.body == expected, "the gateway answers {}", server.body);
    Ok(Candidate { name: GATEWAY.to_owned(), server, request: request(), connections: CONNECTIONS })
}

fn hyper(hop: Hop<'_>) -> Peer {
    let arguments = [hop.listen.to_string(), hop.upstream.to_string()];
    stand_in("proxy", &arguments).map_err(|error| Absent(format!("hyper alone: {error:#}")))
}

fn request() -> Request {
    Request::get("/api/users/1")
}

/// Instructions of those that valgrind can run.
fn count(scene: &Scene, found: &mut Found) -> anyhow::Result<()> {
    if let Some(why) = instructions::obstacle() {
        found.absent.push(why);
        return Ok(());
    }
    let backend = scene.backend().address;
    let gateway = scene.gateway(backend, backend)?;
    let mut commands = vec![(GATEWAY, gateway.address, gateway.command)];
    let hop = |listen| Hop { listen, upstream: backend, folder: scene.folder() };
    let (first, second) = (free_address()?, free_address()?);
    commands.extend(peers::nginx(hop(first), Log::Lines).ok().map(|command| (NGINX, first, command)));
    commands.extend(hyper(hop(second)).ok().map(|command| ("hyper alone", second, command)));
    for (name, address, command) in commands {
        let mut counted = Counted::start(&command, address, &request(), scene.cores)?;
        let instructions = counted.per_request(&request(), scene.counted_requests(), scene.cores)?;
        found.figures.push(Figure::new(Row::Hop, name, "instructions", Spread::exact(instructions)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_answer_is_right_with_and_without_the_envelope_and_wrong_with_other_data() {
        let is_passed_on = |answer| super::is_passed_on(answer, r#"{"id":1,"name":"Ada"}"#).expect("JSON");
        assert!(is_passed_on(r#"{"name":"Ada","id":1}"#));
        assert!(is_passed_on(r#"{"service":"user-service","data":{"name":"Ada","id":1}}"#));
        assert!(!is_passed_on(r#"{"service":"user-service","data":null}"#));
    }
}
