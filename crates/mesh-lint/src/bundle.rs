//! What is looked at together? The objects that are applied as one, found by kind, namespace and name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::Location;
use crate::home;
use crate::model::Route;
use crate::object::Object;
use crate::source::Source;
use crate::yaml::{self, Broken, Span};

/// Objects that are applied together. References that lead out of it cannot be judged and are let pass.
#[derive(Debug, Default)]
pub struct Bundle {
    objects: Vec<Object>,
    broken: Vec<(Arc<Source>, Broken)>,
    by_kind: HashMap<(Box<str>, Box<str>), Vec<usize>>,
    by_name: HashMap<Key, Vec<usize>>,
    by_namespace: HashMap<Box<str>, Vec<usize>>,
    by_source: HashMap<usize, Vec<usize>>,
    /// The routes that name a Service, by its namespace and name.
    routes: HashMap<(Box<str>, Box<str>), Vec<usize>>,
    origins: Option<Box<dyn Origins>>,
}

type Key = (Box<str>, Box<str>, Box<str>);

/// Where a place of a text that a program has written was written by a person.
pub trait Origins: std::fmt::Debug + Send + Sync {
    /// The place in a file, if it can be found.
    fn origin(&self, object: &Object, span: Span) -> Option<Location>;
}

impl Bundle {
    /// The objects of some texts.
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = Arc<Source>>) -> Self {
        let mut bundle = Self::default();
        let mut objects = Vec::new();
        for source in sources {
            for document in yaml::parse(&source.text) {
                match document {
                    Ok(root) => objects.extend(Object::all(&source, root)),
                    Err(broken) => bundle.broken.push((Arc::clone(&source), broken)),
                }
            }
        }
        home::settle(&mut objects);
        objects.into_iter().for_each(|object| bundle.index(object));
        bundle
    }

    /// The objects of one text.
    #[must_use]
    pub fn from_text(name: &str, text: &str) -> Self {
        Self::new([Source::new(name, text)])
    }

    /// The same objects; findings are led back to where they were written.
    #[must_use]
    pub fn with_origins(self, origins: Box<dyn Origins>) -> Self {
        Self { origins: Some(origins), ..self }
    }

    /// The same objects, beside documents that hold none because they could not be read.
    #[must_use]
    pub fn with_broken(mut self, broken: impl IntoIterator<Item = (Arc<Source>, Broken)>) -> Self {
        self.broken.extend(broken);
        self
    }

    fn index(&mut self, object: Object) {
        let number = self.objects.len();
        let (kind, name) = (object.kind.clone(), object.name.clone());
        self.by_kind.entry((object.group.clone(), kind.clone())).or_default().push(number);
        self.by_name.entry((kind, object.namespace.clone(), name)).or_default().push(number);
        let namespace = if object.is("", "Namespace") { &object.name } else { &object.namespace };
        self.by_namespace.entry(namespace.clone()).or_default().push(number);
        self.by_source.entry(address(&object.source)).or_default().push(number);
        for service in Route::of(&object).into_iter().flat_map(Route::services) {
            self.routes.entry(service).or_default().push(number);
        }
        self.objects.push(object);
    }

    /// All objects in their order.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The documents that could not be read.
    #[must_use]
    pub fn broken(&self) -> &[(Arc<Source>, Broken)] {
        &self.broken
    }

    /// The objects of a group and kind; the group is empty for the core.
    pub fn of<'a>(&'a self, group: &str, kind: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.numbered(self.by_kind.get(&(Box::from(group), Box::from(kind))))
    }

    /// Each object of a kind with a namespace and a name: more than one where files hold alternatives.
    pub fn named<'a>(&'a self, kind: &str, namespace: &str, name: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.numbered(self.by_name.get(&(Box::from(kind), Box::from(namespace), Box::from(name))))
    }

    /// Whether an object is in a namespace, or is that namespace.
    #[must_use]
    pub fn has_namespace(&self, name: &str) -> bool {
        self.by_namespace.contains_key(name)
    }

    /// The objects of a namespace, and the Namespace itself.
    pub fn in_namespace<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.numbered(self.by_namespace.get(name))
    }

    /// Whether two objects can get in each other's way: they come from one text, or from files of one folder that define no
    /// object in common. Files that do are alternatives of each other, and other folders may be other deployments.
    #[must_use]
    pub fn together(&self, one: &Object, other: &Object) -> bool {
        Arc::ptr_eq(&one.source, &other.source)
            || one.source.folder() == other.source.folder() && !self.are_alternatives(&one.source, &other.source)
    }

    fn are_alternatives(&self, one: &Arc<Source>, other: &Arc<Source>) -> bool {
        let mut mine = self.numbered(self.by_source.get(&address(one)));
        mine.any(|object| {
            let mut same = self.named(&object.kind, &object.namespace, &object.name);
            same.any(|it| it.group == object.group && Arc::ptr_eq(&it.source, other))
        })
    }

    /// The objects that are routes and name a Service, as what they are attached to or lead to.
    pub(crate) fn naming_service<'a>(
        &'a self,
        namespace: &str,
        name: &str,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.numbered(self.routes.get(&(Box::from(namespace), Box::from(name))))
    }

    fn numbered<'a>(&'a self, numbers: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Object> + use<'a> {
        numbers.into_iter().flatten().map(|&number| &self.objects[number])
    }

    pub(crate) fn location(&self, object: &Object, span: Span) -> Location {
        let origin = self.origins.as_ref().and_then(|origins| origins.origin(object, span));
        origin.unwrap_or_else(|| Location { source: Arc::clone(&object.source), span })
    }
}

fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source).addr()
}
