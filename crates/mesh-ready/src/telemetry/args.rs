//! What can be set about logs and traces.

use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;
use url::Url;

use crate::logs::Style;
use crate::values::{flag, log_filter, plain_http, positive_ms, ratio};

/// What a process tells: the standard variables with their standard meaning
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct TelemetryArgs {
    /// Which events are logged, for example info or warn,mesh_ready=debug; can be changed on the admin port.
    /// The default leaves out RustAPI's second line for each 4xx: the access line has it
    #[arg(long, env, value_name = "RUST_LOG", default_value = "info,rustapi_core::error=error", value_parser = |text: &str| log_filter(text).map(|_| text.to_owned()))]
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
    #[arg(long, env, value_name = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_parser = positive_ms)]
    pub otel_exporter_otlp_timeout: Duration,
    /// Who decides about recording, for example parentbased_traceidratio
    #[arg(long, env, value_name = "OTEL_TRACES_SAMPLER", default_value = "parentbased_always_on")]
    pub otel_traces_sampler: SamplerName,
    /// Share of new traces that the two ...traceidratio samplers record, for example 0.01
    #[arg(long, env, value_name = "OTEL_TRACES_SAMPLER_ARG", default_value = "1.0", value_parser = ratio)]
    pub otel_traces_sampler_arg: f64,
    /// Switches traces off whatever else is set, for example true
    #[arg(long, env, value_name = "OTEL_SDK_DISABLED", default_value = "false", value_parser = flag, action = clap::ArgAction::Set)]
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

impl LogFormat {
    pub(super) fn style(self) -> Style {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        match self {
            Self::Text => Style::Text,
            Self::Auto if terminal => Style::Text,
            Self::Json | Self::Auto => Style::Json,
        }
    }
}

impl TelemetryArgs {
    pub(super) fn endpoint(&self) -> Option<&Url> {
        let endpoint = self.otel_exporter_otlp_traces_endpoint.as_ref().or(self.otel_exporter_otlp_endpoint.as_ref());
        endpoint.filter(|_| !self.otel_sdk_disabled)
    }

    pub(super) fn sampler(&self) -> Sampler {
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
