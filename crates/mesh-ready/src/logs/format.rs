//! `tracing` events become lines of the process's log.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer};

use super::{Line, Log};
use crate::propagation;

/// The layer that writes each event as one line.
#[derive(Debug)]
pub struct Events(Log);

impl Events {
    /// Events go to `log`.
    #[must_use]
    pub fn new(log: Log) -> Self {
        Self(log)
    }
}

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let metadata = event.metadata();
        let mut line = self.0.line(level(*metadata.level()), &message.0);
        event.record(&mut Fields(&mut line));
        line.detail("target", metadata.target());
        if let Some(context) = propagation::current() {
            Log::identify(&mut line, &context);
        }
        self.0.write(line);
    }
}

struct Message(String);

struct Fields<'a>(&'a mut Line);

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        // An option that holds nothing is no field.
        if field.name() != "message" && text != "None" {
            self.0.text(field.name(), &text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() != "message" {
            self.0.text(field.name(), value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.value(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.value(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.value(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.value(field.name(), value);
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}
