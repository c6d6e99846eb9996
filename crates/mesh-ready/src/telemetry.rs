//! How do logs and traces leave this process: set up once, flushed once.

mod args;
mod filter;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use url::Url;

pub use args::{LogFormat, SamplerName, TelemetryArgs};
pub use filter::LogFilter;

use crate::identity::Identity;
use crate::logs::{Events, Log, Sink};
use crate::trace::Sampling;

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
    /// `RUST_LOG` names no filter.
    #[error("RUST_LOG: {0}")]
    Filter(String),
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
    let filter = LogFilter::new(&args.rust_log).map_err(TelemetryError::Filter)?;
    let spans = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
    });
    let events = Events::new(log.clone());
    tracing_subscriber::registry().with(filter.clone()).with(events).with(spans).try_init()?;
    let sampling = Sampling::new(provider.is_some().then(|| args.sampler()));
    Ok(Telemetry { log, sampling, filter, provider })
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
