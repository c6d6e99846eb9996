//! Is there time to drain before the kubelet kills?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-grace-period",
    severity: Severity::Error,
    title: "a pod is killed before it has drained",
    reason: "`terminationGracePeriodSeconds` (30 unless stated) counts from the start of preStop. If preStop sleeps as \
             long, or the process or its sidecar means to drain for longer, SIGKILL ends what is in flight: 502 and 503 \
             at each rollout.",
    reference: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
        lifecycle:
          preStop:
            exec: {command: [sh, -c, sleep 40]} # <-
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      terminationGracePeriodSeconds: 40
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
        lifecycle:
          preStop:
            exec: {command: [sh, -c, sleep 5]}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let grace = workload.spec()["terminationGracePeriodSeconds"].int().unwrap_or(30);
        for container in workload.containers() {
            let sleep = container.dig("lifecycle.preStop.sleep.seconds");
            let command = container.dig("lifecycle.preStop.exec.command").items();
            let sleeps = command.iter().enumerate().map(|(at, word)| (word, seconds_of(command, at)));
            let variables = container["env"].items().iter().map(|it| (&it["value"], drain_seconds(it)));
            for (node, seconds) in [(sleep, sleep.int())].into_iter().chain(sleeps).chain(variables) {
                if seconds.is_some_and(|seconds| seconds >= grace) {
                    let seconds = seconds.unwrap_or_default();
                    let will =
                        format!("be killed {grace} s after it was asked to end, while it means to take {seconds} s");
                    report.at(
                        workload.object,
                        node,
                        will,
                        "a larger `terminationGracePeriodSeconds`, or less to wait for",
                    );
                }
            }
        }
    }
}

/// How long a word of a command sleeps: `sleep 40`, as one word or as two.
fn seconds_of(command: &[Node], at: usize) -> Option<i64> {
    let words: Vec<_> = command[at].str().split([' ', ';', '&']).filter(|word| !word.is_empty()).collect();
    let inside = words.iter().position(|word| *word == "sleep").and_then(|at| words.get(at + 1)).copied();
    let before = at.checked_sub(1).is_some_and(|before| command[before].str().ends_with("sleep"));
    inside.or_else(|| before.then_some(command[at].str()))?.trim_end_matches('s').parse().ok()
}

/// How long a variable lets the process drain, if its name says that it does.
fn drain_seconds(variable: &Node) -> Option<i64> {
    let (name, value) = (variable["name"].str(), variable["value"].int()?);
    let drains = ["DRAIN", "SHUTDOWN", "GRACE"].iter().any(|word| name.contains(word));
    match () {
        () if !drains => None,
        () if name.ends_with("_MS") => Some(value / 1000),
        () if name.ends_with("_SECONDS") || name.ends_with("_SECS") => Some(value),
        () => None,
    }
}
