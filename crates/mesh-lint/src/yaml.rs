//! What does a manifest say, and where? A tree of values, each with its line and column.

mod lenient;
mod parse;

use std::ops::Index;

pub use parse::{Broken, MAX_DEPTH, parse};

/// A place in a text. Lines and columns count from 1; line 0 is no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The line.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// How many characters of that line belong to it.
    pub width: u32,
}

/// A value and its place. What is under a key and takes several lines has the place of its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// The four things that a node can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Asked for and not there.
    Missing,
    /// A text, a number, a boolean or nothing: as written.
    Scalar {
        /// The text without quotes.
        text: Box<str>,
        /// Whether it was quoted, so that it is a string whatever it looks like.
        quoted: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the text.
    Map(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as text.
    pub key: Box<str>,
    /// Where the key stands.
    pub span: Span,
    /// What it leads to.
    pub value: Node,
}

static MISSING: Node = Node { span: Span { line: 0, column: 0, width: 0 }, value: Value::Missing };

impl Node {
    /// Whether it is written at all, be it as `null`.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.value != Value::Missing
    }

    /// Whether there is no value: missing, empty, `null` or `~`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Missing => true,
            Value::Scalar { text, quoted } => !quoted && matches!(&**text, "" | "~" | "null" | "Null" | "NULL"),
            Value::List(_) | Value::Map(_) => false,
        }
    }

    /// The text of a scalar, as written; `None` for everything else and for null.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar, or nothing.
    #[must_use]
    pub fn str(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// A whole number.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        self.text()?.parse().ok()
    }

    /// A boolean that was not quoted.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, quoted: false } => match &**text {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it is a string for the API server: text that is quoted or cannot be taken for anything else.
    #[must_use]
    pub fn is_string(&self) -> bool {
        match &self.value {
            Value::Scalar { text, quoted } => *quoted || !(self.is_null() || looks_like_no_string(text)),
            _ => false,
        }
    }

    /// The items of a sequence; none for everything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; none for everything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What a path of keys without dots leads to, as in `spec.template.spec`.
    #[must_use]
    pub fn dig(&self, path: &str) -> &Node {
        path.split('.').fold(self, |node, key| &node[key])
    }

    /// How many nodes it is made of.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
            _ => 0,
        }
    }
}

impl Index<&str> for Node {
    type Output = Node;

    /// What a key leads to; a node that does not exist if there is no such key, so that lookups chain.
    fn index(&self, key: &str) -> &Node {
        // Of a repeated key the last one counts, as for the API server.
        self.entries().iter().rfind(|entry| &*entry.key == key).map_or(&MISSING, |entry| &entry.value)
    }
}

fn looks_like_no_string(text: &str) -> bool {
    let boolean = ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    // `1s` is a string, `1e3` and `0x1f` are none, and neither is `.5`; words such as `inf` and `nan` are strings.
    let number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && (text.parse::<f64>().is_ok()
            || text.strip_prefix("0x").is_some_and(|hex| i64::from_str_radix(hex, 16).is_ok()));
    boolean || number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        parse(text).remove(0).expect("parses")
    }

    #[test]
    fn a_value_knows_its_line_and_column() {
        let node = read("a:\n  b: [x, yy]\n  c:\n  - d: 1\n");
        assert_eq!(node["a"].span, Span { line: 1, column: 1, width: 1 });
        assert_eq!(node["a"]["b"].items()[1].span, Span { line: 2, column: 10, width: 2 });
        assert_eq!(node["a"]["c"].items()[0]["d"].span, Span { line: 4, column: 8, width: 1 });
        assert_eq!(node["a"]["c"].items()[0].span.line, 4);
    }

    #[test]
    fn what_is_not_there_is_missing_however_deep_one_asks() {
        let node = read("a: 1");
        assert!(!node["b"]["c"]["d"].exists());
        assert!(!node.dig("a.b.c").exists());
        assert!(node["a"].exists());
    }

    #[test]
    fn strings_are_told_from_what_looks_like_another_type() {
        let node = read("a: 5\nb: '5'\nc: yes\nd: 1s\ne: 1.5\nf:\ng: text\nh: \"true\"\ni: inf\n");
        let strings: Vec<_> = node.entries().iter().filter(|it| it.value.is_string()).map(|it| &*it.key).collect();
        assert_eq!(strings, ["b", "d", "g", "h", "i"]);
    }

    #[test]
    fn an_alias_is_what_it_names_and_a_merge_key_adds_what_is_missing() {
        let node = read("base: &b {x: 1, y: 2}\nall:\n  <<: *b\n  y: 3\nsame: *b\n");
        assert_eq!(node["all"]["x"].int(), Some(1));
        assert_eq!(node["all"]["y"].int(), Some(3));
        assert_eq!(node["same"]["y"].int(), Some(2));
    }
}
