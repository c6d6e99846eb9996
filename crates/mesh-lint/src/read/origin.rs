//! Where was it written? Leads a place of built output back to the file and line of a kustomization that it comes from.
//!
//! A kustomization is taken apart into layers, each of which writes something into some objects. The last word stands first:
//! a field is where the first layer says that writes it with the value that it has now.

mod identity;
mod inline;
mod layer;
mod path;
mod piece;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::identity::Identity;
use self::layer::{About, Layer, Match, Writes};
use self::path::Path;
pub(super) use self::piece::inline_patches;
use super::file;
use super::kustomize::{Kustomization, MAX_DEPTH, Use};
use crate::bundle::Origins;
use crate::finding::Location;
use crate::object::Object;
use crate::yaml::Span;

/// The layers of a kustomization, those that have the last word first.
#[derive(Debug, Default)]
pub(super) struct Written {
    layers: Vec<Layer>,
    /// The first thing that is made of what is not here; objects of which nothing is known come from there.
    remote: Option<Location>,
    visits: usize,
}

impl Origins for Written {
    fn origin(&self, object: &Object, span: Span) -> Option<Location> {
        self.written(object, span).or_else(|| self.remote.clone())
    }
}

impl Written {
    /// Reads all files of a kustomization, those of the ones that it builds on too.
    pub fn of(kustomization: &Kustomization) -> Self {
        let mut written = Self::default();
        written.add(kustomization, &[], &[]);
        written
    }

    fn written(&self, object: &Object, span: Span) -> Option<Location> {
        let path = Path::to(&object.root, span)?;
        let begin = self.begin(object)?;
        let layers: Vec<_> = self.layers.iter().filter(|layer| layer.is_about(begin)).collect();
        let place = |length: usize, wanted: Match| {
            let mut found = layers.iter().filter_map(|layer| Some((layer, layer.place(&path, length, wanted)?)));
            found.next().map(|(layer, span)| Location { source: Arc::clone(&layer.source), span })
        };
        let whole = path.steps.len();
        // As much of the path as any file has, if none has it all.
        place(whole, Match::Value).or_else(|| (1..=whole).rev().find_map(|length| place(length, Match::Field)))
    }

    /// The layer in which an object begins.
    fn begin(&self, object: &Object) -> Option<&Layer> {
        let fits = |layer: &&Layer| match &layer.about {
            About::Itself(identity) => identity.fits(object),
            _ => None,
        };
        let fitting = self.layers.iter().filter(|layer| fits(layer).is_some());
        // Of several, the first of those that fit best.
        fitting.rev().max_by_key(fits)
    }

    fn add(&mut self, kustomization: &Kustomization, outer: &[&Kustomization], outer_scope: &[usize]) {
        let chain = [outer, &[kustomization]].concat();
        let mut scope = outer_scope.to_vec();
        // A component changes what stands beside it in the kustomization that uses it.
        if !kustomization.is_component() {
            self.visits += 1;
            scope.push(self.visits);
        }
        let mut pieces = piece::settings(kustomization);
        pieces.extend(piece::patches(kustomization).into_iter().rev());
        pieces.extend(piece::generated(kustomization, &chain));
        let layer = |(source, about, writes)| Layer { source, scope: scope.clone(), about, writes };
        self.layers.extend(pieces.into_iter().map(layer));
        self.add_resources(kustomization, &chain, &scope);
        let remote = kustomization.remote();
        self.remote = self
            .remote
            .take()
            .or_else(|| remote.map(|node| Location { source: Arc::clone(&kustomization.source), span: node.span }));
    }

    /// Later resources come first: they change what earlier ones made, if they are components.
    fn add_resources(&mut self, kustomization: &Kustomization, chain: &[&Kustomization], scope: &[usize]) {
        let resources: Vec<_> = kustomization.named().filter(|(_, what, _)| *what == Use::Resource).collect();
        for (path, _, _) in resources.into_iter().rev() {
            if path.is_file() {
                let Ok(source) = file(&path) else { continue };
                for document in piece::objects(&source) {
                    let about = About::Itself(Identity::of(&document, chain));
                    let (source, scope, writes) = (Arc::clone(&source), scope.to_vec(), Writes::Document(document));
                    self.layers.push(Layer { source, scope, about, writes });
                }
            } else if chain.len() < MAX_DEPTH
                && let Some(inner) = Kustomization::of(&path)
            {
                self.add(&inner, chain, scope);
            }
        }
    }
}

/// The place of a patch that names an object which nothing makes.
pub(super) fn idle_patch(kustomization: &Kustomization) -> Option<String> {
    let written = Written::of(kustomization);
    let begins = |layer: &&Layer| matches!(layer.about, About::Itself(_));
    let idle = written.layers.iter().find(|layer| {
        matches!(layer.about, About::Named) && !written.layers.iter().filter(begins).any(|begin| layer.is_about(begin))
    })?;
    let (Writes::Document(node) | Writes::Operations(node)) = &idle.writes else { return None };
    let Span { line, column, .. } = node.span;
    Some(format!("{}:{line}:{column}, a patch for an object that is not there", idle.source.name))
}
