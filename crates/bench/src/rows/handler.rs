//! What does a handler cost with every signal on, and what without any?

use super::{Found, Scene};
use crate::duel::{Candidate, cpu_per_request};
use crate::figure::{Bar, Figure, Row};
use crate::instructions::{self, Counted};
use crate::load::Request;
use crate::process::{Process, free_address};
use crate::programs::stand_in;
use crate::rows::scene::Service;
use crate::server::Server;
use crate::stats::Spread;

pub(super) const ALL: &str = "GET /users/{id}, user in memory, all signals on";
const NONE: &str = "the same without signals";

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    match instructions::obstacle() {
        Some(why) => found.absent.push(why),
        None => {
            let all = instructions(scene, false)?;
            let none = instructions(scene, true)?;
            let figure = |what: &str, unit, value| Figure::new(Row::Handler, what, unit, Spread::exact(value));
            found.figures.push(figure(ALL, "instructions", all).should_be(Bar::AtMost(36_000.0)));
            found.figures.push(figure(NONE, "instructions", none));
            found.figures.push(figure("all / none", "x instructions", all / none).should_be(Bar::AtMost(1.7)));
        }
    }
    let candidates = [candidate(scene, false)?, candidate(scene, true)?];
    let costs = cpu_per_request(&candidates, scene.effort, scene.cores)?;
    for (candidate, costs) in candidates.iter().zip(&costs) {
        found.figures.push(Figure::new(Row::Handler, &*candidate.name, "us CPU", Spread::of(costs)));
    }
    found.figures.push(Figure::new(Row::Handler, "all / none", "x CPU", Spread::of_ratios(&costs[0], &costs[1])));
    Ok(found)
}

/// Instructions per request of the handler on a user in memory.
pub(super) fn instructions(scene: &Scene, silent: bool) -> anyhow::Result<f64> {
    let Service { command, address } = handler(scene, silent)?;
    Counted::start(&command, address, &request(), scene.cores)?.per_request(
        &request(),
        scene.counted_requests(),
        scene.cores,
    )
}

fn candidate(scene: &Scene, silent: bool) -> anyhow::Result<Candidate> {
    let Service { command, address } = handler(scene, silent)?;
    let name = if silent { NONE } else { ALL };
    let process = Process::start(command, scene.cores.server, Some(&scene.folder().join("handler.log")))?;
    let server = Server::awaited(name, process, address, &request())?;
    Ok(Candidate { name: name.to_owned(), server, request: request(), connections: 32 })
}

fn handler(scene: &Scene, silent: bool) -> anyhow::Result<Service> {
    let address = free_address()?;
    let mut arguments = vec![address.to_string()];
    arguments.extend(silent.then(|| "--silent".to_owned()));
    let mut command = stand_in("handler", &arguments)?;
    scene.signals(&mut command);
    Ok(Service { command, address })
}

pub(super) fn request() -> Request {
    Request::get("/users/1")
}
