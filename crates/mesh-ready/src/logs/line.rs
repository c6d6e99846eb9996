//! One log line in the making: the same fields as JSON or as text.

use std::fmt::Write as _;

use serde::Serialize;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One JSON object a line.
    Json,
    /// `time level service message key=value ...`
    Text,
}

/// A line that is being written.
#[derive(Debug)]
pub struct Line {
    text: String,
    style: Style,
}

impl Line {
    /// Starts a line with the fields that every line has.
    pub(super) fn start(style: Style, level: &str, service: &str, version: &str, message: &str) -> Self {
        let mut line = Self { text: String::with_capacity(384), style };
        match style {
            Style::Json => {
                line.text.push_str("{\"timestamp\":\"");
                line.time();
                line.text.push('"');
                for (key, value) in [("level", level), ("service", service), ("version", version)] {
                    line.text(key, value);
                }
                line.text("message", message);
            }
            Style::Text => {
                line.time();
                // Messages may hold what a caller sent; a line break there would forge a second line.
                let message = message.escape_debug();
                let _ = write!(line.text, " {level:<5} {service:<13} {message}");
            }
        }
        line
    }

    /// Adds a text field.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        match self.style {
            // Quotes are noise to people where nothing needs them.
            Style::Text if !value.is_empty() && value.chars().all(plain) => self.text.push_str(value),
            _ => self.json(value),
        }
    }

    /// Adds a number or a flag.
    pub fn value(&mut self, key: &str, value: impl Serialize) {
        self.key(key);
        self.json(value);
    }

    /// Adds a field that only machines look for.
    pub fn detail(&mut self, key: &str, value: &str) {
        if self.style == Style::Json {
            self.text(key, value);
        }
    }

    fn key(&mut self, key: &str) {
        match self.style {
            Style::Json => self.text.push_str(",\""),
            Style::Text => self.text.push(' '),
        }
        self.text.push_str(key);
        self.text.push_str(if self.style == Style::Json { "\":" } else { "=" });
    }

    /// The finished line with its line break.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str(if self.style == Style::Json { "}\n" } else { "\n" });
        self.text
    }

    /// JSON's escaping serves both styles: no control character gets through.
    fn json(&mut self, value: impl Serialize) {
        // Only maps with keys that are no text fail to serialise, and fields are scalars.
        let written = serde_json::to_string(&value);
        self.text.push_str(written.as_deref().unwrap_or("null"));
    }

    fn time(&mut self) {
        let _ = SystemTime.format_time(&mut Writer::new(&mut self.text));
    }
}

fn plain(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_whatever_its_values_hold() {
        let mut line = Line::start(Style::Json, "INFO", "probe", "v1", "two\nlines \"quoted\"");
        line.text("path", "/\u{7}\"}\n{");
        line.value("status", 200);
        let line = line.finish();
        let value: serde_json::Value = serde_json::from_str(&line).expect("one JSON object");
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(value["message"], "two\nlines \"quoted\"");
        assert_eq!((&value["path"], &value["status"]), (&"/\u{7}\"}\n{".into(), &200.into()));
    }

    #[test]
    fn a_text_line_stays_one_line() {
        let mut line = Line::start(Style::Text, "WARN", "probe", "v1", "two\nlines");
        line.text("path", "a\nb");
        assert_eq!(line.finish().matches('\n').count(), 1);
    }
}
