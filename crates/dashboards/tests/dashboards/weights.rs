//! Does what routes say become the configured share? Over series that a real kube-state-metrics gave for the states 90-10 of
//! both meshes, with the configuration in `dashboards/kubernetes`.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::ensure;
use dashboards::rules;
use dashboards::scrape::{Scale, rule_files};
use e2e::exposition::Exposition;
use e2e::report::figure;
use tempfile::TempDir;

use crate::files::root;
use crate::promtool;
use crate::support::{Prometheus, Replay};

const SOON: Duration = Duration::from_secs(60);

/// Kind, metric and what kube-state-metrics gave for it.
const RECORDED: [(&str, &str, &str); 2] = [
    ("VirtualService", "canary_subset_weight", include_str!("../fixtures/kube-state-metrics/virtual-services.prom")),
    ("HTTPRoute", "canary_backend_weight", include_str!("../fixtures/kube-state-metrics/http-routes.prom")),
];

/// What kube-state-metrics adds to every series of a custom resource.
const ADDED: [&str; 3] = ["customresource_group", "customresource_kind", "customresource_version"];

/// Changes to the rule, each of which a rule test must notice.
const MUTATIONS: [(&str, &str); 11] = [
    ("canary_subset_weight", "canary_subset_weightx"),
    ("canary_backend_weight", "canary_backend_weightx"),
    ("app!=\"\",", ""),
    ("100 * ", "10 * "),
    ("> 0", "> -1"),
    ("avg by", "sum by"),
    ("avg by (namespace, app, version)", "avg by (namespace, app)"),
    ("customresource_kind, route", "customresource_kind"),
    ("customresource_kind, ", ""),
    ("\"version\"", "\"versionx\""),
    ("(v[0-9]+)", "v([0-9]+)"),
];

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn what_a_route_says_is_what_the_dashed_line_shows() -> anyhow::Result<()> {
    for (kind, _, recorded) in RECORDED {
        let addr = Replay::start(recorded).await?.addr;
        let prometheus = Prometheus::with(&format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\nrule_files: [rules/*.yaml]\n\
             scrape_configs:\n- job_name: weights\n  honor_labels: true\n  static_configs: [{{ targets: [\"{addr}\"] }}]\n"
        ))
        .await?;
        let share = |version| {
            format!("{}{{namespace=\"shop\",app=\"order-service\",version=\"{version}\"}}", rules::CONFIGURED)
        };
        prometheus.wait(&share("v2"), SOON, |percent| percent == 10.0).await?;
        prometheus.wait(&share("v1"), SOON, |percent| percent == 90.0).await?;
        figure(&format!("configured share of an {kind}: v1, v2"), "90, 10");
    }
    Ok(())
}

#[test]
fn the_configuration_names_what_was_recorded_with_it() {
    let text = fs::read_to_string(root().join("dashboards/kubernetes/kube-state-metrics.yaml")).expect("it is there");
    for (kind, metric, recorded) in RECORDED {
        let resource = text.split("- groupVersionKind:").find(|part| part.contains(&format!("kind: {kind}\n")));
        let resource = resource.expect("each kind is read");
        assert!(resource.contains(&format!("- name: {metric}\n")), "{kind} gives {metric}");
        let labels = resource.split("labelsFromPath:\n").skip(1).flat_map(|part| {
            let depth = part.len() - part.trim_start().len();
            part.lines().take_while(move |line| line.len() - line.trim_start().len() == depth)
        });
        let labels: BTreeSet<_> = labels.filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name).collect();
        for sample in Exposition::parse(recorded).expect("it can be read").samples() {
            let own = sample.labels.keys().map(String::as_str).filter(|label| !ADDED.contains(label));
            let own: BTreeSet<_> = own.collect();
            // A label whose path leads nowhere is left out: no app above a route of a gateway.
            let missing: Vec<_> = labels.difference(&own).collect();
            assert!(
                own.is_subset(&labels) && (missing.is_empty() || missing == [&"app"]),
                "{kind}: {own:?}, {labels:?}"
            );
            assert_eq!(sample.name, metric);
        }
    }
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
fn a_change_of_the_rule_is_caught() -> anyhow::Result<()> {
    let mut missed = Vec::new();
    for (from, to) in MUTATIONS {
        let folder = TempDir::new()?;
        for (path, text) in rule_files(Scale::Production) {
            let mutant = if path == "rules/weights.yaml" { text.replace(from, to) } else { text.clone() };
            ensure!(path != "rules/weights.yaml" || mutant != text, "{from} is not in the rule");
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder"))?;
            fs::write(path, mutant)?;
        }
        let tests = folder.path().join("tests");
        fs::create_dir(&tests)?;
        fs::copy(root().join("dashboards/tests/weights.yaml"), tests.join("weights.yaml"))?;
        if promtool::run(&tests, &["test", "rules", "weights.yaml"]).is_ok() {
            missed.push((from, to));
        }
    }
    let caught = MUTATIONS.len() - missed.len();
    figure("mutations: changes of the configured share caught", format!("{caught} of {}", MUTATIONS.len()));
    ensure!(missed.is_empty(), "nobody notices {missed:#?}");
    Ok(())
}
