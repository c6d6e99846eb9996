//! Steady load that counts every failure.
//!
//! A request is sent once. One that was sent and got no whole answer is a failure, as it would be for a caller without a
//! sidecar's retries: the services have to end without help.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Display, Formatter},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::Request;
use tokio::{sync::Mutex as AsyncMutex, task::JoinSet, time::timeout};

use crate::{
    connection::{Connection, Http},
    endpoints::Endpoints,
    http::Answer,
    wait::{INTERVAL, eventually},
};

/// A request without an answer after this time has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many workers share an h2c connection.
const STREAMS: usize = 8;

/// How hard to press. Each worker sends its next request when it has the answer to the last one.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests at a time.
    pub workers: usize,
    /// The protocol. Over HTTP/1.1 each worker has a connection to each target, over h2c eight workers share one.
    pub http: Http,
}

/// What is asked and which answers are right.
pub trait Script: Send + Sync + 'static {
    /// The request with the number `n`, counted from 0 over all workers. Its URI is a path.
    fn request(&self, n: u64) -> Request<Bytes>;

    /// Looks at the answer to it: the place to remember what was acknowledged. By default every 2xx is right.
    ///
    /// # Errors
    /// The cause to count the request as failed for.
    fn judge(&self, n: u64, answer: &Answer) -> Result<(), String> {
        let _ = n;
        if answer.status.is_success() { Ok(()) } else { Err(format!("status {}", answer.status.as_u16())) }
    }
}

/// Load that runs until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "the load ends when this is dropped"]
pub struct Running {
    shared: Arc<Shared>,
    workers: JoinSet<()>,
    start: Instant,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Requests with the right answer.
    pub succeeded: u64,
    /// All others, by cause.
    pub failures: BTreeMap<String, u64>,
    /// The longest time from sending to the end of an answer.
    pub slowest: Duration,
    /// How long the load ran.
    pub elapsed: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    report: Mutex<Report>,
}

/// The connections of one worker, or of a few over h2c.
#[derive(Debug)]
struct Lane {
    http: Http,
    open: AsyncMutex<HashMap<SocketAddr, Connection>>,
}

impl Load {
    /// Starts sending to whatever is ready.
    pub fn start(self, endpoints: &Endpoints, script: Arc<impl Script>) -> Running {
        let shared = Arc::new(Shared::default());
        let lanes: Vec<_> = (0..self.lanes()).map(|_| Arc::new(Lane::new(self.http))).collect();
        let mut workers = JoinSet::new();
        for worker in 0..self.workers {
            let lane = lanes[worker % lanes.len()].clone();
            workers.spawn(work(shared.clone(), lane, endpoints.clone(), script.clone()));
        }
        Running { shared, workers, start: Instant::now() }
    }

    fn lanes(self) -> usize {
        match self.http {
            Http::H1 => self.workers,
            Http::H2c => self.workers.div_ceil(STREAMS),
        }
    }
}

impl Running {
    /// Requests that are done with, whatever came of them.
    pub fn done(&self) -> u64 {
        let report = self.shared.report();
        report.succeeded + report.failed()
    }

    /// Waits until this many more requests are done with.
    ///
    /// # Errors
    /// When they are not within `deadline`.
    pub async fn wait_more(&self, requests: u64, deadline: Duration) -> anyhow::Result<()> {
        self.wait_done(self.done() + requests, deadline).await
    }

    /// Waits until this many requests in all are done with.
    ///
    /// # Errors
    /// When they are not within `deadline`.
    pub async fn wait_done(&self, requests: u64, deadline: Duration) -> anyhow::Result<()> {
        let waited = eventually(deadline, "the load goes on", async || {
            ensure!(self.done() >= requests, "{} of {requests} requests", self.done());
            Ok(())
        });
        waited.await.with_context(|| format!("{}", *self.shared.report()))
    }

    /// Lets the requests in flight finish and tells what came of all.
    pub async fn stop(mut self) -> Report {
        self.shared.stop.store(true, Ordering::Release);
        while self.workers.join_next().await.is_some() {}
        let mut report = self.shared.report().clone();
        report.elapsed = self.start.elapsed();
        report
    }
}

