//! How does a text become trees? Document by document, so that a broken one does not hide the others.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::lenient::Lenient;
use super::{Entry, Node, Span, Value};

/// No manifest is nested deeper; a tree that is could exhaust the stack of whoever walks it.
pub const MAX_DEPTH: usize = 128;
/// How many values the aliases of a text may repeat, if it has not more characters than that; aliases of aliases could
/// ask for any number of them.
const MAX_REPEATED: usize = 500_000;

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
    let mut budget = text.len().max(MAX_REPEATED);
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
    let mut text = Lenient::new(text);
    loop {
        let rest = *budget;
        match strict(&text, lines_before, budget) {
            Err(broken)
                if text.mend(broken.span.line.saturating_sub(lines_before), broken.span.column, &broken.why) =>
            {
                *budget = rest;
            }
            done => return done,
        }
    }
}

fn strict(text: &Lenient<'_>, lines_before: u32, budget: &mut usize) -> Result<Option<Node>, Broken> {
    let mut builder = Builder { text, lines_before, budget, open: Vec::new(), anchors: HashMap::new(), root: None };
    for event in Parser::new_from_str(text.as_str()) {
        match event {
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                let marker = error.marker();
                let span = builder.place(marker.line(), marker.col(), 1);
                return Err(Broken { span, why: error.info().to_owned() });
            }
        }
    }
    Ok(builder.root.filter(|root| !root.is_null()))
}

/// A collection whose end has not come yet.
struct Open {
    anchor: usize,
    node: Node,
    /// In a mapping: the key that waits for its value.
    key: Option<(Box<str>, Span)>,
}

struct Builder<'a> {
    text: &'a Lenient<'a>,
    lines_before: u32,
    budget: &'a mut usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), Broken> {
        let (from, to) = (span.start, span.end);
        let width = if from.line() == to.line() { to.col().saturating_sub(from.col()).max(1) } else { 1 };
        let span = self.place(from.line(), from.col(), width);
        match event {
            Event::Scalar(text, style, anchor, _) => self.close(scalar(text, style, span), anchor),
            Event::SequenceStart(anchor, _) => self.start(Value::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.start(Value::Map(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.close(merged(node), anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let mut node =
                    self.anchors.get(&anchor).cloned().unwrap_or_else(|| scalar("".into(), ScalarStyle::Plain, span));
                self.spend(node.size(), span)?;
                node.span = span;
                self.close(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, value: Value, anchor: usize, span: Span) -> Result<(), Broken> {
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

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Broken> {
        if anchor != 0 {
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
            None => return Err(Broken { span, why: "aliases repeat more than anybody could read".to_owned() }),
        }
        Ok(())
    }

    fn place(&self, line: usize, column: usize, width: usize) -> Span {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let column = column.saturating_sub(self.text.shift(number(line)));
        Span {
            line: number(line).saturating_add(self.lines_before),
            column: number(column).saturating_add(1),
            width: number(width),
        }
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, span: Span) -> Node {
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
        let texts = [
            "a: [\n  1,\n]\n",
            "- a: {\n    x: 1,\n  }\n  b: 2\n",
            "a:\n  b:\n    c: 'it''s one\n    two'\n  d: 1\n",
            "a:\n  b:\n    c: \"one \\\" two\n    three\n\n  four\"\n  d: [\n  'x\n y', z\n  ]\n",
            "- a: [\n    1,\n  ]\n# the end",
            "a: \"one\ntwo\"\n",
        ];
        for text in texts {
            assert!(parse(text)[0].is_ok(), "{text:?}: {:?}", parse(text));
        }
    }

    #[test]
    fn what_was_mended_keeps_its_places() {
        let node = parse("a:\n  b: 'one\n  two'\n  c: [\n    x,\n  y]\n").remove(0).expect("parses");
        assert_eq!(node["a"]["b"].text(), Some("one two"));
        assert_eq!(node["a"]["c"].items()[1].span, Span { line: 6, column: 3, width: 1 });
    }

    #[test]
    fn a_long_text_is_read_to_its_end() {
        let text = "a: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n---\n".repeat(MAX_REPEATED / 9);
        assert!(parse(&text).iter().all(Result::is_ok));
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
