//! Why a call to another service gave no usable answer, and what its caller's caller may know of it.

use std::error::Error;

use bytes::Bytes;
use http::StatusCode;

type Cause = Box<dyn Error + Send + Sync>;

/// A call that gave no usable answer. The text is safe for callers: it names the service, never its address
/// or what it said; the cause is for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// No connection. Nothing was processed.
    #[error("{upstream} cannot be reached")]
    Unreachable {
        /// The service.
        upstream: &'static str,
        /// What the transport said.
        #[source]
        cause: Cause,
    },
    /// No whole answer in time. It may have been processed.
    #[error("{upstream} did not answer in time")]
    Timeout {
        /// The service.
        upstream: &'static str,
        /// What the transport said.
        #[source]
        cause: Cause,
    },
    /// The answer was cut off, too large, or no HTTP or JSON. It may have been processed.
    #[error("{upstream} gave no valid answer")]
    Broken {
        /// The service.
        upstream: &'static str,
        /// What was wrong.
        #[source]
        cause: Cause,
    },
    /// A whole answer that is no success.
    #[error("{upstream} answered {status}")]
    Status {
        /// The service.
        upstream: &'static str,
        /// Its status.
        status: StatusCode,
        /// Its body, not checked.
        body: Bytes,
    },
}

impl UpstreamError {
    /// The status that a gateway answers: 503 unreachable, 504 timeout, 502 broken or an unexpected status;
    /// an upstream's own 503 and 504 stay.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Status { status, .. } if matches!(status.as_u16(), 503 | 504) => *status,
            Self::Broken { .. } | Self::Status { .. } => StatusCode::BAD_GATEWAY,
        }
    }

    /// One word for labels and error types.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "upstream_unreachable",
            Self::Timeout { .. } => "upstream_timeout",
            Self::Broken { .. } => "upstream_broken",
            Self::Status { .. } => "upstream_failed",
        }
    }

    /// One line with the chain of causes, which callers do not see.
    pub(super) fn log(&self, upstream: &'static str) {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(error) = next {
            causes.push(error.to_string());
            next = error.source();
        }
        tracing::warn!(upstream, error.kind = self.kind(), cause = causes.join(": "), "Call failed: {self}");
    }

    pub(super) fn broken(upstream: &'static str, cause: impl Into<Cause>) -> Self {
        Self::Broken { upstream, cause: cause.into() }
    }

    pub(super) fn from_transport(upstream: &'static str, error: reqwest::Error) -> Self {
        // The URL holds the address; the log names the service instead.
        let error = error.without_url();
        if error.is_timeout() && !error.is_connect() {
            Self::Timeout { upstream, cause: error.into() }
        } else if error.is_connect() {
            Self::Unreachable { upstream, cause: error.into() }
        } else {
            Self::broken(upstream, error)
        }
    }
}
