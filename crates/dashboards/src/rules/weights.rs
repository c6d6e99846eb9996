//! Which share of the requests is a release meant to get? What routes say, whoever reads them, as one series.
//!
//! No mesh exports its weights. kube-state-metrics does, by `dashboards/kubernetes/kube-state-metrics.yaml`: one series a
//! backend and route. Weights need not add up to 100, and Linkerd wants a route for each way of repeating, all of the same
//! weights.

use super::{Group, Rule};
use crate::profile::VERSION_AT_END;
use crate::promql::{Series, aggregate, relabel, sum};

/// Percent of the requests that routes send to a version, by namespace and app.
pub const CONFIGURED: &str = "canary_configured_weight";

/// What makes a route one of its own: both kinds may have the same name.
const ROUTE: [&str; 4] = ["namespace", "app", "customresource_kind", "route"];

pub fn group() -> Group {
    let version = format!(r#"backend=~"{VERSION_AT_END}""#);
    let subsets = Series::new("canary_subset_weight", &version).text();
    let backends = Series::new("canary_backend_weight", r#"app!="""#).with(&version).text();
    let weights = |by: &[&str]| sum(by, &format!("({subsets} or {backends})"));
    let share = format!(
        "{} / on ({}) group_left () ({} > 0)",
        weights(&[&ROUTE[..], &["backend"]].concat()),
        ROUTE.join(", "),
        weights(&ROUTE)
    );
    let share = relabel(&share, "version", "backend", VERSION_AT_END);
    let percent = format!("100 * {}", aggregate("avg", &["namespace", "app", "version"], &share));
    Group {
        name: "weights",
        about: "Percent of the requests that routes send to a version, from the weights that kube-state-metrics reads.",
        rules: vec![Rule::new(CONFIGURED, percent)],
    }
}
