//! How does this process write its log: one line an event, to standard output, by one buffered writer.
//!
//! JSON for machines, text for a terminal. Each line carries service and version, and inside a request
//! `trace_id`, `span_id` and `request_id`, taken from the request's [`Context`], so that unsampled requests
//! have them too.

mod clock;
mod format;
mod line;
mod sink;

pub use format::Events;
pub use line::{Line, Style};
pub use sink::Sink;

use std::sync::Arc;

use crate::identity::Identity;
use crate::propagation::Context;

/// What all lines of this process share.
#[derive(Clone, Debug)]
pub struct Log {
    sink: Sink,
    style: Style,
    /// The fields that say who writes, as they stand in a line.
    writer: Arc<[u8]>,
}

impl Log {
    /// A log of this process in the given style.
    #[must_use]
    pub fn new(sink: Sink, style: Style, identity: &Identity) -> Self {
        Self { sink, style, writer: Line::writer(style, identity.service, &identity.version).into() }
    }

    /// Starts a line; the caller adds its fields and gives it to [`write`](Log::write).
    #[must_use]
    pub fn line(&self, level: &'static str, message: &str) -> Line {
        Line::start(self.style, level, &self.writer, message)
    }

    /// Adds the ids by which the lines of one request are found again in all processes.
    pub fn identify(line: &mut Line, context: &Context) {
        line.detail("request_id", context.request_id());
        line.text("trace_id", context.trace_id());
        line.detail("span_id", context.span_id());
    }

    /// Hands a finished line to the writer. Never blocks on a slow reader of standard output.
    pub fn write(&self, line: Line) {
        self.sink.write(&line.finish());
    }

    /// Writes out all that is buffered.
    pub fn flush(&self) {
        self.sink.flush();
    }
}
