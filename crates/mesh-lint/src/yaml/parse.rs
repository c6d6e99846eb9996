//! How does a text become trees? Document by document, so that a broken one does not hide the others.
//!
//! The parser is a port of libyaml, as is the one of kubectl: what that takes and stricter parsers do not, such as a `]` that
//! stands no deeper than its key, is no finding.

use std::collections::HashMap;

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};

use super::{Entry, Node, Span, Value};

/// No manifest is nested deeper; a tree that is could exhaust the stack of whoever walks it.
pub const MAX_DEPTH: usize = 128;
/// No text has more values than this many; aliases of aliases could ask for any number of them.
const MAX_NODES: usize = 500_000;

/// Why a document is no YAML, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where the parser gave up.
    pub span: Span,
    /// What it says.
    pub why: String,
}

/// The documents of a text in their order. Empty ones are left out.
#[must_use]
pub fn parse(text: &str) -> Vec<Result<Node, Broken>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut budget = MAX_NODES;
    let documents = documents(text).into_iter().map(|(line, text)| document(text, line, &mut budget));
    documents.filter_map(Result::transpose).collect()
}

/// Each document of a text with the number of lines before it. `---` at the start of a line begins one wherever it stands.
fn documents(text: &str) -> Vec<(u32, &str)> {
    let mut documents = Vec::new();
    let (mut start, mut start_line, mut offset, mut count) = (0, 0, 0, 0);
    for line in text.split_inclusive('\n') {
        let marker =
            line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if marker && offset > start {
            documents.push((start_line, &text[start..offset]));
            (start, start_line) = (offset, count);
        }
        offset += line.len();
        count += 1;
    }
    documents.push((start_line, &text[start..]));
    documents.retain(|(_, text)| text.lines().any(says_something));
    documents
}

fn says_something(line: &str) -> bool {
    let line = line.strip_prefix("---").unwrap_or(line).trim_start();
    !(line.is_empty() || line.starts_with('#') || line.starts_with('%'))
}

fn document(text: &str, lines_before: u32, budget: &mut usize) -> Result<Option<Node>, Broken> {
    let mut builder = Builder { lines_before, budget, open: Vec::new(), anchors: HashMap::new(), root: None };
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    loop {
        match parser.parse() {
            Ok(Event { data: EventData::StreamEnd, .. }) => break,
            Ok(event) => builder.take(event)?,
            Err(error) => {
                let marks = error.problem_mark().or(error.context_mark());
                let (line, column) = marks.map_or((0, 0), |mark| (mark.line, mark.column));
                return Err(Broken { span: builder.place(line, column, 1), why: error.problem().to_owned() });
            }
        }
    }
    Ok(builder.root.filter(|root| !root.is_null()))
}

/// A collection whose end has not come yet.
struct Open {
    anchor: Option<String>,
    node: Node,
    /// In a mapping: the key that waits for its value.
    key: Option<(Box<str>, Span)>,
}

