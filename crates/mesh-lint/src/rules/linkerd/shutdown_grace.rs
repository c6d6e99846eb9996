//! Is the proxy done before the pod is killed?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, duration};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::proxy_settings;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-shutdown-grace",
    severity: Severity::Warning,
    title: "the proxy drains for longer than its pod may live on",
    reason: "`config.linkerd.io/shutdown-grace-period` lets the proxy finish what is in flight. It counts within the \
             pod's `terminationGracePeriodSeconds` (30 unless stated); when that is over, the kubelet kills both and \
             open requests end with a reset.",
    reference: "https://linkerd.io/2/tasks/graceful-shutdown/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        config.linkerd.io/shutdown-grace-period: 60s # <-
    spec:
      containers: [{name: app, image: app}]
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        config.linkerd.io/shutdown-grace-period: 20s
    spec:
      containers: [{name: app, image: app}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, entry) in
        proxy_settings(bundle).filter(|(_, entry)| &*entry.key == "config.linkerd.io/shutdown-grace-period")
    {
        let Some(drain) = duration(entry.value.str()) else { continue };
        let own = Workload::of(object);
        let mut pods = bundle.workloads_in(&object.name).filter(|it| !it.annotations()[&*entry.key].exists());
        let short = |it: &Workload<'_>| it.is_server() && drain.as_secs_f64() >= f64::from(grace(*it));
        let killed = match own {
            Some(workload) => Some(workload).filter(short),
            None => pods.find(short),
        };
        if let Some(workload) = killed {
            report.at(
                object,
                &entry.value,
                format!("be killed while it drains: {} ends after {} s", workload.object.title(), grace(workload)),
                "less than terminationGracePeriodSeconds, or more for the pod",
            );
        }
    }
}

fn grace(workload: Workload<'_>) -> u32 {
    workload.spec()["terminationGracePeriodSeconds"].int().and_then(|it| u32::try_from(it).ok()).unwrap_or(30)
}
