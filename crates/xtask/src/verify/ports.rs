//! Each port that a manifest names exists where it points to. A cluster takes a wrong one, and then nobody answers there.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::shop::{Workload, container_has_port, every, label, labels, list, service_has_port};

/// Ports that are nowhere, one line each.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let mut findings = Vec::new();
    services(bundle, &mut findings);
    for workload in bundle.workloads() {
        probes(&workload, &mut findings);
        scraped(bundle, &workload, &mut findings);
    }
    routes(bundle, &mut findings);
    policies(bundle, &mut findings);
    findings.into_iter().map(|finding| format!("{}: {finding}", bundle.name)).collect()
}

/// What a Service leads to.
fn services(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, service) in bundle.of("Service") {
        let pods = bundle.selected(&labels(&service["spec"]["selector"]));
        for port in list(&service["spec"]["ports"]) {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            for workload in pods.iter().filter(|workload| !workload.has_port(target)) {
                findings.push(format!("{} leads to port {target}, which {} has not", label(service), workload.name));
            }
        }
    }
}

/// What the kubelet asks.
fn probes(workload: &Workload<'_>, findings: &mut Vec<String>) {
    for container in workload.containers() {
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let ask = &container[probe];
            for way in ["httpGet", "tcpSocket", "grpc"].map(|way| &ask[way]).into_iter().filter(|way| way.is_object()) {
                if !container_has_port(container, &way["port"]) {
                    findings.push(format!("{} has no port {} for its {probe}", workload.name, way["port"]));
                }
            }
        }
    }
}

