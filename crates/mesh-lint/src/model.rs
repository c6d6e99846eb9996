//! What do rules share? Views of objects that say in Kubernetes' words what the YAML says in keys.

mod account;
mod calls;
mod duration;
mod hops;
mod host;
mod injection;
mod near;
mod route;
mod scale;
mod scrape;
mod service;
mod split;
mod workload;

pub use account::{Admitted, of_principal, principals};
pub use calls::Call;
pub use duration::duration;
pub use hops::{Hops, Repeats};
pub use host::{Host, Hosts};
pub use injection::injects;
pub use near::is_near;
pub use route::{Backend, GATEWAY_API, Parent, Route, RouteRule};
pub use scale::Scaler;
pub use scrape::Scrape;
pub use service::{Port, Service};
pub use split::{odd_sum, twin_keys};
pub use workload::Workload;

use crate::yaml::Node;

/// Whether labels fulfil an equality selector, a mapping. An empty one selects nothing, as in a Service.
#[must_use]
pub fn equal_labels(selector: &Node, labels: &Node) -> bool {
    let wanted = selector.entries();
    !wanted.is_empty() && wanted.iter().all(|entry| labels[&entry.key].text() == entry.value.text())
}

/// Whether labels fulfil a selector with `matchLabels` and `matchExpressions`. An empty one selects everything.
#[must_use]
pub fn match_labels(selector: &Node, labels: &Node) -> bool {
    let equal = selector["matchLabels"].entries().iter().all(|it| labels[&it.key].text() == it.value.text());
    equal && selector["matchExpressions"].items().iter().all(|expression| fulfils(expression, labels))
}

fn fulfils(expression: &Node, labels: &Node) -> bool {
    let value = labels[expression["key"].str()].text();
    let listed = value.is_some_and(|value| expression["values"].items().iter().any(|it| it.str() == value));
    match expression["operator"].str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => true,
    }
}
