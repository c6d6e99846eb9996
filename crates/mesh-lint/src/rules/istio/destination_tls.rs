//! Does a DestinationRule keep the TLS that the callee asks for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, Hosts, Port, Workload, equal_labels};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, destination_rules, meets_sidecar, mtls, namespace_mtls};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-destination-tls",
    severity: Severity::Error,
    title: "a DestinationRule switches off the mTLS that the callee requires",
    reason: "Without `tls` in a DestinationRule Istio uses mTLS wherever the callee has a sidecar. With `DISABLE` or \
             `SIMPLE` callers send what a STRICT callee refuses: 503 with the flags UF or UC. A host with a star does it \
             for each Service that has no rule of its own.",
    reference: "https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    tls: {mode: DISABLE} # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let wrong = settings(rule).filter(|it| matches!(it.mode.str(), "DISABLE" | "SIMPLE" | "MUTUAL"));
        for setting in wrong {
            if let Some(host) = hosts(bundle, rule).into_iter().find(|host| refuses(bundle, *host, &setting)) {
                let will = format!("answer 503: {} takes nothing but Istio's mTLS", host.full());
                report.at(rule, setting.mode, will, "no `tls` at all, or `ISTIO_MUTUAL`");
            }
        }
    }
}

/// A mode of TLS, and of whom it is asked.
struct Setting<'a> {
    mode: &'a Node,
    /// The labels of the subset.
    labels: Option<&'a Node>,
    /// The port of the Service; none for all ports that the policy has no settings of their own for.
    port: Option<&'a Node>,
    policy: &'a Node,
}

impl Setting<'_> {
    fn selects(&self, workload: Workload<'_>) -> bool {
        self.labels.is_none_or(|labels| equal_labels(labels, workload.labels()))
    }

    fn holds_at(&self, port: Port<'_>) -> bool {
        let is = |it: &Node| it["port"]["number"].int() == port.number();
        self.port.map_or_else(|| !self.policy["portLevelSettings"].items().iter().any(is), is)
    }
}

fn settings(rule: &Object) -> impl Iterator<Item = Setting<'_>> {
    let subsets = rule["spec"]["subsets"].items().iter().map(|it| (Some(&it["labels"]), &it["trafficPolicy"]));
    std::iter::once((None, &rule["spec"]["trafficPolicy"])).chain(subsets).flat_map(|(labels, policy)| {
        let ports = policy["portLevelSettings"].items().iter().map(Some);
        std::iter::once(None).chain(ports).map(move |port| Setting {
            mode: &port.unwrap_or(policy)["tls"]["mode"],
            labels,
            port,
            policy,
        })
    })
}

/// The Services that a rule is about. With a star it leaves out those for which its namespace has a rule of their own; where
/// no Service is shown, the star stands for those of the namespace.
fn hosts<'a>(bundle: &'a Bundle, rule: &'a Object) -> Vec<Host<'a>> {
    let namespace = match Hosts::of(rule["spec"]["host"].str(), &rule.namespace) {
        None => return Vec::new(),
        Some(Hosts::One(host)) => return vec![host],
        Some(Hosts::Many(namespace)) => namespace,
    };
    let services = bundle.services().map(|it| Host { namespace: &it.object.namespace, name: &it.object.name });
    let meant: Vec<_> = services.filter(|host| namespace.is_none_or(|it| it == host.namespace)).collect();
    match namespace {
        Some(namespace) if meant.is_empty() => vec![Host { namespace, name: "*" }],
        _ => meant.into_iter().filter(|host| !has_own(bundle, rule, *host)).collect(),
    }
}

fn has_own(bundle: &Bundle, rule: &Object, host: Host<'_>) -> bool {
    destination_rules(bundle, host).any(|it| it.namespace == rule.namespace)
}

/// Whether pods of a Service refuse whoever does what is set: those behind it where they are shown, else the namespace's.
fn refuses(bundle: &Bundle, host: Host<'_>, setting: &Setting<'_>) -> bool {
    let Some(service) = host.service(bundle) else { return is_strict(namespace_mtls(bundle, host.namespace)) };
    if service.is_external_name() || service.selector().is_null() {
        return false;
    }
    match service.workloads(bundle) {
        shown if shown.is_empty() => is_strict(namespace_mtls(bundle, host.namespace)),
        shown => shown.into_iter().filter(|it| setting.selects(*it)).any(|workload| {
            let mut targets =
                service.ports().filter(|it| setting.holds_at(*it)).map(|it| number(workload, it.target()));
            targets.any(|port| meets_sidecar(bundle, workload, port) && is_strict(mtls(bundle, workload, port)))
        }),
    }
}

fn is_strict(mode: Option<&str>) -> bool {
    mode == Some("STRICT")
}

/// The number of a port of the pod that a Service leads to by number or by name.
fn number(workload: Workload<'_>, target: &Node) -> Option<i64> {
    target.int().or_else(|| workload.port(target)?["containerPort"].int())
}