struct Builder<'a> {
    lines_before: u32,
    budget: &'a mut usize,
    open: Vec<Open>,
    anchors: HashMap<String, Node>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event) -> Result<(), Broken> {
        let (from, to) = (event.start_mark, event.end_mark);
        let width = if from.line == to.line { to.column.saturating_sub(from.column).max(1) } else { 1 };
        let span = self.place(from.line, from.column, width);
        match event.data {
            EventData::Scalar { anchor, value, style, .. } => self.close(scalar(&value, style, span), anchor),
            EventData::SequenceStart { anchor, .. } => self.start(Value::List(Vec::new()), anchor, span),
            EventData::MappingStart { anchor, .. } => self.start(Value::Map(Vec::new()), anchor, span),
            EventData::SequenceEnd | EventData::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.close(merged(node), anchor),
                None => Ok(()),
            },
            EventData::Alias { anchor } => self.alias(&anchor, span),
            _ => Ok(()),
        }
    }

    fn alias(&mut self, anchor: &str, span: Span) -> Result<(), Broken> {
        let Some(node) = self.anchors.get(anchor) else {
            return Err(Broken { span, why: format!("there is no anchor {anchor} before") });
        };
        let node = Node { span, ..node.clone() };
        self.spend(node.size(), span)?;
        self.close(node, None)
    }

    fn start(&mut self, value: Value, anchor: Option<String>, span: Span) -> Result<(), Broken> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Broken { span, why: format!("nested deeper than {MAX_DEPTH} levels") });
        }
        // A block collection stands below its key; whoever looks for it looks at the key.
        let span = match self.open.last().and_then(|open| open.key.as_ref()) {
            Some((_, key)) if key.line != span.line => *key,
            _ => span,
        };
        self.open.push(Open {
            anchor,
            node: Node { span: Span { width: span.width.max(1), ..span }, value },
            key: None,
        });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: Option<String>) -> Result<(), Broken> {
        self.spend(1, node.span)?;
        if let Some(anchor) = anchor {
            self.spend(node.size(), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, span))) => entries.push(Entry { key, span, value: node }),
            // A key that is a collection has no text; no manifest has one.
            (_, None) => open.key = Some((node.text().unwrap_or_default().into(), node.span)),
            (_, Some(_)) => {}
        }
        Ok(())
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Broken> {
        match self.budget.checked_sub(nodes) {
            Some(rest) => *self.budget = rest,
            None => return Err(Broken { span, why: format!("more than {MAX_NODES} values, with aliases") }),
        }
        Ok(())
    }

    /// A place in the whole text; the parser counts from 0, and in this document alone.
    fn place(&self, line: u64, column: u64, width: u64) -> Span {
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let line = number(line).saturating_add(self.lines_before).saturating_add(1);
        Span { line, column: number(column).saturating_add(1), width: number(width) }
    }
}

fn scalar(text: &str, style: ScalarStyle, span: Span) -> Node {
    Node { span, value: Value::Scalar { text: text.into(), quoted: style != ScalarStyle::Plain } }
}

/// A mapping with what its merge key `<<` brings along and it does not say itself.
fn merged(mut node: Node) -> Node {
    let Value::Map(entries) = &mut node.value else { return node };
    let Some(at) = entries.iter().position(|entry| &*entry.key == "<<") else { return node };
    let source = entries.remove(at).value;
    let one = std::slice::from_ref(&source);
    let maps = if source.items().is_empty() { one } else { source.items() };
    for entry in maps.iter().flat_map(Node::entries) {
        if !entries.iter().any(|known| known.key == entry.key) {
            entries.push(entry.clone());
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_document_tells_its_line_and_does_not_hide_the_next() {
        let parsed = parse("a: 1\n---\nb: [1\nc: 2\n---\n# only a comment\n---\nd: 4\n");
        assert_eq!(parsed.len(), 3);
        assert!(parsed[0].is_ok());
        let broken = parsed[1].as_ref().expect_err("no end of the sequence");
        assert!((3..=5).contains(&broken.span.line), "{broken:?}");
        assert_eq!(parsed[2].as_ref().expect("parses")["d"].span, Span { line: 8, column: 4, width: 1 });
    }

    #[test]
    fn what_kubectl_takes_is_not_broken() {
        let texts = ["a: [\n  1,\n]\n", "a:\n  b: 'one\n  two'\n", "- a: [\n    1,\n  ]\n", "a: \"one\ntwo\"\n"];
        for text in texts {
            assert!(parse(text)[0].is_ok(), "{text:?}: {:?}", parse(text));
        }
    }

    #[test]
    fn depth_and_aliases_are_bounded() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert!(parse(&deep)[0].as_ref().is_err_and(|broken| broken.why.contains("nested")));
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(parse(&laughs)[0].as_ref().is_err_and(|broken| broken.why.contains("aliases")));
    }
}