impl Report {
    /// The number of failed requests.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Passes when nothing failed and at least `requests` were sent.
    ///
    /// # Errors
    /// With the whole report.
    pub fn expect_flawless(&self, requests: u64) -> anyhow::Result<()> {
        ensure!(self.failures.is_empty() && self.succeeded >= requests, "flawless {requests} expected: {self}");
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed of {}", self.failed(), self.failed() + self.succeeded)?;
        for (cause, count) in &self.failures {
            write!(f, ", {count} x {cause}")?;
        }
        write!(f, ", in {:.1} s, slowest {} ms", self.elapsed.as_secs_f64(), self.slowest.as_millis())
    }
}

impl Shared {
    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().expect("no holder of the report panics")
    }

    fn count(&self, outcome: Result<Duration, String>) {
        let mut report = self.report();
        match outcome {
            Ok(elapsed) => {
                report.succeeded += 1;
                report.slowest = report.slowest.max(elapsed);
            }
            Err(cause) => *report.failures.entry(cause).or_default() += 1,
        }
    }
}

impl Lane {
    fn new(http: Http) -> Self {
        Self { http, open: AsyncMutex::default() }
    }

    async fn send(&self, addr: SocketAddr, request: Request<Bytes>) -> anyhow::Result<Answer> {
        let mut connection = self.connection(addr).await?;
        let answer = connection.send(request).await?;
        if self.http == Http::H1 {
            self.open.lock().await.insert(addr, connection);
        }
        Ok(answer)
    }

    /// A usable connection. Opening a new one in place of one that the server has closed is no retry: nothing was sent.
    async fn connection(&self, addr: SocketAddr) -> anyhow::Result<Connection> {
        let mut open = self.open.lock().await;
        let mut kept = open.remove(&addr);
        let usable = match &mut kept {
            Some(connection) => connection.is_usable().await,
            None => false,
        };
        let connection = match kept.filter(|_| usable) {
            Some(connection) => connection,
            None => Connection::open(addr, self.http).await?,
        };
        if let Some(shared) = connection.share() {
            open.insert(addr, shared);
        }
        Ok(connection)
    }
}

async fn work(shared: Arc<Shared>, lane: Arc<Lane>, endpoints: Endpoints, script: Arc<impl Script>) {
    while !shared.stop.load(Ordering::Acquire) {
        let Some(addr) = endpoints.pick() else {
            tokio::time::sleep(INTERVAL).await;
            continue;
        };
        let n = shared.next.fetch_add(1, Ordering::Relaxed);
        let answer = timeout(PATIENCE, lane.send(addr, script.request(n))).await;
        shared.count(match answer {
            Ok(Ok(answer)) => script.judge(n, &answer).map(|()| answer.elapsed),
            Ok(Err(error)) => Err(format!("{error:#}")),
            Err(_) => Err(format!("no answer within {PATIENCE:?}")),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::{fake, http::get_request};

    use super::*;

    /// Asks each path in turn.
    struct Paths(&'static [&'static str]);

    impl Script for Paths {
        fn request(&self, n: u64) -> Request<Bytes> {
            get_request(self.0[n as usize % self.0.len()])
        }
    }

    async fn run(http: Http, addr: SocketAddr, paths: &'static [&'static str]) -> Report {
        let endpoints = Endpoints::default();
        endpoints.add_always(addr);
        let load = Load { workers: 4, http }.start(&endpoints, Arc::new(Paths(paths)));
        load.wait_done(100, Duration::from_secs(10)).await.expect("it goes on");
        load.stop().await
    }

    #[tokio::test]
    async fn good_answers_are_no_failures() {
        for http in [Http::H1, Http::H2c] {
            let report = run(http, fake::serve(|_| Some(204)).await, &["/"]).await;
            report.expect_flawless(100).expect("every answer is right");
        }
    }

    #[tokio::test]
    async fn a_wrong_status_and_a_missing_answer_are_failures_with_their_cause() {
        for http in [Http::H1, Http::H2c] {
            let addr = fake::serve(|path| (path != "/cut").then(|| if path == "/good" { 200 } else { 500 })).await;
            let report = run(http, addr, &["/good", "/bad", "/cut", "/good"]).await;
            assert!(report.failures["status 500"] >= 25, "{report}");
            assert!(
                report.failures.iter().any(|(cause, count)| cause.starts_with("no answer") && *count >= 25),
                "{report}"
            );
            assert!(report.succeeded >= 50, "{report}");
            report.expect_flawless(1).expect_err("it is not");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_a_failure() {
        let gone =
            tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound");
        let report = run(Http::H1, gone, &["/"]).await;
        assert!(report.succeeded == 0 && report.failed() >= 100, "{report}");
    }
}
