//! What a tool for progressive delivery is told exists beside it: a name that is nowhere stops a release on its first day.

use serde_json::Value;

use super::bundle::Bundle;
use super::shop::{every, label, list};

/// What Flagger and Argo Rollouts name, where they name it, and the kind that it is.
const NAMES: [(&str, &str, &str); 7] = [
    ("Canary", "/spec/targetRef/name", "Deployment"),
    ("Rollout", "/spec/workloadRef/name", "Deployment"),
    ("Rollout", "/spec/strategy/canary/stableService", "Service"),
    ("Rollout", "/spec/strategy/canary/canaryService", "Service"),
    ("Rollout", "/spec/strategy/canary/trafficRouting/istio/virtualService/name", "VirtualService"),
    ("Rollout", "/spec/strategy/canary/analysis/templates/0/templateName", "AnalysisTemplate"),
    ("Canary", "/spec/analysis/metrics/0/templateRef/name", "MetricTemplate"),
];

/// What is not there, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    if bundle.of("Canary").chain(bundle.of("Rollout")).next().is_none() {
        findings.push("nothing here walks through the steps".to_owned());
    }
    for (kind, pointer, wanted) in NAMES {
        for (_, object) in bundle.of(kind) {
            let name = object.pointer(pointer).and_then(Value::as_str);
            // What the other mesh's tool has no use for is not there.
            if let Some(name) = name.filter(|name| !bundle.has(wanted, name)) {
                findings.push(format!("{} names the {wanted} {name}, which is not here", label(object)));
            }
        }
    }
    ports(bundle, &mut findings);
    parents(bundle, &mut findings);
    routes(bundle, &mut findings);
    findings.into_iter().map(|finding| format!("{}: {finding}", bundle.name)).collect()
}

/// Flagger makes Services, whose port must be one of the pods.
fn ports(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, canary) in bundle.of("Canary") {
        let target = &canary["spec"]["service"]["targetPort"];
        if bundle.workloads().iter().any(|workload| !workload.has_port(target)) {
            findings.push(format!("{} leads to port {target}, which the pods have not", label(canary)));
        }
    }
}

/// Flagger compares these with what the mesh writes into a route's status, where Linkerd calls the group `core`; a parent that
/// it finds there must have been observed in its newest generation, which Linkerd never says, and no release begins. So the
/// group of a Service is written in the other way that there is, and Flagger finds nothing to wait for.
fn parents(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, canary) in bundle.of("Canary") {
        let services = list(&canary["spec"]["service"]["gatewayRefs"]).filter(|parent| parent["kind"] == "Service");
        for parent in services.filter(|parent| parent["group"] != "") {
            findings.push(format!("{} calls the group of a Service {}, not \"\"", label(canary), parent["group"]));
        }
    }
}

/// Argo Rollouts moves the weights of routes by their names, between Services that are here.
fn routes(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, rollout) in bundle.of("Rollout") {
        let moved = &rollout["spec"]["strategy"]["canary"]["trafficRouting"]["istio"]["virtualService"]["routes"];
        let there: Vec<_> =
            bundle.of("VirtualService").flat_map(|(_, it)| list(&it["spec"]["http"])).map(|it| &it["name"]).collect();
        for route in list(moved).filter(|route| !there.contains(route)) {
            findings.push(format!("{} moves the route {route}, which is not here", label(rollout)));
        }
    }
    for (_, route) in bundle.of("VirtualService") {
        let mut hosts = Vec::new();
        every(&route["spec"], "host", &mut hosts);
        for host in hosts.into_iter().filter_map(Value::as_str).filter(|host| bundle.service(host).is_none()) {
            findings.push(format!("{} names the host {host}, which no Service here has", label(route)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_all(objects: &[Value]) -> Vec<String> {
        let objects = objects.iter().map(|it| ("x".to_owned(), it.clone())).collect();
        check(&Bundle { name: "o".to_owned(), objects })
    }

    #[test]
    fn a_name_that_is_nowhere_is_found() {
        let deployment = json!({"kind": "Deployment", "metadata": {"name": "echo"}, "spec": {"template": {"spec": {
            "containers": [{"ports": [{"name": "http"}]}]}}}});
        let canary = |target: &str, port: &str| {
            json!({"kind": "Canary", "metadata": {"name": "c"}, "spec": {
                "targetRef": {"name": target}, "service": {"targetPort": port}}})
        };
        assert_eq!(check_all(&[deployment.clone(), canary("echo", "http")]), [""; 0]);
        assert!(check_all(&[deployment.clone(), canary("ech", "http")])[0].contains("Deployment ech"));
        assert!(check_all(&[deployment.clone(), canary("echo", "web")])[0].contains("\"web\""));
        assert!(check_all(&[deployment])[0].contains("nothing here walks"));
    }

    #[test]
    fn a_service_as_the_parent_of_a_route_has_no_group() {
        let canary = |group: Value| {
            json!({"kind": "Canary", "metadata": {"name": "c"}, "spec": {
                "service": {"gatewayRefs": [{"group": group, "kind": "Service", "name": "echo"}]}}})
        };
        assert_eq!(check_all(&[canary(json!(""))]), [""; 0]);
        for group in [json!("core"), Value::Null] {
            assert!(check_all(&[canary(group)])[0].contains("the group of a Service"));
        }
    }

    #[test]
    fn a_route_or_host_that_is_nowhere_is_found() {
        let rollout = |route: &str| {
            json!({"kind": "Rollout", "metadata": {"name": "r"}, "spec": {"strategy": {"canary": {
                "trafficRouting": {"istio": {"virtualService": {"name": "v", "routes": [route]}}}}}}})
        };
        let routes = |host: &str| {
            json!({"kind": "VirtualService", "metadata": {"name": "v"}, "spec": {"http": [
                {"name": "reads", "route": [{"destination": {"host": host}}]}]}})
        };
        let service = json!({"kind": "Service", "metadata": {"name": "old"}});
        assert_eq!(check_all(&[rollout("reads"), routes("old.shop.svc.cluster.local"), service.clone()]), [""; 0]);
        assert!(check_all(&[rollout("read"), routes("old"), service.clone()])[0].contains("route \"read\""));
        assert!(check_all(&[rollout("reads"), routes("new"), service])[0].contains("host new"));
    }
}
