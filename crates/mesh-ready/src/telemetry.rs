//! How do logs and traces leave this process: set up once, flushed once.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};
use url::Url;

use crate::identity::Identity;
use crate::logs::{Events, Log, Sink, Style};
use crate::trace::{self, Sampling};

/// What a process tells: the standard variables with their standard meaning
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct TelemetryArgs {
    /// Which events are logged, for example info or warn,mesh_ready=debug; can be changed on the admin port.
    /// The default leaves out RustAPI's second line for each 4xx: the access line has it
    #[arg(long, env, value_name = "RUST_LOG", default_value = "info,rustapi_core::error=error", value_parser = log_filter)]
    pub rust_log: String,
    /// How log lines look: json, text, or auto (text on a terminal)
    #[arg(long, env, value_name = "LOG_FORMAT", default_value = "auto")]
    pub log_format: LogFormat,
    /// Name of this service in traces; the workload's name when not set
    #[arg(long, env, value_name = "OTEL_SERVICE_NAME")]
    pub otel_service_name: Option<String>,
    /// OTLP/gRPC collector, for example http://localhost:4317; traces are off without it
    #[arg(long, env, value_name = "OTEL_EXPORTER_OTLP_ENDPOINT", value_parser = plain_http)]
    pub otel_exporter_otlp_endpoint: Option<Url>,
    /// The same for traces alone; wins over OTEL_EXPORTER_OTLP_ENDPOINT, for example http://localhost:4317
    #[arg(long, env, value_name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value_parser = plain_http)]
    pub otel_exporter_otlp_traces_endpoint: Option<Url>,
    /// Milliseconds that one export may take, for example 10000
    #[arg(long, env, value_name = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_parser = crate::config::positive_ms)]
    pub otel_exporter_otlp_timeout: Duration,
    /// Who decides about recording, for example parentbased_traceidratio
    #[arg(long, env, value_name = "OTEL_TRACES_SAMPLER", default_value = "parentbased_always_on")]
    pub otel_traces_sampler: SamplerName,
    /// Share of new traces that the two ...traceidratio samplers record, for example 0.01
    #[arg(long, env, value_name = "OTEL_TRACES_SAMPLER_ARG", default_value = "1.0", value_parser = ratio)]
    pub otel_traces_sampler_arg: f64,
    /// Switches traces off whatever else is set, for example true
    #[arg(long, env, value_name = "OTEL_SDK_DISABLED", default_value = "false", action = clap::ArgAction::Set)]
    pub otel_sdk_disabled: bool,
}

/// `LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
    /// Text on a terminal, else JSON.
    Auto,
}

/// `OTEL_TRACES_SAMPLER`, the values of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SamplerName {
    /// Every request.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// The share, whatever the caller decided.
    Traceidratio,
    /// As the caller decided; new traces always.
    ParentbasedAlwaysOn,
    /// As the caller decided; new traces never.
    ParentbasedAlwaysOff,
    /// As the caller decided; new traces by the share.
    ParentbasedTraceidratio,
}

/// The running telemetry of a process.
#[derive(Debug)]
pub struct Telemetry {
    /// The process's log.
    pub log: Log,
    /// Who decides about recording.
    pub sampling: Sampling,
    /// The filter of the log, changeable at run time.
    pub filter: LogFilter,
    provider: Option<SdkTracerProvider>,
}

/// The current `RUST_LOG`.
#[derive(Clone, Debug)]
pub struct LogFilter(reload::Handle<EnvFilter, Registry>);

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The exporter refused the endpoint.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: cannot export to {endpoint}")]
    Exporter {
        /// As configured.
        endpoint: String,
        /// As the exporter says it.
        source: opentelemetry_otlp::ExporterBuildError,
    },
    /// The process has a subscriber already.
    #[error("telemetry was set up before in this process")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sets up logs and traces, once a process. Call it in the tokio runtime, before anything logs.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(args: &TelemetryArgs, identity: &Identity) -> Result<Telemetry, TelemetryError> {
    let log = Log::new(Sink::stdout(), args.log_format.style(), identity);
    let provider = args.endpoint().map(|endpoint| provider(args, identity, endpoint)).transpose()?;
    let tracer = provider.as_ref().map(|provider| provider.tracer("mesh-ready"));
    let (filter, handle) = reload::Layer::new(EnvFilter::new(&args.rust_log));
    // Spans go to the exporter only: a recorded request must not change what is logged.
    let events = Events::new(log.clone()).with_filter(filter);
    let spans = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            // Without this the exporter's own HTTP/2 spans would be exported, and export themselves again.
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == trace::TARGET))
    });
    tracing_subscriber::registry().with(events).with(spans).try_init()?;
    let sampling = Sampling::new(provider.is_some().then(|| args.sampler()));
    Ok(Telemetry { log, sampling, filter: LogFilter(handle), provider })
}

