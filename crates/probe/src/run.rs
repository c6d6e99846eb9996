//! Runs a plan and counts what comes back.

use std::{
    fmt::{self, Debug, Formatter},
    future::{self, Future},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval_at, timeout_at},
};

use crate::{
    answer::Answer,
    client::Client,
    failure::{Cause, Failure},
    outcome::Outcome,
    plan::{Plan, Rate},
};

/// How many requests of an open loop are under way or wait for a connection at most.
const MAX_IN_FLIGHT: usize = 10_000;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(1);

/// A load under way. It ends when this is dropped.
#[derive(Debug)]
#[must_use = "the load ends when this is dropped"]
pub struct Running {
    shared: Arc<Shared>,
    driver: JoinSet<()>,
}

/// Told of each request's number and what came of it, in the order in which they end: the place to remember what was
/// acknowledged. It is called between requests and should be quick.
pub trait Observe: Send + Sync + 'static {
    /// A request has ended.
    fn ended(&self, n: u64, result: &Result<Answer, Failure>);
}

struct Shared {
    plan: Plan,
    client: Client,
    observer: Box<dyn Observe>,
    start: Instant,
    next: AtomicU64,
    stop: watch::Sender<bool>,
    outcome: Mutex<Outcome>,
}

/// Sends the first request of a plan, and nothing more.
///
/// # Errors
/// When there is no whole answer within the plan's timeout.
pub async fn call(plan: &Plan) -> Result<Answer, Failure> {
    Client::new(plan).send(plan.request(0), Instant::now()).await
}

/// Runs a plan to its end, telling how far it is each second.
pub async fn run(plan: Plan, on_progress: impl FnMut(&Outcome)) -> Outcome {
    run_until(plan, future::pending(), on_progress).await
}

/// The same, but starts no further request once `stop` is ready.
pub async fn run_until(plan: Plan, stop: impl Future<Output = ()>, mut on_progress: impl FnMut(&Outcome)) -> Outcome {
    let mut running = Running::start(plan);
    let mut ticks = interval_at(Instant::now() + PROGRESS, PROGRESS);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = running.ended() => return running.outcome(),
            () = &mut stop => return running.stop().await,
            _ = ticks.tick() => on_progress(&running.outcome()),
        }
    }
}

impl Running {
    /// Starts a plan, which then runs beside the caller.
    pub fn start(plan: Plan) -> Self {
        Self::start_observed(plan, |_: u64, _: &Result<Answer, Failure>| {})
    }

    /// The same with somebody who sees each answer.
    pub fn start_observed(plan: Plan, observer: impl Observe) -> Self {
        let shared = Arc::new(Shared {
            client: Client::new(&plan),
            plan,
            observer: Box::new(observer),
            start: Instant::now(),
            next: AtomicU64::new(0),
            stop: watch::Sender::new(false),
            outcome: Mutex::default(),
        });
        let mut driver = JoinSet::new();
        driver.spawn(drive(shared.clone()));
        Self { shared, driver }
    }

    /// What has come back so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.shared.snapshot()
    }

    /// Waits until the plan has come to its end, which one without count and duration never does.
    pub async fn ended(&mut self) {
        join_all(&mut self.driver).await;
    }

    /// Starts no further request, waits for those under way and tells what came of all.
    pub async fn stop(mut self) -> Outcome {
        self.shared.stop.send_replace(true);
        self.ended().await;
        self.outcome()
    }
}

impl<F: Fn(u64, &Result<Answer, Failure>) + Send + Sync + 'static> Observe for F {
    fn ended(&self, n: u64, result: &Result<Answer, Failure>) {
        self(n, result);
    }
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().expect("no holder of the counts panics")
    }

    fn snapshot(&self) -> Outcome {
        Outcome { reconnects: self.client.reconnects(), ..self.counts().clone() }
    }

    /// The number of the request that is due then; `None` when the plan is over.
    fn claim(&self, due: Instant) -> Option<u64> {
        let over = self.plan.duration.is_some_and(|duration| due >= self.start + duration);
        if over || *self.stop.borrow() {
            return None;
        }
        let within = |n: u64| self.plan.count.is_none_or(|count| n < count).then_some(n + 1);
        let n = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).ok()?;
        self.counts().sent += 1;
        Some(n)
    }

    async fn send(&self, n: u64, due: Instant) {
        let result = self.client.send(self.plan.request(n), due).await;
        self.record(n, due, &result);
    }

    fn record(&self, n: u64, due: Instant, result: &Result<Answer, Failure>) {
        let expected = result.as_ref().is_ok_and(|answer| self.plan.expects(answer.status.as_u16()));
        {
            let mut counts = self.counts();
            counts.duration_seconds = self.start.elapsed().as_secs_f64();
            counts.record(n, result, due.elapsed(), expected);
        }
        self.observer.ended(n, result);
    }

    /// Whether that moment has come before the load was stopped.
    async fn reaches(&self, due: Instant) -> bool {
        let mut stop = self.stop.subscribe();
        timeout_at(due, stop.wait_for(|stop| *stop)).await.is_err()
    }
}

impl Debug for Shared {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("plan", &self.plan).finish_non_exhaustive()
    }
}

async fn drive(shared: Arc<Shared>) {
    match shared.plan.rate {
        Rate::PerSecond(rate) => open_loop(shared, rate).await,
        Rate::Closed { workers } => closed_loop(shared, workers).await,
    }
}

/// Each request has its moment, and its time runs from there, whether or not it could be sent then: a server that stands
/// still for a second has made a second's requests wait.
async fn open_loop(shared: Arc<Shared>, rate: f64) {
    let mut requests = JoinSet::new();
    for slot in 0_u64.. {
        let due = shared.start + Duration::from_secs_f64(slot as f64 / rate);
        if !shared.reaches(due).await {
            break;
        }
        let Some(n) = shared.claim(due) else { break };
        while requests.try_join_next().is_some_and(passed_on) {}
        if requests.len() < MAX_IN_FLIGHT {
            let shared = shared.clone();
            requests.spawn(async move { shared.send(n, due).await });
        } else {
            let failure = Failure::new(Cause::Late, format!("{MAX_IN_FLIGHT} requests were under way"));
            shared.record(n, due, &Err(failure));
        }
    }
    join_all(&mut requests).await;
}

async fn closed_loop(shared: Arc<Shared>, workers: usize) {
    let mut running = JoinSet::new();
    for _ in 0..workers {
        let shared = shared.clone();
        running.spawn(async move {
            loop {
                let due = Instant::now();
                let Some(n) = shared.claim(due) else { break };
                shared.send(n, due).await;
            }
        });
    }
    join_all(&mut running).await;
}

async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some_and(passed_on) {}
}

/// A panic, which only an observer can cause, goes on to whoever waits.
fn passed_on(joined: Result<(), tokio::task::JoinError>) -> bool {
    match joined.map_err(tokio::task::JoinError::try_into_panic) {
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        _ => true,
    }
}
