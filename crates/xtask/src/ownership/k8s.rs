//! Who notices a mutation under `k8s/`.

use super::Mutation::{Edit, Without};
use super::Owner::{Istio, Plain, Verify};
use super::Row;

const PORTS: &str = "each port that is named exists";
const MEANING: &str = "selectors, identities and references mean something";
const SIZES: &str = "numbers of workloads and breakers make sense";
const OVERLAYS: &str = "overlays are what they say they are";
const USED: &str = "each manifest is used";

/// In the order of the folders.
pub const ROWS: &[Row] = &[
    // The shop.
    Row::new("k8s/base/kustomization.yaml", Edit(&[("- user-service\n", "")]), Istio("smoke/reads")),
    Row::new(
        "k8s/base/namespace.yaml",
        Edit(&[("warn: restricted", "warn: privileged")]),
        Istio("hardening/namespace"),
    ),
    // The edge.
    Row::new("k8s/base/api-gateway/kustomization.yaml", Edit(&[("- pdb.yaml\n", "")]), Istio("hardening/budgets")),
    Row::new(
        "k8s/base/api-gateway/pdb.yaml",
        Edit(&[("maxUnavailable: 1", "maxUnavailable: 0")]),
        Istio("hardening/budgets"),
    ),
    Row::new("k8s/base/api-gateway/serviceaccount.yaml", Without, Istio("hardening/accounts")),
    Row::new(
        "k8s/base/api-gateway/service.yaml",
        Edit(&[("targetPort: http", "targetPort: admin")]),
        Istio("smoke/reads"),
    ),
    Row::new("k8s/base/api-gateway/service-admin.yaml", Without, Istio("services/endpoints")),
    Row::new(
        "k8s/base/api-gateway/deployment.yaml",
        Edit(&[("http://user-service:8081", "http://user-service:8082")]),
        Istio("smoke/reads"),
    ),
    Row::new("k8s/base/api-gateway/deployment.yaml", Edit(&[("port: admin", "port: health")]), Verify(PORTS)),
    // Users.
    Row::new("k8s/base/user-service/kustomization.yaml", Edit(&[("- service-admin.yaml\n", "")]), Verify(USED)),
    Row::new("k8s/base/user-service/pdb.yaml", Without, Istio("hardening/budgets")),
    Row::new("k8s/base/user-service/serviceaccount.yaml", Without, Istio("hardening/accounts")),
    Row::new("k8s/base/user-service/service.yaml", Edit(&[("port: 8081", "port: 8080")]), Istio("smoke/reads")),
    Row::new(
        "k8s/base/user-service/service-admin.yaml",
        Edit(&[("publishNotReadyAddresses: true", "publishNotReadyAddresses: false")]),
        Istio("services/endpoints"),
    ),
    Row::new(
        "k8s/base/user-service/deployment.yaml",
        Edit(&[("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")]),
        Istio("hardening/containers"),
    ),
    Row::new(
        "k8s/base/user-service/deployment.yaml",
        Edit(&[("path: /readyz", "path: /livez")]),
        Istio("hardening/probes"),
    ),
    Row::new(
        "k8s/base/user-service/deployment.yaml",
        Edit(&[("runAsNonRoot: true", "runAsNonRoot: false")]),
        Istio("manifests/dry-run"),
    ),
    Row::new(
        "k8s/base/user-service/deployment.yaml",
        Edit(&[("periodSeconds: 10\n", "periodSeconds: 3600\n")]),
        Verify(SIZES),
    ),
    Row::new("k8s/base/user-service/deployment.yaml", Edit(&[("memory: 128Mi", "memory: 128Gi")]), Verify(SIZES)),
    // Orders.
    Row::new(
        "k8s/base/order-service/kustomization.yaml",
        Edit(&[("- service.yaml\n", "")]),
        Istio("services/endpoints"),
    ),
    Row::new(
        "k8s/base/order-service/pdb.yaml",
        Edit(&[("matchLabels:\n      app: order-service", "matchLabels:\n      app: orders")]),
        Verify(MEANING),
    ),
    Row::new("k8s/base/order-service/serviceaccount.yaml", Without, Istio("hardening/accounts")),
    Row::new(
        "k8s/base/order-service/service.yaml",
        Edit(&[("targetPort: http", "targetPort: admin")]),
        Istio("smoke/reads"),
    ),
    Row::new(
        "k8s/base/order-service/service-admin.yaml",
        Edit(&[("port: 9082", "port: 9080")]),
        Istio("services/endpoints"),
    ),
    Row::new(
        "k8s/base/order-service/release/deployment.yaml",
        Edit(&[("terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 20")]),
        Istio("hardening/drain"),
    ),
    Row::new(
        "k8s/base/order-service/release/deployment.yaml",
        Edit(&[("maxUnavailable: 0", "maxUnavailable: 1")]),
        Istio("hardening/spread"),
    ),
    Row::new("k8s/base/order-service/release/kustomization.yaml", Without, Istio("services/endpoints")),
    Row::new(
        "k8s/base/order-service/v1/kustomization.yaml",
        Edit(&[("nameSuffix: -v1", "nameSuffix: -one")]),
        Verify(MEANING),
    ),
    // Components.
    Row::new("k8s/components/hpa/api-gateway.yaml", Without, Istio("scale/replicas-are-the-autoscalers")),
    Row::new("k8s/components/hpa/api-gateway.yaml", Edit(&[("maxReplicas: 8", "maxReplicas: 800")]), Verify(SIZES)),
    Row::new(
        "k8s/components/hpa/kustomization.yaml",
        Edit(&[("api-gateway|user-service|", "user-service|")]),
        Istio("scale/replicas-are-the-autoscalers"),
    ),
    Row::new(
        "k8s/components/hpa/order-service-v1.yaml",
        Edit(&[("container: order-service", "container: orders")]),
        Verify(MEANING),
    ),
    Row::new("k8s/components/hpa/order-service-v2.yaml", Without, Istio("scale/replicas-are-the-autoscalers")),
    Row::new(
        "k8s/components/hpa/user-service.yaml",
        Edit(&[("    name: user-service", "    name: users")]),
        Istio("scale/replicas-are-the-autoscalers"),
    ),
    Row::new(
        "k8s/components/network-policies/api-gateway.yaml",
        Edit(&[("port: http", "port: admin")]),
        Istio("network/policies"),
    ),
    Row::new("k8s/components/network-policies/databases.yaml", Without, Istio("network/policies")),
    Row::new("k8s/components/network-policies/default.yaml", Without, Istio("network/policies")),
    Row::new(
        "k8s/components/network-policies/kustomization.yaml",
        Edit(&[("- order-service.yaml\n", "")]),
        Istio("network/policies"),
    ),
    Row::new("k8s/components/network-policies/observability.yaml", Without, Istio("network/policies")),
    Row::new(
        "k8s/components/network-policies/order-service.yaml",
        Edit(&[("app: api-gateway", "app: user-service")]),
        Istio("network/policies"),
    ),
    Row::new(
        "k8s/components/network-policies/user-service.yaml",
        Edit(&[("app: order-service", "app: order-service-db")]),
        Istio("network/policies"),
    ),
    Row::new("k8s/components/node-port/deployment.yaml", Without, Verify(OVERLAYS)),
    Row::new("k8s/components/node-port/kustomization.yaml", Edit(&[("- service.yaml\n", "")]), Plain("smoke/reads")),
    Row::new(
        "k8s/components/node-port/service.yaml",
        Edit(&[("nodePort: 30080", "nodePort: 30081")]),
        Plain("smoke/reads"),
    ),
    Row::new(
        "k8s/components/order-service-v2/kustomization.yaml",
        Edit(&[("- v2\n", "")]),
        Istio("services/endpoints"),
    ),
    Row::new(
        "k8s/components/order-service-v2/service-v1.yaml",
        Edit(&[("app: order-service\n    version: v1\n  ports", "app: order-service\n  ports")]),
        Istio("services/endpoints"),
    ),
    Row::new(
        "k8s/components/order-service-v2/service-v2.yaml",
        Edit(&[("app: order-service\n    version: v2\n  ports", "app: order-service\n    version: v1\n  ports")]),
        Istio("canary-httproute/0-100"),
    ),
    Row::new(
        "k8s/components/order-service-v2/v2/kustomization.yaml",
        Edit(&[("version: v2", "version: v3")]),
        Verify(MEANING),
    ),
    Row::new(
        "k8s/components/pod-security/kustomization.yaml",
        Edit(&[("- path: namespace.yaml\n", "- path: namespace.yaml\n  target:\n    kind: Pod\n")]),
        Verify(OVERLAYS),
    ),
    Row::new(
        "k8s/components/pod-security/namespace.yaml",
        Edit(&[("enforce: restricted", "enforce: baseline")]),
        Plain("hardening/namespace"),
    ),
    Row::new("k8s/components/postgres/kustomization.yaml", Edit(&[("- order-service\n", "")]), Istio("smoke/reads")),
    Row::new("k8s/components/postgres/instance/kustomization.yaml", Edit(&[("- service.yaml\n", "")]), Verify(MEANING)),
    Row::new(
        "k8s/components/postgres/instance/service.yaml",
        Edit(&[("targetPort: tcp-postgres", "targetPort: 5433")]),
        Istio("services/endpoints"),
    ),
    Row::new("k8s/components/postgres/instance/serviceaccount.yaml", Without, Verify(MEANING)),
    Row::new(
        "k8s/components/postgres/instance/statefulset.yaml",
        Edit(&[("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")]),
        Istio("hardening/containers"),
    ),
    Row::new(
        "k8s/components/postgres/order-service/kustomization.yaml",
        Edit(&[("5432/order_service", "5432/user_service")]),
        Istio("services/databases"),
    ),
    Row::new(
        "k8s/components/postgres/user-service/kustomization.yaml",
        Edit(&[("password=for-trying-out", "password=changed")]),
        Istio("services/databases"),
    ),
    Row::new(
        "k8s/components/telemetry/environment.yaml",
        Edit(&[("value: \"0.01\"", "value: \"1\"")]),
        Istio("traces/share-without-a-proxy"),
    ),
    Row::new(
        "k8s/components/telemetry/kustomization.yaml",
        Edit(&[("part-of=shop", "part-of=shops")]),
        Istio("traces/share-without-a-proxy"),
    ),
    // What one applies.
    Row::new(
        "k8s/kind.yaml",
        Edit(&[("containerPort: 30080", "containerPort: 30081")]),
        Verify("a laptop's cluster publishes what a Service opens"),
    ),
    Row::new("k8s/overlays/kind/.gitignore", Edit(&[("jwks.json", "")]), Verify("no key set is committed")),
    Row::new(
        "k8s/overlays/kind/kustomization.yaml",
        Edit(&[("- name: api-gateway-jwks\n", "- name: api-gateway-keys\n")]),
        Verify(MEANING),
    ),
    Row::new(
        "k8s/overlays/kind/kustomization.yaml",
        Edit(&[("- ../../components/postgres\n", "")]),
        Istio("services/databases"),
    ),
    Row::new(
        "k8s/overlays/kind/rate-limit.yaml",
        Edit(&[("\"5000\"", "\"5\""), ("\"10000\"", "\"5\"")]),
        Istio("smoke/served-by"),
    ),
    Row::new("k8s/overlays/kind/small.yaml", Edit(&[("cpu: 10m", "cpu: 100m")]), Istio("hardening/room")),
    Row::new(
        "k8s/overlays/kind-node-port/kustomization.yaml",
        Edit(&[("- ../../components/node-port\n", "")]),
        Plain("smoke/reads"),
    ),
    Row::new(
        "k8s/overlays/kind-node-port/kustomization.yaml",
        Edit(&[("- ../../components/pod-security\n", "")]),
        Verify(OVERLAYS),
    ),
    Row::new("k8s/overlays/production/canary.yaml", Without, Verify(OVERLAYS)),
    Row::new(
        "k8s/overlays/production/kustomization.yaml",
        Edit(&[("- name: user-service\n  newName: registry.example.com/shop/user-service\n", "")]),
        Verify(OVERLAYS),
    ),
    Row::new(
        "k8s/overlays/production/kustomization.yaml",
        Edit(&[("- ../../components/network-policies\n", "")]),
        Istio("network/policies"),
    ),
    Row::new(
        "k8s/overlays/production/kustomization.yaml",
        Edit(&[("- ../../components/pod-security\n", "")]),
        Verify(OVERLAYS),
    ),
    Row::new(
        "k8s/overlays/production/spread.yaml",
        Edit(&[("topology.kubernetes.io/zone", "kubernetes.io/hostname")]),
        Verify(OVERLAYS),
    ),
];
