//! What can be set on the laptop: ports, data, database, log.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use url::Url;

use crate::role::Role;

/// Starts api-gateway, user-service and order-service with seeded data, and prints URLs, curls and a token.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// Port of api-gateway, for example 8080; 0 takes any free one, as for all ports
    #[arg(long, env, value_name = "GATEWAY_PORT", default_value = "8080")]
    pub gateway_port: u16,
    /// Port of user-service
    #[arg(long, env, value_name = "USER_PORT", default_value = "8081")]
    pub user_port: u16,
    /// Port of order-service
    #[arg(long, env, value_name = "ORDER_PORT", default_value = "8082")]
    pub order_port: u16,
    /// Admin port of api-gateway (probes, metrics)
    #[arg(long, env, value_name = "GATEWAY_ADMIN_PORT", default_value = "9080")]
    pub gateway_admin_port: u16,
    /// Admin port of user-service
    #[arg(long, env, value_name = "USER_ADMIN_PORT", default_value = "9081")]
    pub user_admin_port: u16,
    /// Admin port of order-service
    #[arg(long, env, value_name = "ORDER_ADMIN_PORT", default_value = "9082")]
    pub order_admin_port: u16,
    /// Release that order-service runs as
    #[arg(long, env, value_name = "ORDER_VERSION", default_value = "v1", value_parser = PossibleValuesParser::new(order_service::WORKLOAD.versions))]
    pub order_version: String,
    /// Folder of the SQLite files and of the public key for tokens
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Begin with seeded data only: deletes what an earlier run of this command stored
    #[arg(long)]
    pub fresh: bool,
    /// A PostgreSQL server instead of SQLite files, for example postgres://postgres@localhost:5432; the databases
    /// user_service and order_service are made in it
    #[arg(long, value_name = "URL", value_parser = postgres)]
    pub postgres: Option<Url>,
    /// Also start a Prometheus, found on PATH, that scrapes the three and evaluates the rules of dashboards/
    #[arg(long)]
    pub observe: bool,
    /// Port of the Prometheus of --observe
    #[arg(long, env, value_name = "PROMETHEUS_PORT", default_value = "9090")]
    pub prometheus_port: u16,
    /// How the log looks
    #[arg(long, env, value_name = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// The services' default: text here, because somebody looks on.
    Auto,
}

/// A port, and the flag that changes it.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// The flag, without its value.
    pub flag: &'static str,
    /// The number; 0 is any free one.
    pub number: u16,
}

impl Args {
    /// The service port and the admin port of a role.
    pub fn ports(&self, role: Role) -> [Port; 2] {
        let (service, admin) = match role {
            Role::User => (("--user-port", self.user_port), ("--user-admin-port", self.user_admin_port)),
            Role::Order => (("--order-port", self.order_port), ("--order-admin-port", self.order_admin_port)),
            Role::Gateway => (("--gateway-port", self.gateway_port), ("--gateway-admin-port", self.gateway_admin_port)),
        };
        [service, admin].map(|(flag, number)| Port { flag, number })
    }

    /// The port of Prometheus, if one is wanted.
    pub fn observer_port(&self) -> Option<Port> {
        self.observe.then_some(Port { flag: "--prometheus-port", number: self.prometheus_port })
    }
}

impl Port {
    /// On this machine only: a laptop's neighbours have no business here.
    pub fn addr(self) -> SocketAddr {
        ([127, 0, 0, 1], self.number).into()
    }
}

impl LogFormat {
    /// The value of `LOG_FORMAT` for a child.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Auto => "text",
            Self::Json => "json",
        }
    }
}

fn postgres(text: &str) -> Result<Url, String> {
    let url = text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "postgres" | "postgresql") && url.has_host());
    url.ok_or_else(|| "expected a server's URL, for example postgres://postgres@localhost:5432".to_owned())
}
