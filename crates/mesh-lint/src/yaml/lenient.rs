//! What does kubectl take that YAML 1.2 forbids? Lines inside of brackets and quotes that stand too far to the left.
//!
//! libyaml, of which kubectl's parser is a port, does not look at the indentation there: a closing bracket below its key and
//! descriptions wrapped to the column of their key are common in manifests. A strict parser calls them broken. Such lines
//! are moved to the right, where nothing depends on how far, and the document is read again.

use std::borrow::Cow;
use std::collections::HashSet;

/// How far a line is moved: further than anything is indented.
const SHIFT: usize = 512;
/// How many bytes may be read again for one document, so that no text takes for ever.
const MAX_REREAD: usize = 16 << 20;

/// A document, with lines moved to the right.
pub(super) struct Lenient<'a> {
    text: Cow<'a, str>,
    moved: HashSet<u32>,
    reread: usize,
}

impl<'a> Lenient<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), moved: HashSet::new(), reread: 0 }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// By how much a line, counted from 1, was moved.
    pub fn shift(&self, line: u32) -> usize {
        if self.moved.contains(&line) { SHIFT } else { 0 }
    }

    /// Moves what an error is about; `false` if it is about something else, or nothing is left to move.
    pub fn mend(&mut self, line: u32, column: u32, why: &str) -> bool {
        let lines: Vec<u32> = match why {
            "invalid indentation in quoted scalar" => self.continuations(line, column),
            _ if why.starts_with("invalid indentation") => vec![line],
            _ => return false,
        };
        let fresh: HashSet<u32> = lines.into_iter().filter(|line| !self.moved.contains(line)).collect();
        self.reread = self.reread.saturating_add(self.text.len() + fresh.len() * SHIFT);
        if fresh.is_empty() || self.reread > MAX_REREAD {
            return false;
        }
        let indent = " ".repeat(SHIFT);
        let numbered = (1..).zip(self.text.split_inclusive('\n'));
        let text =
            numbered.flat_map(|(number, line)| [if fresh.contains(&number) { &*indent } else { "" }, line]).collect();
        self.text = Cow::Owned(text);
        self.moved.extend(fresh);
        true
    }

    /// The lines after the first of a quoted scalar that begins at a place.
    fn continuations(&self, line: u32, column: u32) -> Vec<u32> {
        let skipped = usize::try_from(column).unwrap_or(0).saturating_sub(1) + self.shift(line);
        let before = usize::try_from(line).unwrap_or(0).saturating_sub(1);
        let mut letters = self.text.split_inclusive('\n').skip(before).flat_map(str::chars).skip(skipped).peekable();
        let quote = letters.next().unwrap_or_default();
        let (mut at, mut lines) = (line, Vec::new());
        while let Some(letter) = letters.next() {
            match letter {
                '\n' => {
                    at += 1;
                    lines.push(at);
                }
                '\\' if quote == '"' => drop(letters.next_if(|next| *next != '\n')),
                // Two of them are one, inside of single quotes.
                _ if letter == quote && (quote == '"' || letters.next_if_eq(&quote).is_none()) => break,
                _ => {}
            }
        }
        lines
    }
}
