//! Which namespace is an object in that names none? That of its like beside it: `kubectl apply --namespace` takes a folder at once.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::model::Workload;
use crate::object::Object;

/// Where meshes and those who watch them live: what names one of these says nothing of the objects beside it.
const FOREIGN: [&str; 7] =
    ["istio-system", "istio-ingress", "linkerd", "linkerd-viz", "kube-system", "monitoring", "observability"];

/// Gives each object without a namespace that of its folder. Where several are named there, it is one that nobody knows.
pub(crate) fn settle(objects: &mut [Object]) {
    let homes = homes(objects);
    for object in objects.iter_mut().filter(|it| !names_one(it)) {
        if let Some(home) = homes.get(folder(object)) {
            object.namespace = home.clone();
        }
    }
}

/// The home of each folder in which an object needs one.
fn homes(objects: &[Object]) -> HashMap<PathBuf, Box<str>> {
    let mut folders: HashMap<&Path, Vec<&Object>> = HashMap::new();
    objects.iter().for_each(|object| folders.entry(folder(object)).or_default().push(object));
    folders.retain(|_, beside| !beside.iter().all(|it| names_one(it)));
    folders.into_iter().map(|(folder, beside)| (folder.to_owned(), home(&beside))).collect()
}

fn names_one(object: &Object) -> bool {
    object["metadata"]["namespace"].text().is_some()
}

fn folder(object: &Object) -> &Path {
    object.source.folder().unwrap_or(Path::new(""))
}

/// Services and what makes pods are asked first: other objects may be about a namespace in which they do not stand.
fn home(beside: &[&Object]) -> Box<str> {
    let named = |wanted: &dyn Fn(&Object) -> bool| {
        let objects = beside.iter().filter(|it| names_one(it) && wanted(it));
        let mut names: BTreeSet<&str> = objects.map(|it| &*it.namespace).collect();
        names.retain(|name| !FOREIGN.contains(name));
        names
    };
    let runs = named(&|it| it.is("", "Service") || Workload::of(it).is_some());
    let names = if runs.is_empty() { named(&|_| true) } else { runs };
    match names.len() {
        0 => "default".into(),
        1 => names.into_iter().collect(),
        _ => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::bundle::Bundle;
    use crate::source::Source;

    /// The namespace of the last of some Services, of which each but the last is in the one that is written.
    fn last(namespaces: &[&str]) -> String {
        let text = |namespace: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a{namespace}}}");
        let named =
            namespaces.iter().map(|it| Source::new(format!("k8s/{it}.yaml"), text(&format!(", namespace: {it}"))));
        let bundle = Bundle::new(named.chain([Source::new("k8s/last.yaml", text(""))]));
        bundle.objects().last().expect("an object").namespace.to_string()
    }

    #[test]
    fn an_object_without_a_namespace_is_with_its_like() {
        assert_eq!(last(&[]), "default");
        assert_eq!(last(&["shop"]), "shop");
        assert_eq!(last(&["shop", "istio-system"]), "shop");
        assert_eq!(last(&["istio-system"]), "default");
    }

    #[test]
    fn where_several_are_named_nobody_knows_it() {
        assert_eq!(last(&["shop", "bank"]), "");
    }

    #[test]
    fn another_folder_says_nothing() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a";
        let one = Source::new("a/one.yaml", format!("{text}, namespace: shop}}"));
        let bundle = Bundle::new([one, Source::new("b/two.yaml", format!("{text}}}"))]);
        assert_eq!(&*bundle.objects()[1].namespace, "default");
    }
}
