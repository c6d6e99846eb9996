//! Who notices a mutation under `mesh/linkerd/` and of Linkerd's overlays. What needs its proxies is run by
//! `cargo xtask mutate linkerd`, on a cluster that has them.

use super::Mutation::{Edit, Without};
use super::Owner::{Linkerd, Plain, Verify};
use super::Row;

const OBEYS: &str = "Linkerd obeys each route";
const PROGRESSIVE: &str = "what walks through a canary finds what it names";

/// In the order of the names.
pub const ROWS: &[Row] = &[
    Row::new(
        "mesh/linkerd/authorization.yaml",
        Edit(&[(
            "  - kind: ServiceAccount\n    name: order-service\n---\napiVersion: policy.linkerd.io/v1alpha1",
            "---\napiVersion: policy.linkerd.io/v1alpha1",
        )]),
        Linkerd("authorization/matrix"),
    ),
    Row::new(
        "mesh/linkerd/authorization.yaml",
        Edit(&[("    name: shop-ingress", "    name: other-ingress")]),
        Linkerd("authorization/ingress-alone"),
    ),
    Row::new(
        "mesh/linkerd/canary/0-100.yaml",
        Edit(&[("weight: 100", "weight: 90"), ("weight: 0\n", "weight: 10\n")]),
        Linkerd("canary/0-100"),
    ),
    Row::new(
        "mesh/linkerd/canary/100-0.yaml",
        Edit(&[("weight: 100", "weight: 90"), ("weight: 0\n", "weight: 10\n")]),
        Linkerd("canary/100-0"),
    ),
    Row::new(
        "mesh/linkerd/canary/50-50.yaml",
        Edit(&[("name: order-service-v2", "name: order-service-v1")]),
        Linkerd("canary/50-50"),
    ),
    Row::new(
        "mesh/linkerd/canary/90-10.yaml",
        Edit(&[("weight: 90", "weight: 70"), ("weight: 10\n", "weight: 30\n")]),
        Linkerd("canary/90-10"),
    ),
    Row::new("mesh/linkerd/canary/by-header.yaml", Edit(&[("value: v2", "value: v3")]), Linkerd("canary/by-header")),
    Row::new(
        "mesh/linkerd/circuit-breaking.yaml",
        Edit(&[("    balancer.linkerd.io/failure-accrual: consecutive\n", "")]),
        Linkerd("resilience/breaker"),
    ),
    Row::new(
        "mesh/linkerd/egress.yaml",
        Edit(&[("trafficPolicy: Deny", "trafficPolicy: Allow")]),
        Linkerd("limits/egress"),
    ),
    Row::new(
        "mesh/linkerd/ingress.yaml",
        Edit(&[("gatewayClassName: meshed", "gatewayClass: meshed")]),
        Linkerd("manifests/dry-run"),
    ),
    Row::new("mesh/linkerd/kustomization.yaml", Edit(&[("- rate-limit.yaml\n", "")]), Verify("each manifest is used")),
    Row::new(
        "mesh/linkerd/mtls.yaml",
        Edit(&[("default-inbound-policy: deny", "default-inbound-policy: all-authenticated")]),
        Linkerd("injection/sidecar"),
    )
    .renewing("user-service"),
    Row::new(
        "mesh/linkerd/namespace.yaml",
        Edit(&[("proxy-memory-limit: 250Mi", "proxy-memory-limit: 200Mi")]),
        Linkerd("injection/sidecar"),
    )
    .renewing("user-service"),
    Row::new("mesh/linkerd/rate-limit.yaml", Without, Linkerd("limits/rate-limit")),
    Row::new(
        "mesh/linkerd/retries.yaml",
        Edit(&[("retry.linkerd.io/http: gateway-error", "retry.linkerd.io/http: \"501\"")]),
        Linkerd("resilience/retries-user-service"),
    ),
    Row::new(
        "mesh/linkerd/retries.yaml",
        Edit(&[("  - group: \"\"\n    kind: Service", "  - kind: Service")]),
        Verify(OBEYS),
    ),
    Row::new("mesh/linkerd/telemetry.yaml", Without, Linkerd("signals/scrapes")),
    Row::new(
        "mesh/linkerd/timeouts.yaml",
        Edit(&[("request: 2s", "request: 4s")]),
        Linkerd("resilience/timeout-user-service"),
    ),
    Row::new("mesh/linkerd/timeouts.yaml", Edit(&[("request: 2s", "request: 1m30s")]), Verify(OBEYS)),
    // Tools that walk through the canary.
    Row::new(
        "mesh/linkerd/progressive/argo-rollouts/kustomization.yaml",
        Edit(&[("- rollout.yaml\n", "")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/linkerd/progressive/argo-rollouts/rollout.yaml",
        Edit(&[("stableService: order-service-stable", "stableService: order-service-old")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/linkerd/progressive/argo-rollouts/routes.yaml",
        Edit(&[("  - group: \"\"\n    kind: Service", "  - kind: Service")]),
        Verify(OBEYS),
    ),
    Row::new(
        "mesh/linkerd/progressive/flagger/canary.yaml",
        Edit(&[("group: \"\"", "group: core")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/linkerd/progressive/flagger/kustomization.yaml",
        Edit(&[("- canary.yaml\n", "")]),
        Verify(PROGRESSIVE),
    ),
    // What one applies.
    Row::new(
        "mesh/overlays/linkerd-production/kustomization.yaml",
        Edit(&[("(api-gateway|user-service|order-service)(-db)?", "(user|order)-service-db")]),
        Plain("network/policies"),
    ),
    Row::new("mesh/overlays/linkerd-kind/edge.yaml", Without, Linkerd("smoke/reads")),
];
