//! Where was it written? Leads a place of built output back to the file and line of a kustomization that it comes from.

use std::path::Path;
use std::sync::Arc;

use super::file;
use super::kustomize::Kustomization;
use crate::bundle::Origins;
use crate::finding::Location;
use crate::object::Object;
use crate::source::Source;
use crate::yaml::{self, Node, Span};

/// The files that a kustomization is made of, those that have the last word first.
#[derive(Debug, Default)]
pub(super) struct Written {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    source: Arc<Source>,
    documents: Vec<Node>,
    /// What the kustomizations above put before and after names.
    prefix: String,
    suffix: String,
}

/// One step of a path into an object.
#[derive(Clone, Debug)]
enum Step {
    Key(Box<str>),
    /// An item of a sequence, with what tells it from the others if anything does.
    Item(usize, Option<(&'static str, Box<str>)>),
}

/// What tells items of a sequence apart when a patch merges them.
const IDENTITIES: [&str; 7] = ["name", "containerPort", "port", "number", "key", "mountPath", "host"];
/// How far kustomizations may lead to others.
const MAX_DEPTH: usize = 32;

impl Written {
    /// Reads all files of a kustomization, those of the ones that it builds on too.
    pub fn of(kustomization: &Kustomization) -> Self {
        let mut written = Self::default();
        written.add(kustomization, "", "", 0);
        written
    }

    fn add(&mut self, kustomization: &Kustomization, prefix: &str, suffix: &str, depth: usize) {
        let prefix = format!("{prefix}{}", kustomization.root["namePrefix"].str());
        let suffix = format!("{}{suffix}", kustomization.root["nameSuffix"].str());
        for path in kustomization.patches() {
            self.add_file(&path, &prefix, &suffix);
        }
        // Later resources change what earlier ones made, if they are components.
        for path in kustomization.resources().iter().rev() {
            if path.is_file() {
                self.add_file(path, &prefix, &suffix);
            } else if depth < MAX_DEPTH
                && let Some(inner) = Kustomization::of(path)
            {
                self.add(&inner, &prefix, &suffix, depth + 1);
            }
        }
    }

    fn add_file(&mut self, path: &Path, prefix: &str, suffix: &str) {
        let Ok(source) = file(path) else { return };
        let documents = yaml::parse(&source.text).into_iter().flatten().collect();
        self.files.push(File { source, documents, prefix: prefix.to_owned(), suffix: suffix.to_owned() });
    }
}

impl Origins for Written {
    fn origin(&self, object: &Object, span: Span) -> Option<Location> {
        let (path, built) = path_to(&object.root, span)?;
        // The whole path where its value is the same; else as much of it as any file has.
        (1..=path.len()).rev().find_map(|length| {
            let value = (length == path.len()).then_some(built).flatten();
            self.files.iter().find_map(|file| file.place(object, &path[..length], value))
        })
    }
}

impl File {
    fn place(&self, object: &Object, path: &[Step], value: Option<&str>) -> Option<Location> {
        let whole = self.documents.iter().filter(|document| self.is_of(document, object));
        let place = whole.filter_map(|document| find(document, path, value)).next();
        let place = place.or_else(|| self.documents.iter().find_map(|document| operation(document, path, value)));
        place.map(|span| Location { source: Arc::clone(&self.source), span })
    }

    fn is_of(&self, document: &Node, object: &Object) -> bool {
        let name = document.dig("metadata.name").str();
        let (kind, own) = (document["kind"].str(), &*object.name);
        kind == &*object.kind && (name == own || format!("{}{name}{}", self.prefix, self.suffix) == own)
    }
}

/// The path to the value or key at a place, and the text there if it is a scalar.
fn path_to(node: &Node, span: Span) -> Option<(Vec<Step>, Option<&str>)> {
    let mut path = Vec::new();
    let found = descend(node, span, &mut path)?;
    Some((path, found))
}

fn descend<'a>(node: &'a Node, span: Span, path: &mut Vec<Step>) -> Option<Option<&'a str>> {
    for entry in node.entries() {
        path.push(Step::Key(entry.key.clone()));
        if entry.span == span {
            return Some(None);
        }
        if entry.value.span == span {
            return Some(entry.value.text());
        }
        if let Some(found) = descend(&entry.value, span, path) {
            return Some(found);
        }
        path.pop();
    }
    for (number, item) in node.items().iter().enumerate() {
        path.push(Step::Item(number, identity(item)));
        // The first key of an item stands where the item does, and says more.
        if let Some(found) = descend(item, span, path) {
            return Some(found);
        }
        if item.span == span {
            return Some(item.text());
        }
        path.pop();
    }
    None
}

fn identity(item: &Node) -> Option<(&'static str, Box<str>)> {
    IDENTITIES.iter().find_map(|&key| item[key].text().map(|text| (key, text.into())))
}

fn find(node: &Node, path: &[Step], value: Option<&str>) -> Option<Span> {
    let [step, rest @ ..] = path else {
        return (value.is_none() || node.text() == value).then_some(node.span);
    };
    match step {
        Step::Key(key) => {
            let entry = node.entries().iter().find(|entry| entry.key == *key)?;
            if rest.is_empty() && value.is_none() { Some(entry.span) } else { find(&entry.value, rest, value) }
        }
        Step::Item(number, None) => find(node.items().get(*number)?, rest, value),
        Step::Item(number, Some((key, text))) => {
            let same = |item: &&Node| item[key].text() == Some(text);
            let at = node.items().get(*number).filter(same);
            find(at.or_else(|| node.items().iter().find(same))?, rest, value)
        }
    }
}

/// The operation of a JSON patch that wrote what a path leads to.
fn operation(document: &Node, path: &[Step], value: Option<&str>) -> Option<Span> {
    document.items().iter().filter(|it| it["op"].str() != "test").find_map(|operation| {
        let steps = operation["path"].text()?.strip_prefix('/')?.split('/');
        let steps: Vec<_> = steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let rest = path.get(steps.len()..)?;
        let leads_here = steps.iter().zip(path).all(|(step, here)| match here {
            Step::Key(key) => **key == **step,
            Step::Item(number, _) => step == "-" || *step == number.to_string(),
        });
        leads_here.then(|| find(&operation["value"], rest, value)).flatten()
    })
}
