//! What does one piece of a kustomization write into objects, and on which line?

use std::sync::Arc;

use super::identity::Identity;
use super::path::{Field, Key, Path, Step, follow, same};
use crate::source::Source;
use crate::yaml::{Node, Span};

/// A piece that writes.
#[derive(Debug)]
pub(super) struct Layer {
    pub source: Arc<Source>,
    /// The kustomizations that it stands in, the outermost first. It is about what stands in the same ones.
    pub scope: Vec<usize>,
    pub about: About,
    pub writes: Writes,
}

/// Whom it writes into.
#[derive(Debug)]
pub(super) enum About {
    /// An object that begins here.
    Itself(Identity),
    /// Whom the document names.
    Named,
    /// Whom a target takes.
    Target(Node),
    /// Whoever has this name.
    Name(String),
    All,
}

/// What it writes.
#[derive(Debug)]
pub(super) enum Writes {
    /// An object, or a patch that looks like one.
    Document(Node),
    /// The operations of a JSON patch.
    Operations(Node),
    /// All of a generated object: the entry of its generator.
    Generated(Node),
    /// Labels or annotations.
    Labels(Node),
    /// The last field of a path.
    Field(&'static str, Node),
}

/// How sure one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// The same value is written there.
    Value,
    /// It is the field, whatever is written there.
    Field,
}

impl Layer {
    /// Whether it writes into an object that begins in another layer, or in this one.
    pub fn is_about(&self, begin: &Layer) -> bool {
        let About::Itself(identity) = &begin.about else { return false };
        begin.scope.starts_with(&self.scope)
            && match (&self.about, &self.writes) {
                (About::Itself(_), Writes::Generated(entry)) => identity.has_name(entry["name"].str()),
                (About::Itself(_), _) => std::ptr::eq(self, begin),
                (About::Named, Writes::Document(patch)) => identity.is_named_by(patch),
                (About::Named, _) => false,
                (About::Target(target), _) => identity.is_target(target),
                (About::Name(name), _) => identity.has_name(name),
                (About::All, _) => true,
            }
    }

    /// Where it writes what the first steps of a path lead to.
    pub fn place(&self, path: &Path<'_>, length: usize, wanted: Match) -> Option<Span> {
        let steps = &path.steps[..length];
        let at_key = path.at_key && length == path.steps.len();
        let span = |field: Field<'_>| field.key.filter(|_| at_key).unwrap_or(field.node.span);
        let last = steps.last()?;
        let fits = |field: &Field<'_>| wanted == Match::Field || agree(field.node, last.node);
        match &self.writes {
            // By these a patch says whom it is for.
            Writes::Document(_) if !matches!(self.about, About::Itself(_)) && is_identity(steps) => None,
            Writes::Document(document) => follow(document, steps).filter(fits).map(span),
            Writes::Operations(list) => {
                list.items().iter().rev().find_map(|it| operation(it, steps, wanted).filter(fits)).map(span)
            }
            Writes::Generated(entry) => datum(entry, steps).or((wanted == Match::Field).then_some(entry["name"].span)),
            Writes::Labels(pairs) => label(pairs, steps).filter(fits).map(span),
            Writes::Field(name, node) => {
                (last.key == Key::Field(name) && writes(name, node, last.node)).then_some(node.span)
            }
        }
    }
}

fn is_identity(steps: &[Step<'_>]) -> bool {
    let keys: Vec<_> = steps.iter().map(|step| step.key).collect();
    match keys[..] {
        [Key::Field("metadata")] => true,
        [Key::Field(key)] => matches!(key, "apiVersion" | "kind"),
        [Key::Field("metadata"), Key::Field(key)] => matches!(key, "name" | "namespace"),
        _ => false,
    }
}

/// Whether a value may have become another: a patch says only some of a mapping's keys, and may add items.
fn agree(written: &Node, built: &Node) -> bool {
    written.text() == built.text()
}

/// The value that an operation of a JSON patch has written at a path.
fn operation<'n>(operation: &'n Node, steps: &[Step<'_>], wanted: Match) -> Option<Field<'n>> {
    let is_writing = matches!(operation["op"].str(), "add" | "replace");
    let pointer: Vec<_> = operation["path"].text().filter(|_| is_writing)?.strip_prefix('/')?.split('/').collect();
    let (here, rest) = steps.split_at_checked(pointer.len())?;
    let value = operation.entries().iter().find(|entry| &*entry.key == "value")?;
    // Operations that come later may have changed the number of an item.
    let is_same = |step: &Step<'_>| wanted == Match::Value && same(&value.value, step.node);
    let leads = pointer.iter().zip(here).enumerate().all(|(number, (part, step))| match step.key {
        Key::Field(name) => part.replace("~1", "/").replace("~0", "~") == name,
        Key::Item(index) => *part == index.to_string() || number + 1 == here.len() && (*part == "-" || is_same(step)),
    });
    let whole = Field { key: Some(value.span), node: &value.value };
    if !leads {
        None
    } else if rest.is_empty() {
        Some(whole)
    } else {
        follow(&value.value, rest)
    }
}

/// The line of a generator that fills a key in.
fn datum(entry: &Node, steps: &[Step<'_>]) -> Option<Span> {
    let [Step { key: Key::Field("data"), .. }, Step { key: Key::Field(wanted), .. }, ..] = steps else { return None };
    let lines = ["literals", "files"].into_iter().flat_map(|list| entry[list].items());
    let key = |text: &str| text.split_once('=').map_or(text.rsplit('/').next(), |(key, _)| Some(key)) == Some(*wanted);
    lines.into_iter().find(|line| key(line.str())).map(|line| line.span)
}

fn label<'n>(pairs: &'n Node, steps: &[Step<'_>]) -> Option<Field<'n>> {
    let [.., Step { key: Key::Field("labels" | "annotations" | "matchLabels" | "selector"), .. }, last] = steps else {
        return None;
    };
    follow(pairs, std::slice::from_ref(last))
}

/// An image is put together of a name and a tag, of which a kustomization may say one.
fn writes(name: &str, node: &Node, built: &Node) -> bool {
    let (part, whole) = (node.str(), built.str());
    part == whole || name == "image" && !part.is_empty() && (whole.ends_with(part) || whole.starts_with(part))
}
