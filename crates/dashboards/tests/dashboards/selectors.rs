//! Would a misspelt name be noticed? A real Prometheus is asked whether each selector of the boards, rules and alerts selects
//! something, and each label of a grouping is there; then everything is misspelt, one name at a time, and it must say no.
//!
//! A query can give a number although a part of it selects nothing (`or 0 * ...`), so the parts are asked one by one.

mod expression;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::ensure;
use dashboards::board::Variable;
use dashboards::check::resolved;
use dashboards::{alerts, boards, rules};
use e2e::report::figure;

use crate::support::Prometheus;
use expression::{Expression, Part};

/// What no recorded proxy has shown, and why it is asked for all the same. A misspelt name within it could not be told.
const UNSEEN: [(&str, &str); 2] = [
    ("envoy_cluster_outlier_detection_ejections_active{", "told only with a pod annotation; see exclusions.txt"),
    ("target_port=~\"908.\"", "the pods that were recorded had no admin port of their own"),
];

/// Asks everything of one source, `app` or a mesh, and prints what came of it.
pub async fn expect_all_caught(prometheus: &Prometheus, source: &str, namespace: &str) -> anyhow::Result<()> {
    let mut asked = Asked { prometheus, answers: HashMap::new() };
    let (mut caught, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for text in expressions(source, namespace)? {
        let expression = Expression::parse(&text);
        for part in expression.parts() {
            if !asked.holds(&part).await? {
                wrong.insert(format!("selects nothing: {part:?}"));
            }
            for misspelt in part.misspelt() {
                if asked.holds(&misspelt).await? {
                    wrong.insert(format!("nobody notices {misspelt:?}"));
                } else {
                    caught.insert(format!("{misspelt:?}"));
                }
            }
        }
    }
    let parts = caught.len() + wrong.len();
    figure(&format!("mutations: names, labels and values of {source} caught"), format!("{} of {parts}", caught.len()));
    ensure!(wrong.is_empty(), "{source}: {wrong:#?}");
    Ok(())
}

/// What the boards, the rules and the alerts ask of this source.
fn expressions(source: &str, namespace: &str) -> anyhow::Result<BTreeSet<String>> {
    let chosen = [("__rate_interval", "15s"), ("namespace", namespace), ("app", "order-service")];
    let chosen: BTreeMap<_, _> = chosen.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let of_source = |name: &str| match source {
        "app" => !name.contains("istio") && !name.contains("linkerd"),
        mesh => name.contains(mesh),
    };
    let boards = boards::all().into_iter().filter(|board| of_source(board.name));
    let mut texts = Vec::new();
    for board in boards {
        texts.extend(board.panels().flat_map(|panel| &panel.targets).map(|target| target.expr.clone()));
        texts.extend(board.variables.iter().filter_map(|variable| match variable {
            Variable::Label { series, .. } => Some((*series).to_owned()),
            Variable::Choice { .. } => None,
        }));
    }
    let rules = rules::groups().into_iter().flat_map(|group| group.rules);
    let rules = rules.filter(|rule| match rule.labels.first() {
        Some((_, of)) => of == source,
        None => source == "app",
    });
    texts.extend(rules.map(|rule| rule.expr));
    let of_a_mesh = |expr: &str| expr.contains("mesh:");
    let alerts = alerts::groups().into_iter().flat_map(|group| group.alerts).map(|alert| alert.expr);
    texts.extend(alerts.filter(|expr| of_a_mesh(expr) == (source != "app")));
    texts.retain(|text| UNSEEN.iter().all(|(unseen, _)| !text.contains(unseen)));
    texts.iter().map(|text| resolved(text, &chosen).map_err(anyhow::Error::msg)).collect()
}

struct Asked<'a> {
    prometheus: &'a Prometheus,
    answers: HashMap<String, bool>,
}

impl Asked<'_> {
    /// Whether each of the selectors that prove this part selects something, or any where one is enough.
    async fn holds(&mut self, part: &Part) -> anyhow::Result<bool> {
        for alternatives in part.proofs() {
            let mut any = false;
            for selector in alternatives {
                any = any || self.selects(selector).await?;
            }
            if !any {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn selects(&mut self, selector: String) -> anyhow::Result<bool> {
        if let Some(known) = self.answers.get(&selector) {
            return Ok(*known);
        }
        if UNSEEN.iter().any(|(unseen, _)| selector.contains(unseen)) {
            return Ok(true);
        }
        let result = self.prometheus.query(&format!("count({selector})")).await?;
        let selects = result.as_array().is_some_and(|series| !series.is_empty());
        self.answers.insert(selector, selects);
        Ok(selects)
    }
}
