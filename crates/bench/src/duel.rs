//! Measures several servers so that they can be compared: all of them run at the same time on the same core, but only one
//! is asked at a time, in rounds whose sequence is drawn.

use std::time::Duration;

use rand::seq::SliceRandom;

use crate::load::{Load, Request, Until};
use crate::process::Cores;
use crate::server::Server;

/// A server, and what it is asked.
#[derive(Debug)]
pub struct Candidate {
    /// As it is shown.
    pub name: String,
    /// The server.
    pub server: Server,
    /// What it is asked.
    pub request: Request,
    /// How many requests at a time.
    pub connections: usize,
}

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each candidate's turn comes.
    pub rounds: usize,
    /// How long a turn lasts.
    pub turn: Duration,
}

/// Microseconds of CPU that each candidate used per request, round by round.
///
/// # Errors
/// When a candidate does not answer as it should.
pub fn cpu_per_request(candidates: &[Candidate], effort: Effort, cores: Cores) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut found = vec![Vec::new(); candidates.len()];
    let mut sequence: Vec<usize> = (0..candidates.len()).collect();
    // The first round fills caches and pools; nobody looks at what it costs.
    for round in 0..=effort.rounds {
        sequence.shuffle(&mut rand::rng());
        for &index in &sequence {
            let cost = candidates[index].turn(effort.turn, cores)?;
            if round > 0 {
                found[index].push(cost);
            }
        }
    }
    Ok(found)
}

impl Candidate {
    fn turn(&self, time: Duration, cores: Cores) -> anyhow::Result<f64> {
        let load = Load { address: self.server.address, connections: self.connections, request: self.request.clone() };
        let before = self.server.process.cpu_time()?;
        let answered = load.run(cores.load, Until::Time(time))?;
        let used = self.server.process.cpu_time()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / answered as f64)
    }
}
