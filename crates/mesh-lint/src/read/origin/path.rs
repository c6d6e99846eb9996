//! Which field of an object stands at a place, and which is the same field of another tree?

use crate::yaml::{Node, Span};

/// One step from a node to a node in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub key: Key<'a>,
    /// Where it leads to in the built object.
    pub node: &'a Node,
}

/// What tells a node from those beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Field(&'a str),
    Item(usize),
}

/// The way to what stands at a place.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub steps: Vec<Step<'a>>,
    /// Whether the place is that of the last field's key, and not of its value.
    pub at_key: bool,
}

/// The same field, somewhere else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub key: Option<Span>,
    pub node: &'a Node,
}

/// What tells items of a sequence apart when a patch merges them.
const IDENTITIES: [&str; 7] = ["name", "containerPort", "port", "number", "key", "mountPath", "host"];

impl<'a> Path<'a> {
    /// The way from the root of an object to a place in it.
    pub fn to(root: &'a Node, span: Span) -> Option<Self> {
        let mut steps = Vec::new();
        descend(root, span, &mut steps).map(|at_key| Self { steps, at_key })
    }
}

fn descend<'a>(node: &'a Node, span: Span, steps: &mut Vec<Step<'a>>) -> Option<bool> {
    for entry in node.entries() {
        steps.push(Step { key: Key::Field(&entry.key), node: &entry.value });
        if entry.span == span || entry.value.span == span {
            return Some(entry.span == span);
        }
        if let Some(found) = descend(&entry.value, span, steps) {
            return Some(found);
        }
        steps.pop();
    }
    for (number, item) in node.items().iter().enumerate() {
        steps.push(Step { key: Key::Item(number), node: item });
        // The first key of an item stands where the item does, and says more.
        if let Some(found) = descend(item, span, steps) {
            return Some(found);
        }
        if item.span == span {
            return Some(false);
        }
        steps.pop();
    }
    None
}

/// What the same steps lead to in another tree.
pub(super) fn follow<'n>(node: &'n Node, steps: &[Step<'_>]) -> Option<Field<'n>> {
    steps.iter().try_fold(Field { key: None, node }, |at, step| match step.key {
        Key::Field(name) => {
            let entry = at.node.entries().iter().rfind(|entry| &*entry.key == name)?;
            Some(Field { key: Some(entry.span), node: &entry.value })
        }
        Key::Item(number) => item(at.node.items(), number, step.node).map(|node| Field { key: None, node }),
    })
}

/// The item that became a built one: what is the same in all, else what has the same name, else what has the same number.
fn item<'n>(items: &'n [Node], number: usize, built: &Node) -> Option<&'n Node> {
    let at = items.get(number);
    let like =
        |wanted: &dyn Fn(&Node) -> bool| at.filter(|it| wanted(it)).or_else(|| items.iter().find(|it| wanted(it)));
    like(&|it| same(it, built)).or_else(|| match IDENTITIES.iter().find(|key| built[key].text().is_some()) {
        Some(key) => like(&|it| it[key].text() == built[key].text()),
        None => at,
    })
}

/// Whether two trees say the same, wherever they stand and in whatever order.
pub(super) fn same(one: &Node, other: &Node) -> bool {
    let (ours, theirs) = (one.entries(), other.entries());
    one.text() == other.text()
        && one.items().len() == other.items().len()
        && ours.len() == theirs.len()
        && one.items().iter().zip(other.items()).all(|(one, other)| same(one, other))
        && ours.iter().all(|entry| other[&entry.key].exists() && same(&entry.value, &other[&entry.key]))
}
