//! Do the numbers of a workload and of its breaker make sense together?

use serde_json::Value;

use super::bundle::Bundle;
use super::shop::{label, list};

/// A process that hangs is found within this.
const HANGS_SECONDS: u64 = 60;
/// A pod that cannot answer is left alone within this.
const UNREADY_SECONDS: u64 = 15;
/// A limit is a guard against a leak, and no promise of memory that no node has.
const LIMIT_MI: u64 = 512;
/// An autoscaler acts before its pods are full, and before the bill does.
const FULL_PERCENT: u64 = 90;
const MOST_REPLICAS: u64 = 20;

/// What does not, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in bundle.workloads() {
        let containers = workload.containers();
        findings.extend(containers.flat_map(of_container).map(|it| format!("{}: {} {it}", bundle.name, workload.name)));
    }
    let scalers =
        bundle.of("HorizontalPodAutoscaler").flat_map(|(place, it)| of_scaler(it).map(|why| (place, it, why)));
    findings.extend(scalers.map(|(place, it, why)| format!("{place}: {} {why}", label(it))));
    let rules: Vec<_> = bundle.of("DestinationRule").collect();
    for (place, rule) in &rules {
        findings.extend(of_breaker(rule).map(|why| format!("{place}: {} {why}", label(rule))));
    }
    findings.extend(unlike(&rules));
    findings
}

fn of_container(container: &Value) -> Vec<&'static str> {
    let seconds = |probe: &Value| probe["periodSeconds"].as_u64().zip(probe["failureThreshold"].as_u64());
    let later = |probe: &Value, than| seconds(probe).is_some_and(|(period, times)| period * times > than);
    let memory = container["resources"]["limits"]["memory"].as_str();
    let bounded = memory.and_then(|it| it.strip_suffix("Mi")?.parse::<u64>().ok()).is_some_and(|mi| mi <= LIMIT_MI);
    [
        (later(&container["livenessProbe"], HANGS_SECONDS), "hangs for more than a minute before it is restarted"),
        (later(&container["readinessProbe"], UNREADY_SECONDS), "gets requests for too long after it cannot answer"),
        (!bounded, "has no memory limit of at most 512Mi"),
    ]
    .into_iter()
    .filter_map(|(wrong, why)| wrong.then_some(why))
    .collect()
}

fn of_scaler(scaler: &Value) -> Option<String> {
    let spec = &scaler["spec"];
    let most = spec["maxReplicas"].as_u64().unwrap_or_default();
    let mut targets = list(&spec["metrics"]).map(|it| &it["containerResource"]["target"]["averageUtilization"]);
    let sane = targets.all(|target| target.as_u64().is_some_and(|percent| percent <= FULL_PERCENT));
    let (most_fits, least) = (most <= MOST_REPLICAS, spec["minReplicas"].as_u64().unwrap_or(1));
    (!sane || !most_fits || least > most).then(|| format!("has {least} to {most} replicas or a target that is full"))
}

/// A breaker that opens nothing, or that may take away more than half.
fn of_breaker(rule: &Value) -> Option<&'static str> {
    let policy = &rule["spec"]["trafficPolicy"];
    let (pool, outliers) = (&policy["connectionPool"], &policy["outlierDetection"]);
    let bounded = pool["tcp"]["maxConnections"].is_u64() && pool["http"]["http2MaxRequests"].is_u64();
    let counts = ["consecutive5xxErrors", "consecutiveLocalOriginFailures"];
    let ejects = counts.iter().any(|count| outliers[count].as_u64().is_some_and(|count| count > 0));
    let keeps = outliers["maxEjectionPercent"].as_u64().is_some_and(|percent| percent <= 50);
    match (bounded, ejects, keeps) {
        (false, ..) => Some("lets any number of calls be open"),
        (_, false, _) => Some("ejects no pod"),
        (.., false) => Some("may eject more than half of the pods"),
        _ => None,
    }
}

/// Hosts of the services behind the gateway have one breaker, repeated for each.
fn unlike(rules: &[(&str, &Value)]) -> Vec<String> {
    let behind = |rule: &Value| rule["metadata"]["name"] != "api-gateway";
    let mut behind = rules.iter().filter(|(_, rule)| behind(rule));
    let Some((_, first)) = behind.next() else { return Vec::new() };
    let others = behind.filter(|(_, rule)| rule["spec"]["trafficPolicy"] != first["spec"]["trafficPolicy"]);
    others.map(|(place, rule)| format!("{place}: {} is another breaker than {}", label(rule), label(first))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(object: Value) -> usize {
        check(&Bundle { name: "o".to_owned(), objects: vec![("x".to_owned(), object)] }).len()
    }

    #[test]
    fn a_workload_that_hangs_for_long_or_takes_a_node_is_found() {
        let deployment = |period: u64, unready: u64, memory: &str| {
            let container = json!({
                "livenessProbe": {"periodSeconds": period, "failureThreshold": 3},
                "readinessProbe": {"periodSeconds": unready, "failureThreshold": 3},
                "resources": {"limits": {"memory": memory}},
            });
            let pod = json!({"template": {"spec": {"containers": [container]}}});
            found(json!({"kind": "Deployment", "metadata": {"name": "a"}, "spec": pod}))
        };
        assert_eq!(deployment(10, 2, "128Mi"), 0);
        assert_eq!([deployment(3600, 2, "128Mi"), deployment(10, 60, "128Mi"), deployment(10, 2, "128Gi")], [1; 3]);
    }

    #[test]
    fn an_autoscaler_that_never_acts_or_never_stops_is_found() {
        let scaler = |most: u64, percent: u64| {
            let metric = json!({"containerResource": {"target": {"averageUtilization": percent}}});
            let spec = json!({"minReplicas": 2, "maxReplicas": most, "metrics": [metric]});
            found(json!({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": spec}))
        };
        assert_eq!((scaler(8, 70), scaler(800, 70), scaler(8, 1000)), (0, 1, 1));
    }

    #[test]
    fn a_breaker_that_opens_nothing_or_is_not_like_the_others_is_found() {
        let rule = |name: &str, calls: Value, errors: u64, percent: u64| {
            let pool = json!({"tcp": {"maxConnections": 1}, "http": {"http2MaxRequests": calls}});
            let outliers = json!({"consecutive5xxErrors": errors, "maxEjectionPercent": percent});
            let policy = json!({"connectionPool": pool, "outlierDetection": outliers});
            json!({"kind": "DestinationRule", "metadata": {"name": name}, "spec": {"trafficPolicy": policy}})
        };
        assert_eq!(found(rule("a", json!(1), 5, 50)), 0);
        assert_eq!(
            [(json!(null), 5, 50), (json!(1), 0, 50), (json!(1), 5, 100)]
                .map(|(calls, errors, percent)| { found(rule("a", calls, errors, percent)) }),
            [1; 3]
        );
        let (one, other) = (rule("a", json!(1), 5, 50), rule("b", json!(2), 5, 50));
        assert_eq!(unlike(&[("x", &one), ("y", &other)]).len(), 1);
        assert_eq!(unlike(&[("x", &one), ("y", &rule("api-gateway", json!(9), 5, 50))]), [""; 0]);
    }
}
