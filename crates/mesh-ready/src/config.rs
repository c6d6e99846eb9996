//! Which settings does a process take: one struct a concern, each field a flag and an environment variable.
//!
//! A wrong value ends the process before a port is bound, with exit code 2 and a message that names the
//! variable, what was wrong and what would be right. Nothing reads the environment later.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::identity::{Identity, Workload};
use crate::telemetry::TelemetryArgs;
use crate::values::{any_ms, at_least_one, pod_name, positive_ms};
use crate::{client::ClientArgs, faults::FaultArgs};

/// Every setting that `mesh-ready` reads; a service flattens it beside its own.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Who this process is.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// How it goes.
    #[command(flatten)]
    pub drain: DrainArgs,
    /// How it calls others.
    #[command(flatten)]
    pub client: ClientArgs,
    /// What it tells.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// How it misbehaves on request.
    #[command(flatten)]
    pub faults: FaultArgs,
}

/// Who this process is.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct IdentityArgs {
    /// Release that this process runs as; in a cluster the pod label `version`
    #[arg(long, env, value_name = "SERVICE_VERSION")]
    pub service_version: String,
    /// Name of this process among its replicas, for example echo-v1-6c9f
    #[arg(long, env, value_name = "POD_NAME", default_value = "local", value_parser = pod_name)]
    pub pod_name: String,
}

/// Where this process listens. The defaults are the workload's ports on all addresses.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct ListenArgs {
    /// Address of the service port, for example 0.0.0.0:8080; port 0 takes any free one
    #[arg(long, env, value_name = "LISTEN_ADDR")]
    pub listen_addr: SocketAddr,
    /// Address of the admin port (probes, metrics), for example 0.0.0.0:9080
    #[arg(long, env, value_name = "ADMIN_ADDR")]
    pub admin_addr: SocketAddr,
    /// Milliseconds a client may take to send its request head. It also ends idle keep-alive connections, so
    /// it is longer than the idle timeout of the proxy in front, for example 75000
    #[arg(long, env, value_name = "HEADER_READ_TIMEOUT_MS", default_value = "75000", value_parser = positive_ms)]
    pub header_read_timeout_ms: Duration,
    /// Requests that are served at a time; those beyond are answered 503 at once, for example 1024
    #[arg(long, env, value_name = "MAX_REQUESTS_IN_FLIGHT", default_value = "1024", value_parser = at_least_one)]
    pub max_requests_in_flight: usize,
}

/// How this process goes after SIGTERM.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct DrainArgs {
    /// Milliseconds between "not ready" and "accepts no more", so that endpoints can notice, for example 5000
    #[arg(long, env, value_name = "DRAIN_DELAY_MS", default_value = "5000", value_parser = any_ms)]
    pub drain_delay_ms: Duration,
    /// Milliseconds that requests in flight may take after that, for example 20000
    #[arg(long, env, value_name = "DRAIN_TIMEOUT_MS", default_value = "20000", value_parser = positive_ms)]
    pub drain_timeout_ms: Duration,
}

/// Reads flags and environment into `T`, or prints what is wrong and exits with code 2 (0 for `--help`).
#[must_use]
pub fn parse<T: Parser>(workload: &Workload) -> T {
    try_parse_from(workload, std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// Like [`parse`], from given arguments (the first is the program's name).
///
/// # Errors
/// The first wrong or missing setting, explained.
pub fn try_parse_from<T: Parser>(
    workload: &Workload,
    argv: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<T, clap::Error> {
    read(command::<T>(workload), argv)
}

/// Reads the settings of a program that is no workload; wrong ones are explained in the same way.
///
/// # Errors
/// The first wrong or missing setting, explained.
pub fn read<T: FromArgMatches>(
    mut command: clap::Command,
    argv: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<T, clap::Error> {
    let matches = command.try_get_matches_from_mut(argv).map_err(|error| explain(error, &command))?;
    T::from_arg_matches(&matches)
}

/// The command line of a service: the workload gives its name, its ports and its releases.
#[must_use]
pub fn command<T: CommandFactory>(workload: &Workload) -> clap::Command {
    let preset = |arg: clap::Arg, value: String| arg.required(false).default_value(value);
    let versions = PossibleValuesParser::new(workload.versions);
    without_empty(T::command())
        .name(workload.name)
        .mut_arg("listen_addr", |arg| preset(arg, format!("0.0.0.0:{}", workload.port)))
        .mut_arg("admin_addr", |arg| preset(arg, format!("0.0.0.0:{}", workload.admin_port)))
        .mut_arg("service_version", |arg| preset(arg, workload.versions[0].to_owned()).value_parser(versions))
}

impl Args {
    /// The identity that these settings give to `workload`.
    #[must_use]
    pub fn identity(&self, workload: &Workload) -> Identity {
        Identity {
            service: workload.name,
            version: self.identity.service_version.clone(),
            pod: self.identity.pod_name.clone(),
        }
    }
}

/// An `OTEL_...` variable that is empty counts as not set, says the specification
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>).
#[expect(clippy::disallowed_methods, reason = "asks which variables clap must not see")]
fn without_empty(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| {
        let variable = arg.get_env().filter(|name| name.to_string_lossy().starts_with("OTEL_"));
        let empty = variable.and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(None::<&str>) } else { arg }
    })
}

/// clap names the flag; operators set variables. Adds the variable, its meaning and a right value.
fn explain(error: clap::Error, command: &clap::Command) -> clap::Error {
    let Some(arg) = culprit(&error, command) else { return error };
    let mut text = error.render().to_string();
    // clap shows the wrong value; a password in it must not end up in a log.
    if let (true, Some(ContextValue::String(value))) =
        (arg.is_hide_env_values_set(), error.get(ContextKind::InvalidValue))
    {
        text = text.replace(value.as_str(), "***");
    }
    let what = text.split("\n\nFor more").next().unwrap_or(&text).split("\n\nUsage").next().unwrap_or(&text);
    let what = what.trim_start_matches("error: ").trim_end();
    let default = arg.get_default_values().first().map(|v| format!(" (default: {})", v.to_string_lossy()));
    let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let variable = arg.get_env().map(|env| env.to_string_lossy().into_owned()).unwrap_or_default();
    let message = format!("{what}\n\n  {variable}: {meaning}{}\n", default.unwrap_or_default());
    clap::Error::raw(error.kind(), message)
}

fn culprit<'a>(error: &clap::Error, command: &'a clap::Command) -> Option<&'a clap::Arg> {
    let shown = match error.get(ContextKind::InvalidArg)? {
        ContextValue::String(one) => one.clone(),
        ContextValue::Strings(many) => many.first()?.clone(),
        _ => return None,
    };
    let names = |arg: &&clap::Arg| arg.get_long().is_some_and(|long| shown.starts_with(&format!("--{long} ")));
    command.get_arguments().find(names)
}
