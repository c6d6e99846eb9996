//! Where does a text come from? A name to print, and its lines.

use std::path::Path;
use std::sync::Arc;

/// A text with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A path as it was given, or `stdin`.
    pub name: String,
    /// All of it.
    pub text: String,
    /// Where each line begins: whoever asks for the lines of many findings does not count them from the top each time.
    starts: Vec<usize>,
}

impl Source {
    /// A text with a name.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Arc::new(Self { name: name.into(), text, starts })
    }

    /// The folder that its name leads to.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        Path::new(&self.name).parent()
    }

    /// A line, counted from 1.
    #[must_use]
    pub fn line(&self, number: u32) -> &str {
        let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        let rest = self.starts.get(index).map_or("", |&start| &self.text[start..]);
        rest.lines().next().unwrap_or_default()
    }
}
