//! One log line in the making: the same fields as JSON or as text.

use std::io::Write as _;

use serde::Serialize;

use super::clock;

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
    bytes: Vec<u8>,
    style: Style,
}

impl Line {
    /// Starts a line with the fields that every line has; `writer` is made by [`Line::writer`].
    pub(super) fn start(style: Style, level: &str, writer: &[u8], message: &str) -> Self {
        let mut line = Self { bytes: Vec::with_capacity(512), style };
        match style {
            Style::Json => {
                line.bytes.extend_from_slice(b"{\"timestamp\":\"");
                line.time();
                line.bytes.push(b'"');
                line.text("level", level);
                line.bytes.extend_from_slice(writer);
                line.text("message", message);
            }
            Style::Text => {
                line.time();
                let _ = write!(line.bytes, " {level:<5}");
                line.bytes.extend_from_slice(writer);
                // Messages may hold what a caller sent; a line break there would forge a second line.
                let _ = write!(line.bytes, " {}", message.escape_debug());
            }
        }
        line
    }

    /// The part of each line that says who writes it.
    pub(super) fn writer(style: Style, service: &str, version: &str) -> Vec<u8> {
        let mut line = Self { bytes: Vec::new(), style };
        match style {
            Style::Json => {
                line.text("service", service);
                line.text("version", version);
            }
            Style::Text => line.bytes.extend_from_slice(format!(" {service:<13}").as_bytes()),
        }
        line.bytes
    }

    /// Adds a text field.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        match self.style {
            // Almost all texts are written as they are.
            Style::Json if is_verbatim(value) => {
                self.bytes.push(b'"');
                self.bytes.extend_from_slice(value.as_bytes());
                self.bytes.push(b'"');
            }
            // Quotes are noise to people where nothing needs them.
            Style::Text if !value.is_empty() && value.chars().all(plain) => {
                self.bytes.extend_from_slice(value.as_bytes())
            }
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
            Style::Json => {
                self.bytes.extend_from_slice(b",\"");
                self.bytes.extend_from_slice(key.as_bytes());
                self.bytes.extend_from_slice(b"\":");
            }
            Style::Text => {
                self.bytes.push(b' ');
                self.bytes.extend_from_slice(key.as_bytes());
                self.bytes.push(b'=');
            }
        }
    }

    /// The finished line with its line break.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(if self.style == Style::Json { b"}\n" } else { b"\n" });
        self.bytes
    }

    /// JSON's escaping serves both styles: no control character gets through.
    fn json(&mut self, value: impl Serialize) {
        // Only maps with keys that are no text fail to serialise, and fields are scalars.
        let _ = serde_json::to_writer(&mut self.bytes, &value);
    }

    fn time(&mut self) {
        clock::now(&mut self.bytes);
    }
}

/// Whether JSON has nothing to escape. Looks at every byte, because without an early end the compiler makes it several at
/// a time.
fn is_verbatim(text: &str) -> bool {
    !text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\'))
}

fn plain(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_whatever_its_values_hold() {
        let mut line = Line::start(Style::Json, "INFO", b"", "two\nlines \"quoted\"");
        line.text("path", "/\u{7}\"}\n{");
        line.value("status", 200);
        let line = String::from_utf8(line.finish()).expect("text");
        let value: serde_json::Value = serde_json::from_str(&line).expect("one JSON object");
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(value["message"], "two\nlines \"quoted\"");
        assert_eq!((&value["path"], &value["status"]), (&"/\u{7}\"}\n{".into(), &200.into()));
    }

    #[test]
    fn a_text_line_stays_one_line() {
        let mut line = Line::start(Style::Text, "WARN", b"", "two\nlines");
        line.text("path", "a\nb");
        assert_eq!(line.finish().iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}
