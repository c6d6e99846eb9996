//! What every row needs: the programs, a backend, a collector, a folder, and services with all signals on.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use demo_key::Key;
use tempfile::TempDir;

use crate::duel::Effort;
use crate::load::Request;
use crate::process::{Cores, Process, free_address};
use crate::programs::{Programs, stand_in};
use crate::server::Server;

/// The scene of all measurements.
#[derive(Debug)]
pub struct Scene {
    /// What is measured.
    pub programs: Programs,
    /// Where it runs.
    pub cores: Cores,
    /// How thoroughly.
    pub effort: Effort,
    /// Whether it is over in two minutes.
    pub quick: bool,
    folder: TempDir,
    backend: Server,
    _collector: Process,
    collector_address: SocketAddr,
}

/// A service's command, and where it will listen.
#[derive(Debug)]
pub struct Service {
    /// The command.
    pub command: Command,
    /// The address.
    pub address: SocketAddr,
}

impl Scene {
    /// Starts what stands around the servers that are measured.
    ///
    /// # Errors
    /// When it does not start.
    pub fn set(programs: Programs, cores: Cores, effort: Effort, quick: bool) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("jwks.json"), Key::generate().jwks()?)?;
        let address = free_address()?;
        let backend = stand_in("backend", &[address.to_string()])?;
        let backend = Server::start(backend, cores.load, address, &Request::get("/users/1"))?;
        let collector_address = free_address()?;
        let collector = Process::start(stand_in("collector", &[collector_address.to_string()])?, cores.load, None)?;
        until_it_listens(collector_address)?;
        Ok(Self { programs, cores, effort, quick, folder, backend, _collector: collector, collector_address })
    }

    /// Where files may be written.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What answers every request with the same user.
    #[must_use]
    pub fn backend(&self) -> &Server {
        &self.backend
    }

    /// How many requests callgrind looks at: it counts the same for each, give or take what threads do in between.
    #[must_use]
    pub fn counted_requests(&self) -> u64 {
        if self.quick { 1_000 } else { 5_000 }
    }

    /// A service with all signals on: metrics, an access line a request, spans of 1 % of the requests.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn service(&self, name: &str) -> anyhow::Result<Service> {
        let address = free_address()?;
        let mut command = self.programs.command(name);
        self.signals(&mut command);
        command.env("LISTEN_ADDR", address.to_string()).env("ADMIN_ADDR", "127.0.0.1:0");
        Ok(Service { command, address })
    }

    /// The settings of all signals.
    pub fn signals(&self, command: &mut Command) {
        command.env("LOG_FORMAT", "json");
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", self.collector_address));
        command.env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio").env("OTEL_TRACES_SAMPLER_ARG", "0.01");
    }

    /// The gateway, whose services are at `users` and `orders`, and whose rate limit is on but never reached.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn gateway(&self, users: SocketAddr, orders: SocketAddr) -> anyhow::Result<Service> {
        let mut service = self.service("api-gateway")?;
        let command = &mut service.command;
        command.env("USER_SERVICE_URL", format!("http://{users}")).env("ORDER_SERVICE_URL", format!("http://{orders}"));
        command.env("RATE_LIMIT_PER_SECOND", "1000000").env("RATE_LIMIT_BURST", "1000000");
        command.env("JWKS_FILE", self.folder().join("jwks.json"));
        Ok(service)
    }

    /// A service on a SQLite file in the folder; order-service asks the backend about buyers.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn on_sqlite(&self, name: &str, file: &str) -> anyhow::Result<Service> {
        let mut service = self.service(name)?;
        service.command.env("DATABASE_URL", format!("sqlite://{}", self.database(file).display()));
        service.command.env("USER_SERVICE_URL", format!("http://{}", self.backend.address));
        Ok(service)
    }

    /// The SQLite file of that name.
    #[must_use]
    pub fn database(&self, file: &str) -> PathBuf {
        self.folder().join(format!("{file}.db"))
    }

    /// Starts a service on the core of what is measured; its log goes to a file of the folder.
    ///
    /// # Errors
    /// When it does not start or does not answer `request` rightly.
    pub fn start(&self, service: Service, log: Option<&str>, request: &Request) -> anyhow::Result<Server> {
        let name = service.command.get_program().to_string_lossy().into_owned();
        let log = log.map(|log| self.folder().join(format!("{log}.log")));
        let process = Process::start(service.command, self.cores.server, log.as_deref())?;
        Server::awaited(&name, process, service.address, request).with_context(|| format!("{name} does not serve"))
    }
}

fn until_it_listens(address: SocketAddr) -> anyhow::Result<()> {
    let began = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        if began.elapsed() > Duration::from_secs(10) {
            return Err(error).context("the collector does not listen");
        }
    }
    Ok(())
}
