//! Where in a file stands what is written in a text inside of it, such as a patch below `patch: |-`?

use crate::source::Source;
use crate::yaml::{self, Broken, Node, Span, Value};

/// The documents of a text inside of a scalar, with the places that they have in the file.
pub(super) fn documents(source: &Source, scalar: &Node) -> Vec<Result<Node, Broken>> {
    let Some(text) = scalar.text() else { return Vec::new() };
    let place = Place::of(source, scalar);
    let text = place.text.as_deref().unwrap_or(text);
    let documents = yaml::parse(text).into_iter();
    documents
        .map(|document| match document {
            Ok(node) => Ok(moved(node, &place)),
            Err(broken) => Err(Broken { span: place.in_file(broken.span), ..broken }),
        })
        .collect()
}

/// How places of the inner text become places of the file.
struct Place {
    /// The lines of the file, where they are not what the scalar says: without its indentation.
    text: Option<String>,
    shift: Shift,
}

#[derive(Clone, Copy)]
enum Shift {
    /// So many lines further down, so many columns to the right.
    By(u32, u32),
    /// Lines were folded or escaped: all stands where the scalar begins.
    To(Span),
}

impl Place {
    fn of(source: &Source, scalar: &Node) -> Self {
        let Span { line, column, .. } = scalar.span;
        let shift = match first(source, scalar.span) {
            _ if scalar.str().contains('\n') => Shift::To(scalar.span),
            Some('\'' | '"') => Shift::By(line.saturating_sub(1), column),
            _ => Shift::By(line.saturating_sub(1), column.saturating_sub(1)),
        };
        match header(source, scalar.span) {
            Some((header, '|')) => literal(source, header),
            Some(_) => Self { text: None, shift: Shift::To(scalar.span) },
            None => Self { text: None, shift },
        }
    }

    fn in_file(&self, span: Span) -> Span {
        match self.shift {
            Shift::By(lines, columns) => Span { line: span.line + lines, column: span.column + columns, ..span },
            Shift::To(span) => span,
        }
    }
}

fn first(source: &Source, span: Span) -> Option<char> {
    let before = usize::try_from(span.column).unwrap_or(1).saturating_sub(1);
    source.line(span.line).chars().nth(before)
}

/// The line that ends in `|` or `>`, and which of them, if a scalar begins below one; one that is no block does not.
fn header(source: &Source, span: Span) -> Option<(u32, char)> {
    let before = source.line(span.line).chars().take(usize::try_from(span.column).unwrap_or(1).saturating_sub(1));
    let above = (1..span.line)
        .filter(|_| before.clone().all(char::is_whitespace))
        .rev()
        .find(|line| !source.line(*line).trim().is_empty())?;
    let line = source.line(above);
    let line = line.split_once(" #").map_or(line, |(line, _)| line).trim_end();
    let mark = line.trim_end_matches(|it: char| it.is_ascii_digit() || it == '-' || it == '+').chars().next_back()?;
    matches!(mark, '|' | '>').then_some((above, mark))
}

/// The lines below a `|`, as far as they are indented.
fn literal(source: &Source, header: u32) -> Place {
    let lines: Vec<&str> = source.text.lines().skip(usize::try_from(header).unwrap_or(usize::MAX)).collect();
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_blank = |line: &&&str| line.trim().is_empty();
    let indent = lines.iter().find(|line| !is_blank(line)).map_or(0, |line| depth(line));
    let inside = lines.iter().take_while(|line| is_blank(line) || depth(line) >= indent);
    let text = inside.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect();
    Place { text: Some(text), shift: Shift::By(header, u32::try_from(indent).unwrap_or(0)) }
}

fn moved(mut node: Node, place: &Place) -> Node {
    node.span = place.in_file(node.span);
    node.value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|item| moved(item, place)).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|entry| yaml::Entry { span: place.in_file(entry.span), value: moved(entry.value, place), ..entry })
                .collect(),
        ),
        value => value,
    };
    node
}
