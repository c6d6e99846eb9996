//! The objects that callers are made of.

use serde_json::{Value, json};

use crate::cluster::{
    SHOP,
    callers::{Caller, OUTSIDE},
    images,
    mesh::Mesh,
};

/// The container in which the requests are made.
pub const CONTAINER: &str = "probe";
/// The ServiceAccount that no manifest names.
pub const STRANGER: &str = "e2e-stranger";
/// Who has made the objects.
pub const OWNER: &str = "shop-e2e";
/// What all pods of callers have.
pub const LABEL: &str = "app.kubernetes.io/managed-by=shop-e2e";

/// Where the pod of the ingress takes connections that it passes on to the gateway. Only a forwarded port leads there.
pub const RELAY: u16 = 8080;

/// The namespaces with callers in them.
pub fn namespaces(mesh: Mesh) -> Vec<&'static str> {
    let mut all: Vec<_> =
        Caller::ALL.iter().filter_map(|caller| caller.account(mesh)).map(|(namespace, _)| namespace).collect();
    all.dedup();
    all
}

/// Everything, in the order in which it has to be made.
pub fn all(mesh: Mesh) -> Vec<Value> {
    let mut objects = vec![outside(), account(), carrier_service(), carrier()];
    for caller in Caller::ALL {
        if let Some((namespace, account)) = caller.account(mesh) {
            objects.push(caller_pod(caller, namespace, account));
        }
    }
    objects
}

/// Where the ingress lives. Istio's is there with Istio; that of `mesh/ingress` need not be.
pub fn home_of_the_ingress(mesh: Mesh) -> Vec<Value> {
    match Caller::Ingress.account(mesh) {
        Some((namespace, account)) if mesh == Mesh::Linkerd => vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels("ingress")}}),
            json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": account, "namespace": namespace, "labels": labels("ingress")},
            }),
        ],
        _ => Vec::new(),
    }
}

fn outside() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OUTSIDE, "labels": labels("outside")}})
}

fn account() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": STRANGER, "namespace": SHOP, "labels": labels("stranger")},
        "automountServiceAccountToken": false,
    })
}

fn caller_pod(caller: Caller, namespace: &str, account: &str) -> Value {
    if caller != Caller::Ingress {
        return pod(&caller.pod(), namespace, account, &["idle"]);
    }
    let (listen, to) = (format!("127.0.0.1:{RELAY}"), format!("api-gateway.{SHOP}:8080"));
    let mut pod = pod(&caller.pod(), namespace, account, &["relay", "--listen", &listen, "--to", &to]);
    // Namespaces with a mesh inject by themselves; that of the ingress does so for pods that ask.
    pod["metadata"]["labels"]["sidecar.istio.io/inject"] = json!("true");
    pod["metadata"]["annotations"] = json!({"linkerd.io/inject": "enabled"});
    pod
}

/// What stands for a host outside of the cluster: it answers with what it received.
fn carrier() -> Value {
    pod("carrier", OUTSIDE, "default", &["echo", "--listen", "0.0.0.0:8080"])
}

fn carrier_service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "carrier", "namespace": OUTSIDE, "labels": labels("carrier")},
        "spec": {
            "selector": {"app": "carrier"},
            "ports": [{"name": "http", "appProtocol": "http", "port": 80, "targetPort": 8080}],
        },
    })
}

/// A pod of the image that the requests are made with.
pub fn pod(name: &str, namespace: &str, account: &str, args: &[&str]) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(name)},
        "spec": {
            "serviceAccountName": account,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": CONTAINER, "image": images::reference("probe"), "args": args,
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
}

/// What an object of this program is found by.
pub fn labels(app: &str) -> Value {
    json!({"app": app, "app.kubernetes.io/managed-by": OWNER})
}