/// What collects metrics asks the port that the annotation says.
fn scraped(bundle: &Bundle, workload: &Workload<'_>, findings: &mut Vec<String>) {
    let objects = bundle.of("Deployment").chain(bundle.of("StatefulSet"));
    let own = objects.map(|(_, object)| object).find(|object| label(object) == workload.name);
    let port = own.map(|object| &object["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]);
    if let Some(port) = port.and_then(Value::as_str) {
        let number = port.parse::<u16>().map_or(Value::Null, |port| json!(port));
        if !workload.has_port(&number) {
            findings.push(format!("{} is scraped at port {port}, which it has not", workload.name));
        }
    }
}

/// Where routes and rules of a mesh send requests.
fn routes(bundle: &Bundle, findings: &mut Vec<String>) {
    for (place, route) in bundle.of("VirtualService") {
        let mut destinations = Vec::new();
        for name in ["destination", "mirror"] {
            every(&route["spec"], name, &mut destinations);
        }
        for destination in destinations {
            let host = destination["host"].as_str().unwrap_or_default();
            target(bundle, (place, route), host, &destination["port"]["number"], findings);
        }
    }
    for (place, rule) in bundle.of("DestinationRule") {
        target(bundle, (place, rule), rule["spec"]["host"].as_str().unwrap_or_default(), &Value::Null, findings);
    }
    for (place, route) in bundle.of("HTTPRoute").chain(bundle.of("GRPCRoute")) {
        let mut backends = Vec::new();
        for name in ["backendRefs", "backendRef", "parentRefs"] {
            every(&route["spec"], name, &mut backends);
        }
        let each =
            backends.into_iter().flat_map(|refs| if refs.is_array() { list(refs).collect() } else { vec![refs] });
        let ours = |it: &&Value| it["kind"].as_str().is_none_or(|kind| kind == "Service");
        for backend in each.filter(ours).filter(|it| it["port"].is_number() && it["namespace"].is_null()) {
            let host = backend["name"].as_str().unwrap_or_default();
            target(bundle, (place, route), host, &backend["port"], findings);
        }
    }
}

/// A host of the shop is a Service, and the port, where one is named, is one of its ports.
fn target(bundle: &Bundle, from: (&str, &Value), host: &str, port: &Value, findings: &mut Vec<String>) {
    let who = format!("{} of {}", label(from.1), from.0);
    match bundle.service(host) {
        None => findings.push(format!("{who} names the host {host}, which no Service has")),
        Some(service) if !port.is_null() && !service_has_port(service, port) => {
            findings.push(format!("{who} names port {port}, which {} has not", label(service)));
        }
        Some(_) => {}
    }
}

/// Where Linkerd's sidecars reach one another.
const LINKERD_INBOUND: u16 = 4143;

/// Which ports policies open: a port that is nowhere opens nothing.
fn policies(bundle: &Bundle, findings: &mut Vec<String>) {
    for (_, policy) in bundle.of("NetworkPolicy") {
        let mut ports = Vec::new();
        every(&policy["spec"], "port", &mut ports);
        // A sidecar of Linkerd is injected later, and takes calls of others here.
        ports.retain(|port| **port != LINKERD_INBOUND || bundle.of("Server").next().is_none());
        let selector = labels(&policy["spec"]["podSelector"]["matchLabels"]);
        opened(policy, &bundle.selected(&selector), ports.into_iter().cloned(), findings);
    }
    for (_, policy) in bundle.of("AuthorizationPolicy") {
        let mut lists = Vec::new();
        every(&policy["spec"], "ports", &mut lists);
        let numbers = lists.into_iter().flat_map(list).filter_map(Value::as_str);
        let ports = numbers.map(|port| port.parse::<u16>().map_or_else(|_| json!(port), |port| json!(port)));
        let selector = labels(&policy["spec"]["selector"]["matchLabels"]);
        opened(policy, &bundle.selected(&selector), ports, findings);
    }
}

fn opened(policy: &Value, pods: &[Workload<'_>], ports: impl Iterator<Item = Value>, findings: &mut Vec<String>) {
    for port in ports {
        for workload in pods.iter().filter(|workload| !workload.has_port(&port)) {
            findings.push(format!("{} opens port {port}, which {} has not", label(policy), workload.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Value {
        json!({
            "kind": "Deployment", "metadata": {"name": "echo"},
            "spec": {"template": {
                "metadata": {"labels": {"app": "echo"}, "annotations": {"prometheus.io/port": "9000"}},
                "spec": {"containers": [{
                    "ports": [{"name": "http", "containerPort": 8000}, {"name": "admin", "containerPort": 9000}],
                    "readinessProbe": {"httpGet": {"port": "admin"}},
                }]},
            }},
        })
    }

    fn service() -> Value {
        json!({
            "kind": "Service", "metadata": {"name": "echo"},
            "spec": {"selector": {"app": "echo"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        })
    }

    fn findings(objects: &[Value]) -> Vec<String> {
        let objects = objects.iter().map(|object| ("x".to_owned(), object.clone())).collect();
        check(&Bundle { name: "o".to_owned(), objects })
    }

    /// The good objects with this one more, or in place of its namesake.
    fn with(object: Value) -> Vec<String> {
        let mut all = vec![deployment(), service()];
        all.retain(|good| label(good) != label(&object));
        all.push(object);
        findings(&all)
    }

    #[test]
    fn ports_that_exist_are_no_finding() {
        assert_eq!(findings(&[deployment(), service()]), [""; 0]);
    }

    #[test]
    fn a_target_port_that_no_pod_has_is_found() {
        let mut wrong = service();
        wrong["spec"]["ports"][0]["targetPort"] = json!("https");
        assert_eq!(with(wrong), ["o: Service/echo leads to port \"https\", which Deployment/echo has not"]);
    }

    #[test]
    fn a_probe_and_a_scrape_at_no_port_are_found() {
        let mut wrong = deployment();
        wrong["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["port"] = json!("health");
        wrong["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"] = json!("9999");
        let found = with(wrong);
        assert!(found.len() == 2 && found[0].contains("readinessProbe") && found[1].contains("9999"), "{found:?}");
    }

    #[test]
    fn a_route_to_a_port_or_host_that_is_nowhere_is_found() {
        let route = |host: &str, port: u16| {
            json!({
                "kind": "VirtualService", "metadata": {"name": "r"},
                "spec": {"http": [{"route": [{"destination": {"host": host, "port": {"number": port}}}]}]},
            })
        };
        assert_eq!(with(route("echo.shop.svc.cluster.local", 80)), [""; 0]);
        assert!(with(route("echo.shop.svc.cluster.local", 81))[0].contains("port 81"));
        assert!(with(route("ech.shop.svc.cluster.local", 80))[0].contains("no Service"));
        let route = |port: u16| {
            json!({
                "kind": "HTTPRoute", "metadata": {"name": "r"},
                "spec": {"rules": [{"backendRefs": [{"name": "echo", "port": port}]}]},
            })
        };
        assert_eq!(with(route(80)), [""; 0]);
        assert!(with(route(81))[0].contains("port 81"));
    }

    #[test]
    fn the_port_of_a_sidecar_is_there_with_linkerd_alone() {
        let policy = json!({
            "kind": "NetworkPolicy", "metadata": {"name": "p"},
            "spec": {"podSelector": {"matchLabels": {"app": "echo"}}, "ingress": [{"ports": [{"port": 4143}]}]},
        });
        assert!(with(policy.clone())[0].contains("opens port 4143"));
        let server = json!({"kind": "Server", "metadata": {"name": "s"}});
        assert_eq!(findings(&[deployment(), policy, server]), [""; 0]);
    }

    #[test]
    fn a_policy_that_opens_no_port_of_its_pods_is_found() {
        let policy = |port: &str| {
            json!({
                "kind": "AuthorizationPolicy", "metadata": {"name": "p"},
                "spec": {"selector": {"matchLabels": {"app": "echo"}},
                         "rules": [{"to": [{"operation": {"ports": [port]}}]}]},
            })
        };
        assert_eq!(with(policy("8000")), [""; 0]);
        assert!(with(policy("80"))[0].contains("opens port 80"));
        let policy = |port: &str| {
            json!({
                "kind": "NetworkPolicy", "metadata": {"name": "p"},
                "spec": {"podSelector": {"matchLabels": {"app": "echo"}}, "ingress": [{"ports": [{"port": port}]}]},
            })
        };
        assert_eq!(with(policy("http")), [""; 0]);
        assert!(with(policy("https"))[0].contains("https"));
    }
}
