//! Puts the concerns of a process together: start, bind, run until asked to go.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum_prometheus::metrics_exporter_prometheus::BuildError;
use http::HeaderMap;
use tokio::sync::oneshot;

use crate::admin::Admin;
use crate::client::Client;
use crate::config::{Args, DrainArgs};
use crate::crowd::Crowd;
use crate::edge::{Edge, InboundFilter};
use crate::faults::Faults;
use crate::health::Health;
use crate::identity::{Identity, Workload};
use crate::logs::Log;
use crate::metrics::Metrics;
use crate::server::Server;
use crate::shutdown;
use crate::telemetry::{self, Telemetry, TelemetryError};

/// A process that can log, count and call, and does not listen yet.
pub struct Runtime {
    args: Args,
    identity: Identity,
    health: Health,
    metrics: Metrics,
    telemetry: Telemetry,
    client: Client,
    filter: Option<InboundFilter>,
}

/// A process that listens on both ports and serves when [`run_until`](Bound::run_until) is awaited.
#[must_use = "a bound port answers nothing until `run_until` is awaited"]
#[derive(Debug)]
pub struct Bound {
    service: Server,
    admin: Server,
    drain: DrainArgs,
    health: Health,
    telemetry: Telemetry,
}

/// Why a process could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Logs or traces.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Metrics.
    #[error("metrics cannot be recorded")]
    Metrics(#[from] BuildError),
    /// The outbound client.
    #[error("the outbound client cannot be made")]
    Client(#[from] reqwest::Error),
    /// A port.
    #[error("{variable}: cannot listen on {addr}")]
    Bind {
        /// The variable that sets the address.
        variable: &'static str,
        /// The address.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why a process did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Requests in flight were cut off.
    #[error("requests were still in flight after DRAIN_TIMEOUT_MS")]
    Deadline,
    /// A second signal ended the drain.
    #[error("a second signal ended the drain")]
    Aborted,
}

/// Starts logs, traces and metrics of the process: once a process, in the tokio runtime, before all else.
///
/// # Errors
/// See [`StartError`].
pub fn start(workload: &Workload, args: &Args) -> Result<Runtime, StartError> {
    let identity = args.identity(workload);
    let metrics = Metrics::install(&identity)?;
    let telemetry = telemetry::init(&args.telemetry, &identity)?;
    let client = Client::new(&args.client)?.named(&identity);
    Ok(Runtime { args: args.clone(), identity, health: Health::default(), metrics, telemetry, client, filter: None })
}

impl Runtime {
    /// Who this process is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where conditions for readiness are added.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The one outbound client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Changes inbound headers before any of them is carried on, for example to refuse `x-canary`.
    #[must_use]
    pub fn with_inbound_filter(mut self, filter: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> Self {
        self.filter = Some(Arc::new(filter));
        self
    }

    /// Opens both ports for `app`, whose interface is described by `openapi`.
    ///
    /// # Errors
    /// [`StartError::Bind`], with the variable that sets the address.
    pub async fn bind(self, app: Router, openapi: serde_json::Value) -> Result<Bound, StartError> {
        let faults = Faults::new(&self.args.faults);
        let admin = self.admin(&faults, &openapi).router();
        let Self { args, identity, health, metrics, telemetry, filter, .. } = self;
        let listen = &args.listen;
        let crowd = Crowd::of(listen.max_requests_in_flight);
        let edge = Edge::new(&identity, telemetry.sampling.clone(), telemetry.log.clone(), crowd, faults, filter);
        let app = edge.around(app, metrics.requests());
        let service = bind("LISTEN_ADDR", listen.listen_addr, app, &args)?;
        let admin = bind("ADMIN_ADDR", listen.admin_addr, admin, &args)?;
        let (addr, admin_addr) = (service.addr(), admin.addr());
        announce(&telemetry.log, addr, admin_addr);
        Ok(Bound { service, admin, drain: args.drain, health, telemetry })
    }

    fn admin(&self, faults: &Faults, openapi: &serde_json::Value) -> Admin {
        Admin {
            health: self.health.clone(),
            metrics: self.metrics.clone(),
            identity: self.identity.clone(),
            filter: self.telemetry.filter.clone(),
            faults: faults.clone(),
            openapi: openapi.to_string().into(),
        }
    }
}

impl Bound {
    /// The address of the service port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.service.addr()
    }

    /// The address of the admin port.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin.addr()
    }

    /// Serves until `shutdown` completes, then goes step by step: not ready, wait until endpoints have
    /// noticed, accept no more, finish what is in flight, send the last spans, write the log out.
    ///
    /// The admin port answers to the end, so that a probe sees "not ready" rather than a refused connection.
    ///
    /// # Errors
    /// When requests were cut off, by the deadline or by a second signal.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { service, admin, drain, health, telemetry } = self;
        let admin = tokio::spawn(admin.run(std::future::pending(), drain.drain_timeout_ms));
        let draining = service.draining();
        let (started, start) = oneshot::channel();
        let stop = async move {
            shutdown.await;
            tracing::info!("Draining: not ready, serving for {} ms more", drain.drain_delay_ms.as_millis());
            health.drain();
            draining.begin();
            drop(started);
            tokio::time::sleep(drain.drain_delay_ms).await;
        };
        let outcome = tokio::select! {
            finished = service.run(stop, drain.drain_timeout_ms) => finished.then_some(()).ok_or(ServeError::Deadline),
            () = second_signal(start) => Err(ServeError::Aborted),
        };
        match &outcome {
            Ok(()) => tracing::info!("Drained: every request was answered"),
            Err(error) => tracing::error!("Stopped: {error}"),
        }
        admin.abort();
        telemetry.shutdown().await;
        outcome
    }
}

/// A signal after the drain has begun: the operator does not want to wait.
async fn second_signal(drain: oneshot::Receiver<()>) {
    let _ = drain.await;
    shutdown::signal().await;
}

/// Written whatever `RUST_LOG` says, and at once: whoever asked for port 0 waits for this line.
fn announce(log: &Log, addr: SocketAddr, admin_addr: SocketAddr) {
    let mut line = log.line("INFO", "Listening");
    line.text("addr", &addr.to_string());
    line.text("admin_addr", &admin_addr.to_string());
    log.write(line);
    log.flush();
}

fn bind(variable: &'static str, addr: SocketAddr, app: Router, args: &Args) -> Result<Server, StartError> {
    let server = Server::bind(addr, app, args.listen.header_read_timeout_ms);
    server.map_err(|source| StartError::Bind { variable, addr, source })
}