impl Telemetry {
    /// Sends the spans that wait and writes the log out. Call it last, after the drain.
    pub async fn shutdown(self) {
        if let Some(provider) = self.provider {
            // The exporter blocks until its queue is empty; a worker of the runtime must not.
            let flushed = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if let Ok(Err(error)) = flushed {
                tracing::warn!(%error, "The last spans could not be exported");
            }
        }
        self.log.flush();
    }
}

impl LogFilter {
    /// The filter in force.
    #[must_use]
    pub fn current(&self) -> String {
        self.0.with_current(ToString::to_string).unwrap_or_default()
    }

    /// Replaces the filter.
    ///
    /// # Errors
    /// A text that says what would be right.
    pub fn set(&self, text: &str) -> Result<(), String> {
        let filter = EnvFilter::new(log_filter(text)?);
        self.0.reload(filter).map_err(|error| error.to_string())
    }
}

impl LogFormat {
    fn style(self) -> Style {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        match self {
            Self::Text => Style::Text,
            Self::Auto if terminal => Style::Text,
            Self::Json | Self::Auto => Style::Json,
        }
    }
}

impl TelemetryArgs {
    fn endpoint(&self) -> Option<&Url> {
        let endpoint = self.otel_exporter_otlp_traces_endpoint.as_ref().or(self.otel_exporter_otlp_endpoint.as_ref());
        endpoint.filter(|_| !self.otel_sdk_disabled)
    }

    fn sampler(&self) -> Sampler {
        let by_ratio = Sampler::TraceIdRatioBased(self.otel_traces_sampler_arg);
        let by_parent = |root| Sampler::ParentBased(Box::new(root));
        match self.otel_traces_sampler {
            SamplerName::AlwaysOn => Sampler::AlwaysOn,
            SamplerName::AlwaysOff => Sampler::AlwaysOff,
            SamplerName::Traceidratio => by_ratio,
            SamplerName::ParentbasedAlwaysOn => by_parent(Sampler::AlwaysOn),
            SamplerName::ParentbasedAlwaysOff => by_parent(Sampler::AlwaysOff),
            SamplerName::ParentbasedTraceidratio => by_parent(by_ratio),
        }
    }
}

fn provider(args: &TelemetryArgs, identity: &Identity, endpoint: &Url) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint.as_str())
        .with_timeout(args.otel_exporter_otlp_timeout)
        .build()
        .map_err(|source| TelemetryError::Exporter { endpoint: endpoint.to_string(), source })?;
    let name = args.otel_service_name.clone().unwrap_or_else(|| identity.service.to_owned());
    let attribute = |key: &'static str, value: &str| opentelemetry::KeyValue::new(key, value.to_owned());
    let resource = Resource::builder()
        .with_service_name(name)
        .with_attribute(attribute("service.version", &identity.version))
        .with_attribute(attribute("service.instance.id", &identity.pod))
        .build();
    // `Sampling` decides before a span exists, so every span that exists is exported.
    let builder = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_resource(resource);
    Ok(builder.with_batch_exporter(exporter).build())
}

fn log_filter(text: &str) -> Result<String, String> {
    let hint = |error: &dyn std::fmt::Display| format!("{error}; expected for example info or warn,mesh_ready=debug");
    let word = text.trim();
    // A bare word that is no level would be read as the name of a module, and silence everything.
    let bare = !word.contains(['=', ',', '[']);
    if word.is_empty() || (bare && word.parse::<LevelFilter>().is_err()) {
        return Err(hint(&"no such level"));
    }
    EnvFilter::try_new(word).map(|_| word.to_owned()).map_err(|error| hint(&error))
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "expected a share from 0.0 to 1.0, for example 0.01".to_owned())
}

/// A URL that this process may call.
///
/// # Errors
/// A text that says what would be right: TLS is the sidecar's, so only `http` works.
pub fn plain_http(text: &str) -> Result<Url, String> {
    let right = "for example http://localhost:4317";
    let url: Url = text.parse().map_err(|error| format!("{error}; expected a URL, {right}"))?;
    match (url.scheme(), url.has_host()) {
        ("http", true) => Ok(url),
        ("https", _) => Err(format!("https is the sidecar's part, a service speaks plain http; {right}")),
        _ => Err(format!("expected an http:// URL, {right}")),
    }
}
