//! What does a row from SQLite, in the same process, add to a handler?

use super::{Found, Scene, handler};
use crate::figure::{Bar, Figure, Row};
use crate::instructions::{self, Counted};
use crate::rows::scene::Service;
use crate::stats::Spread;

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    if let Some(why) = instructions::obstacle() {
        found.absent.push(why);
        return Ok(found);
    }
    let Service { command, address } = scene.on_sqlite("user-service", "point")?;
    let request = handler::request();
    let mut counted = Counted::start(&command, address, &request, scene.cores)?;
    let read = counted.per_request(&request, scene.counted_requests(), scene.cores)?;
    let memory = handler::instructions(scene, false)?;
    let figure = |what: &str, unit, value| Figure::new(Row::Sqlite, what, unit, Spread::exact(value));
    found.figures.push(figure("user-service GET /users/{id}, all signals on", "instructions", read));
    found.figures.push(figure(handler::ALL, "instructions", memory));
    found.figures.push(figure("SQLite / memory", "x instructions", read / memory).should_be(Bar::AtMost(2.0)));
    Ok(found)
}
