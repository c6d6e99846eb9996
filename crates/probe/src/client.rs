//! Sends requests over a bounded set of connections: no redirect, no retry.
//!
//! A kept connection may turn out closed when it is wanted again. As long as no byte of the request was written, another
//! one takes its place; that is counted, as it shows how often a server ends connections. After the first byte there is no
//! second chance.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header::CONNECTION};
use http_body_util::Full;
use tokio::{
    sync::{Mutex as AsyncMutex, Semaphore},
    time::{Instant, timeout_at},
};

use crate::{
    answer::Answer,
    connection::{Connection, SendError},
    failure::{Cause, Failure},
    plan::{Http, Plan},
    target::Target,
};

/// How many requests at a time an h2c connection carries: the least that servers are asked to allow.
const STREAMS: usize = 100;

#[derive(Debug)]
pub(crate) struct Client {
    target: Target,
    http: Http,
    timeout: Duration,
    keep: bool,
    free: Semaphore,
    /// Over HTTP/1.1: open and not in use, used in turn, so that the end of any of them shows.
    idle: Mutex<VecDeque<Connection>>,
    /// Over h2c: each carries many requests. The lock is held while connecting, so that the others wait for it.
    shared: Vec<AsyncMutex<Option<Connection>>>,
    next: AtomicUsize,
    reconnects: AtomicU64,
}

struct Lease {
    connection: Connection,
    kept: bool,
}

impl Client {
    pub(crate) fn new(plan: &Plan) -> Self {
        let (streams, shared) = match plan.http {
            Http::H1 => (1, 0),
            Http::H2c => (STREAMS, plan.connections),
        };
        Self {
            target: plan.url.clone(),
            http: plan.http,
            timeout: plan.timeout,
            keep: !plan.fresh_connections,
            free: Semaphore::new((plan.connections * streams).min(Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
            shared: (0..shared).map(|_| AsyncMutex::default()).collect(),
            next: AtomicUsize::new(0),
            reconnects: AtomicU64::new(0),
        }
    }

    /// How often a kept connection turned out closed.
    pub(crate) fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Relaxed)
    }

    /// The whole answer to a request that was due then, or why there is none.
    pub(crate) async fn send(&self, request: Request<Bytes>, due: Instant) -> Result<Answer, Failure> {
        let free = timeout_at(due + self.timeout, self.free.acquire()).await;
        let _permit = free.map_err(|_| Failure::new(Cause::Late, "no connection became free in time"))?;
        self.exchange(request.map(Full::new), Instant::now() + self.timeout).await
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>, deadline: Instant) -> Result<Answer, Failure> {
        loop {
            let lease = timeout_at(deadline, self.lease()).await;
            let mut lease = lease.map_err(|_| Failure::new(Cause::Timeout, "no connection in time"))??;
            let sent = timeout_at(deadline, lease.connection.send(request)).await;
            match sent.map_err(|_| Failure::new(Cause::Timeout, "no whole answer in time"))? {
                Ok(answer) => {
                    self.put_back(lease.connection, &answer);
                    return Ok(answer);
                }
                Err(SendError::Unsent(unsent, _)) if lease.kept => {
                    self.count_reconnect();
                    request = *unsent;
                }
                Err(error) => return Err(error.into_failure()),
            }
        }
    }

    async fn lease(&self) -> Result<Lease, Failure> {
        if self.keep && self.http == Http::H2c {
            return self.lease_shared().await;
        }
        match self.kept() {
            Some(connection) => Ok(Lease { connection, kept: true }),
            None => Ok(Lease { connection: self.open().await?, kept: false }),
        }
    }

    async fn lease_shared(&self) -> Result<Lease, Failure> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.shared[turn % self.shared.len()].lock().await;
        if let Some(open) = slot.as_ref().filter(|open| !open.is_closed()) {
            let connection = open.share().expect("h2c connections can be shared");
            return Ok(Lease { connection, kept: true });
        }
        if slot.take().is_some() {
            self.count_reconnect();
        }
        let connection = self.open().await?;
        *slot = connection.share();
        Ok(Lease { connection, kept: false })
    }

    fn kept(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(connection) = idle.pop_front() {
            if !connection.is_closed() {
                return Some(connection);
            }
            self.count_reconnect();
        }
        None
    }

    fn put_back(&self, connection: Connection, answer: &Answer) {
        let announced = answer.header(CONNECTION.as_str()).is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if self.keep && self.http == Http::H1 && !announced {
            self.idle().push_back(connection);
        }
    }

    async fn open(&self) -> Result<Connection, Failure> {
        Connection::open(&self.target, self.http).await
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Connection>> {
        self.idle.lock().expect("no holder of the idle connections panics")
    }

    fn count_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }
}
