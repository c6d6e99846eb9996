//! A metric or label that no recorded proxy has shown is an error, unless it is listed here with a reason.

use std::collections::{BTreeMap, BTreeSet};

use dashboards::check::names;
use dashboards::{boards, rules};
use e2e::exposition::Exposition;

/// Labels that the scrape adds to what a proxy says.
const OF_THE_SCRAPE: [&str; 5] = ["namespace", "app", "version", "pod", "instance"];
/// Labels of our own rules.
const OF_THE_RULES: [&str; 2] = ["source", "le"];

/// What no recorded exposition has, and why it is asked for all the same.
const REASONS: [(&str, &str); 2] = [
    ("canary_configured_weight", "exported by kube-state-metrics, not by a proxy"),
    (
        "envoy_cluster_outlier_detection_ejections_active",
        "told only with the annotation proxyStatsMatcher; in dashboards/exclusions.txt",
    ),
];

/// The recorded expositions of a mesh.
pub fn recorded(mesh: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match mesh {
        "istio" => &ISTIO,
        _ => &LINKERD,
    }
}

/// App, version and what its proxy told.
const LINKERD: [(&str, &str, &str); 3] = [
    ("api-gateway", "v1", include_str!("../../fixtures/linkerd/api-gateway.prom")),
    ("order-service", "v1", include_str!("../../fixtures/linkerd/order-service-v1.prom")),
    ("order-service", "v2", include_str!("../../fixtures/linkerd/order-service-v2.prom")),
];

/// The sidecars of two pods of each workload, behind a real istiod; the metrics come from a stock Envoy that has Istio's names.
const ISTIO: [(&str, &str, &str); 8] = [
    ("api-gateway", "v1", include_str!("../../fixtures/istio/api-gateway-1.prom")),
    ("api-gateway", "v1", include_str!("../../fixtures/istio/api-gateway-2.prom")),
    ("order-service", "v1", include_str!("../../fixtures/istio/order-service-v1-1.prom")),
    ("order-service", "v1", include_str!("../../fixtures/istio/order-service-v1-2.prom")),
    ("order-service", "v2", include_str!("../../fixtures/istio/order-service-v2-1.prom")),
    ("order-service", "v2", include_str!("../../fixtures/istio/order-service-v2-2.prom")),
    ("user-service", "v1", include_str!("../../fixtures/istio/user-service-1.prom")),
    ("user-service", "v1", include_str!("../../fixtures/istio/user-service-2.prom")),
];

fn shapes(mesh: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut shapes = BTreeMap::<_, BTreeSet<_>>::new();
    for (_, _, text) in recorded(mesh) {
        let exposition = Exposition::parse(text).expect("a recorded exposition can be read");
        for sample in exposition.samples() {
            shapes.entry(sample.name.clone()).or_default().extend(sample.labels.keys().cloned());
        }
    }
    shapes
}

/// Names in `expr` that no proxy of this mesh has shown.
pub fn unknown(mesh: &str, expr: &str) -> Vec<String> {
    thread_local!(static SHAPES: std::cell::RefCell<BTreeMap<String, BTreeMap<String, BTreeSet<String>>>> = std::cell::RefCell::default());
    SHAPES.with_borrow_mut(|all| {
        let shapes = all.entry(mesh.to_owned()).or_insert_with(|| shapes(mesh));
        let named = names(expr);
        let mut unknown = Vec::new();
        let mut labels = BTreeSet::from(OF_THE_SCRAPE.map(str::to_owned));
        labels.extend(OF_THE_RULES.map(str::to_owned));
        for (metric, matched) in &named.metrics {
            // The app's rules are proven elsewhere; their names have a colon.
            if metric.contains(':') || REASONS.iter().any(|(name, _)| name == metric) {
                labels.extend(
                    matched
                        .iter()
                        .filter(|label| OF_THE_SCRAPE.contains(&label.as_str()) || *label == "source")
                        .cloned(),
                );
                labels.insert("cluster_name".to_owned());
                continue;
            }
            let Some(shown) = shapes.get(metric) else {
                unknown.push(metric.clone());
                continue;
            };
            let known = |label: &&String| shown.contains(*label) || OF_THE_SCRAPE.contains(&label.as_str());
            unknown.extend(matched.iter().filter(|label| !known(label)).map(|label| format!("{metric}{{{label}}}")));
            labels.extend(shown.iter().cloned());
        }
        unknown.extend(named.grouped.into_iter().filter(|label| !labels.contains(label)));
        unknown
    })
}

/// Whether a name is one that a proxy of this mesh, and nobody else, could show.
pub fn is_of_the_mesh(mesh: &str, name: &str) -> bool {
    let ours = OF_THE_SCRAPE.iter().chain(&OF_THE_RULES).any(|known| *known == name);
    !ours && !name.contains(':') && REASONS.iter().all(|(known, _)| *known != name) && shapes_have(mesh, name)
}

fn shapes_have(mesh: &str, name: &str) -> bool {
    let shapes = shapes(mesh);
    shapes.contains_key(name) || shapes.values().any(|labels| labels.contains(name))
}

#[test]
fn every_name_on_the_boards_and_in_the_rules_was_shown_by_a_real_proxy() {
    for mesh in ["istio", "linkerd"] {
        let boards = boards::all();
        let boards = boards.iter().filter(|board| board.name.ends_with(mesh));
        let panels =
            boards.flat_map(|board| board.panels()).flat_map(|panel| &panel.targets).map(|target| target.expr.clone());
        let rules = rules::groups().into_iter().flat_map(|group| group.rules);
        let rules = rules.filter(|rule| rule.labels.iter().any(|(_, source)| source == mesh)).map(|rule| rule.expr);
        let all: BTreeSet<_> = panels.chain(rules).collect();
        let unknown: BTreeSet<_> = all.iter().flat_map(|expr| unknown(mesh, expr)).collect();
        assert!(unknown.is_empty(), "{mesh}: no proxy has shown {unknown:?}");
        e2e::report::figure(
            &format!("{mesh}: expressions whose names were shown by a real proxy"),
            format!("{0} of {0}", all.len()),
        );
    }
}
