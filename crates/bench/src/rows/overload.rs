//! What becomes of requests, and of memory, when twice as many come as can be served?
//!
//! The whole system is on one core: the gateway and both services, asked for a user's overview, which needs all three.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use probe::{Cause, Latency, Outcome, Plan, Rate};

use super::{Found, Scene};
use crate::figure::{Bar, Figure, Row};
use crate::load::{Load, Request, Until};
use crate::process::on_core;
use crate::server::{self, Server};
use crate::stats::Spread;

/// More callers than any limit of a process, so that it is the process that refuses and not the generator that waits.
const CONNECTIONS: usize = 4000;
/// A caller that has heard nothing for so long counts as hung.
const PATIENCE: Duration = Duration::from_secs(5);
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// Of an answer by a process that is at ease.
const PROMPT: Duration = Duration::from_millis(100);

struct System {
    processes: [(&'static str, Server); 3],
}

pub(super) fn measure(scene: &Scene) -> anyhow::Result<Found> {
    let system = System::start(scene)?;
    let capacity = system.capacity(scene)?;
    let (outcome, peaks) = system.overload(scene, capacity * 2.0)?;
    let back = system.back_to_normal()?;
    let mut figures = answers(&outcome, capacity);
    for ((name, _), peak) in system.processes.iter().zip(peaks) {
        figures.push(figure(format!("{name}, most memory"), "MB", peak));
    }
    figures.push(figure("back to prompt answers after".to_owned(), "s", back).should_be(Bar::AtMost(2.0)));
    Ok(Found { figures, absent: Vec::new() })
}

impl System {
    fn start(scene: &Scene) -> anyhow::Result<Self> {
        let users = scene.on_sqlite("user-service", "overload-users")?;
        let users = scene.start(users, Some("overload-users"), &Request::get("/users/1"))?;
        let orders = scene.on_sqlite("order-service", "overload-orders")?;
        let orders = scene.start(orders, Some("overload-orders"), &Request::get("/orders/1"))?;
        let gateway = scene.gateway(users.address, orders.address)?;
        let gateway = scene.start(gateway, Some("overload-gateway"), &overview())?;
        Ok(Self { processes: [("api-gateway", gateway), ("user-service", users), ("order-service", orders)] })
    }

    fn gateway(&self) -> SocketAddr {
        self.processes[0].1.address
    }

    /// Answers a second to as many callers as it takes to keep it busy.
    fn capacity(&self, scene: &Scene) -> anyhow::Result<f64> {
        let load = Load { address: self.gateway(), connections: 64, request: overview() };
        let time = if scene.quick { Duration::from_secs(2) } else { Duration::from_secs(10) };
        load.run(scene.cores.load, Until::Time(time))?;
        Ok(load.run(scene.cores.load, Until::Time(time))? as f64 / time.as_secs_f64())
    }

    /// What came of an open loop at this rate, and the most memory that each process held.
    fn overload(&self, scene: &Scene, rate: f64) -> anyhow::Result<(Outcome, [f64; 3])> {
        let mut plan = Plan::new(format!("http://{}{}", self.gateway(), overview().path(0)).parse()?);
        plan.rate = Rate::PerSecond(rate);
        plan.duration = Some(Duration::from_secs(if scene.quick { 10 } else { 60 }));
        plan.connections = CONNECTIONS;
        plan.timeout = PATIENCE;
        plan.expect = vec![200, 429, 503];
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let load = scope.spawn(|| {
                let outcome = on_core(scene.cores.load, || outcome_of(plan));
                over.store(true, Ordering::Relaxed);
                outcome
            });
            let mut peaks = [0.0; 3];
            while !over.load(Ordering::Relaxed) {
                for (peak, (_, server)) in peaks.iter_mut().zip(&self.processes) {
                    *peak = f64::max(*peak, server.process.resident_mb()?);
                }
                std::thread::park_timeout(Duration::from_millis(100));
            }
            let outcome = load.join().map_err(|_| anyhow::anyhow!("the load generator panicked"))???;
            Ok((outcome, peaks))
        })
    }

    /// Seconds until an answer is right and prompt again.
    fn back_to_normal(&self) -> anyhow::Result<f64> {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            let answer = server::ask(self.gateway(), &overview());
            if answer.is_ok() && asked.elapsed() < PROMPT {
                return Ok(began.elapsed().as_secs_f64());
            }
            if began.elapsed() > BACK_WITHIN {
                answer.context("it does not come back from an overload")?;
            }
        }
    }
}

fn outcome_of(plan: Plan) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(probe::run(plan, |_| {})))
}

fn overview() -> Request {
    Request::get("/api/users/1/overview")
}

fn answers(outcome: &Outcome, capacity: f64) -> Vec<Figure> {
    let count = |status: u16| outcome.by_status.get(&status).copied().unwrap_or(0);
    let failed = |cause: Cause| outcome.failed.get(&cause).copied().unwrap_or(0);
    let per_second = |count: u64| count as f64 / outcome.duration_seconds;
    let (refused, hung) = (count(429) + count(503), failed(Cause::Timeout) + failed(Cause::Late));
    let other = outcome.sent - count(200) - refused - hung - failed(Cause::Refused);
    vec![
        figure("what it can carry".to_owned(), "requests/s", capacity),
        figure("what came".to_owned(), "requests/s", per_second(outcome.sent)),
        figure("answered with 200".to_owned(), "requests/s", per_second(count(200))),
        figure("refused with 503 or 429".to_owned(), "requests/s", per_second(refused)),
        figure("connections refused".to_owned(), "requests/s", per_second(failed(Cause::Refused))),
        figure("slowest of 99 % of the 200s".to_owned(), "ms", p99(outcome, &[200])),
        figure("slowest of 99 % of the refusals".to_owned(), "ms", p99(outcome, &[429, 503])),
        figure(format!("without an answer in {} s", PATIENCE.as_secs()), "requests", hung as f64)
            .should_be(Bar::AtMost(0.0)),
        figure("cut off, or another status".to_owned(), "requests", other as f64).should_be(Bar::AtMost(0.0)),
    ]
}

fn p99(outcome: &Outcome, statuses: &[u16]) -> f64 {
    let mut all = Latency::default();
    let of_gateway = outcome.latency_by_hop.get("api-gateway/v1").into_iter().flatten();
    of_gateway.filter(|(status, _)| statuses.contains(status)).for_each(|(_, latency)| all.merge(latency));
    all.quantile_ms(0.99)
}

fn figure(what: String, unit: &'static str, value: f64) -> Figure {
    Figure::new(Row::Overload, what, unit, Spread::exact(value))
}
