//! What does a finding say? Rule, place, object, what the mesh will do, what to write instead.

use std::sync::Arc;

use crate::bundle::Bundle;
use crate::object::Object;
use crate::rule::Rule;
use crate::source::Source;
use crate::yaml::{Node, Span};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub source: Arc<Source>,
    /// The line and column.
    pub span: Span,
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule, with severity and reference.
    pub rule: &'static Rule,
    /// Where.
    pub location: Location,
    /// The object as people call it; empty where no object could be read.
    pub object: String,
    /// What the mesh will do with it.
    pub will: String,
    /// What to write instead.
    pub instead: String,
}

impl Finding {
    /// What makes two findings the same one: a file may be in several bundles.
    #[must_use]
    pub fn key(&self) -> (String, Span, &'static str, String) {
        (self.location.source.name.clone(), self.location.span, self.rule.id, self.will.clone())
    }
}

/// What a check writes its findings into.
#[derive(Debug)]
pub struct Report<'a> {
    rule: &'static Rule,
    bundle: &'a Bundle,
    found: Vec<(Finding, &'a Object)>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(rule: &'static Rule, bundle: &'a Bundle) -> Self {
        Self { rule, bundle, found: Vec::new() }
    }

    /// A finding at a node of an object. A node that does not exist stands for the object's name.
    pub fn at(&mut self, object: &'a Object, node: &Node, will: impl Into<String>, instead: impl Into<String>) {
        let span = if node.exists() { node.span } else { object.place() };
        self.span(object, span, will, instead);
    }

    /// A finding about an object as a whole.
    pub fn object(&mut self, object: &'a Object, will: impl Into<String>, instead: impl Into<String>) {
        self.span(object, object.place(), will, instead);
    }

    /// A finding at a place of an object, such as a key.
    pub fn span(&mut self, object: &'a Object, span: Span, will: impl Into<String>, instead: impl Into<String>) {
        let location = self.bundle.location(object, span);
        let (will, instead) = (will.into(), instead.into());
        self.found.push((Finding { rule: self.rule, location, object: object.title(), will, instead }, object));
    }

    pub(crate) fn into_found(self) -> Vec<(Finding, &'a Object)> {
        self.found
    }
}
