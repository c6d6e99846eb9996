//! Who reads an object of Istio? `exportTo` says to which namespaces it is shown.

use crate::object::Object;

/// How an object is shown to a namespace. Istio asks its own objects of a namespace first, then those that name it, then
/// those for everybody; only among the like do two for one host get in each other's way.
#[derive(PartialEq, Eq)]
enum Shown {
    Privately,
    ByName,
    ToAll,
}

/// Whether the sidecars of a namespace read an object.
#[must_use]
pub fn is_seen(object: &Object, namespace: &str) -> bool {
    shown(object, namespace).is_some()
}

/// Whether there is a namespace whose sidecars would have to choose between two objects.
#[must_use]
pub fn compete(one: &Object, other: &Object) -> bool {
    let named = [one, other].into_iter().flat_map(|it| it["spec"]["exportTo"].items()).map(|it| it.str());
    let named = named.filter(|it| !matches!(*it, "." | "~"));
    // A namespace that nobody names stands for all others.
    let mut readers = named.chain([&*one.namespace, &*other.namespace, "*"]);
    readers.any(|namespace| shown(one, namespace).is_some_and(|it| Some(it) == shown(other, namespace)))
}

fn shown(object: &Object, namespace: &str) -> Option<Shown> {
    let names = object["spec"]["exportTo"].items();
    let own = *object.namespace == *namespace;
    let has = |wanted: &str| names.iter().any(|it| it.str() == wanted);
    match () {
        () if names.is_empty() || has("*") => Some(Shown::ToAll),
        () if own && (has(".") || has(namespace)) => Some(Shown::Privately),
        () if has(namespace) => Some(Shown::ByName),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::bundle::Bundle;

    fn compete(one: &str, other: &str) -> bool {
        let text = |namespace: &str, to: &str| {
            format!("apiVersion: a/v1\nkind: A\nmetadata: {{namespace: {namespace}}}\nspec: {{exportTo: {to}}}\n---\n")
        };
        let bundle = Bundle::from_text("two.yaml", &format!("{}{}", text("shop", one), text("bank", other)));
        super::compete(&bundle.objects()[0], &bundle.objects()[1])
    }

    #[test]
    fn objects_that_nobody_reads_together_do_not_compete() {
        assert!(!compete("[.]", "[.]"));
        assert!(!compete("[.]", "['*']"));
        assert!(!compete("[.]", "[shop]"));
        assert!(!compete("[market]", "[street]"));
        assert!(!compete("[~]", "[]"));
    }

    #[test]
    fn objects_that_a_namespace_reads_in_the_same_way_compete() {
        assert!(compete("[]", "['*']"));
        assert!(compete("[market, shop]", "[., market]"));
    }
}
