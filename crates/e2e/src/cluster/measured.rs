//! What an assertion found.

/// A line with a number in it, and what belongs below that line.
#[derive(Debug)]
pub struct Measured {
    /// What was measured, with the bound that it keeps.
    pub line: String,
    /// Tables and samples, of several lines.
    pub details: String,
}

impl Measured {
    /// The same with something below.
    pub fn with(self, details: impl Into<String>) -> Self {
        Self { details: details.into(), ..self }
    }
}

impl From<String> for Measured {
    fn from(line: String) -> Self {
        Self { line, details: String::new() }
    }
}
