//! Who notices a mutation under `mesh/istio/`.

use super::Mutation::{Edit, Without};
use super::Owner::{Istio, Verify};
use super::Row;

const BUDGETS: &str = "times are those of the table of hops, and nest";
const OVERLAYS: &str = "overlays are what they say they are";
const SIZES: &str = "numbers of workloads and breakers make sense";
const STATES: &str = "a state of the canary changes only who answers";
const PROGRESSIVE: &str = "what walks through a canary finds what it names";

/// In the order of the names.
pub const ROWS: &[Row] = &[
    Row::new("mesh/istio/.gitignore", Edit(&[("jwks.json", "")]), Verify("no key set is committed")),
    Row::new(
        "mesh/istio/authorization.yaml",
        Edit(&[(
            "\n  name: deny-by-default\n  namespace: shop\nspec: {}",
            "\n  name: deny-by-default\n  namespace: shop\nspec: {selector: {matchLabels: {app: api-gateway}}}",
        )]),
        Istio("authorization/unlisted-pod"),
    ),
    Row::new(
        "mesh/istio/authorization.yaml",
        Edit(&[("methods: [GET, HEAD, OPTIONS]", "methods: [GET, HEAD, OPTIONS, POST]")]),
        Istio("authorization/matrix"),
    ),
    Row::new(
        "mesh/istio/authorization.yaml",
        Edit(&[("sa/user-service", "sa/order-service")]),
        Istio("authorization/matrix"),
    ),
    Row::new(
        "mesh/istio/authorization.yaml",
        Edit(&[("- issuer: microservices", "- issuer: somebody")]),
        Istio("smoke/writes"),
    ),
    Row::new(
        "mesh/istio/authorization.yaml",
        Edit(&[("methods: [GET]", "methods: [GET, DELETE]")]),
        Istio("authorization/matrix"),
    ),
    Row::new("mesh/istio/authorization.yaml", Edit(&[("    audiences:\n    - api-gateway\n", "")]), Verify(OVERLAYS)),
    Row::new(
        "mesh/istio/circuit-breaking.yaml",
        Edit(&[("consecutive5xxErrors: 5", "consecutive5xxErrors: 0")]),
        Istio("resilience/breaker"),
    ),
    Row::new(
        "mesh/istio/circuit-breaking.yaml",
        Edit(&[("maxConnections: 256", "maxConnections: 1024"), ("http2MaxRequests: 512", "http2MaxRequests: 1024")]),
        Istio("limits/connections"),
    ),
    Row::new(
        "mesh/istio/circuit-breaking.yaml",
        Edit(&[("maxEjectionPercent: 50", "maxEjectionPercent: 100")]),
        Verify(SIZES),
    ),
    Row::new("mesh/istio/circuit-breaking.yaml", Edit(&[("        http2MaxRequests: 2048\n", "")]), Verify(SIZES)),
    Row::new(
        "mesh/istio/canary/0-100.yaml",
        Edit(&[("weight: 100", "weight: 90"), ("weight: 0\n", "weight: 10\n")]),
        Istio("canary/0-100"),
    ),
    Row::new(
        "mesh/istio/canary/0-100.yaml",
        Edit(&[("attempts: 0", "attempts: 4\n      retryOn: 5xx")]),
        Verify(STATES),
    ),
    Row::new(
        "mesh/istio/canary/100-0.yaml",
        Edit(&[("weight: 100", "weight: 90"), ("weight: 0\n", "weight: 10\n")]),
        Istio("canary/100-0"),
    ),
    Row::new("mesh/istio/canary/50-50.yaml", Edit(&[("subset: v2", "subset: v1")]), Istio("canary/50-50")),
    Row::new("mesh/istio/canary/50-50.yaml", Edit(&[("perTryTimeout: 1s", "perTryTimeout: 3s")]), Verify(STATES)),
    Row::new(
        "mesh/istio/canary/90-10.yaml",
        Edit(&[("weight: 90", "weight: 70"), ("weight: 10\n", "weight: 30\n")]),
        Istio("canary/90-10"),
    ),
    Row::new("mesh/istio/canary/by-header.yaml", Edit(&[("exact: v2", "exact: v3")]), Istio("canary/by-header")),
    Row::new("mesh/istio/canary/mirror.yaml", Edit(&[("value: 100", "value: 50")]), Istio("canary/mirror")),
    Row::new("mesh/istio/egress.yaml", Edit(&[("mode: REGISTRY_ONLY", "mode: ALLOW_ANY")]), Istio("limits/egress")),
    Row::new("mesh/istio/fault-injection.yaml", Edit(&[("value: 10", "value: 40")]), Istio("limits/fault-injection")),
    Row::new("mesh/istio/fault-injection.yaml", Edit(&[("timeout: 5s", "timeout: 50s")]), Verify(STATES)),
    Row::new("mesh/istio/ingress.yaml", Edit(&[("number: 80\n", "number: 81\n")]), Istio("smoke/reads")),
    Row::new("mesh/istio/ingress.yaml", Edit(&[("timeout: 6s", "timeout: 600s")]), Verify(BUDGETS)),
    Row::new(
        "mesh/istio/kustomization.yaml",
        Edit(&[("    - spec.jwtRules.0.jwks\n", "    - spec.jwtRules.0.issuer\n")]),
        Verify(OVERLAYS),
    ),
    Row::new("mesh/istio/kustomization.yaml", Edit(&[("- mtls.yaml\n", "")]), Istio("mtls/plaintext-is-refused")),
    Row::new(
        "mesh/istio/kustomization.yaml",
        Edit(&[("- path: timeouts.yaml\n  target:\n    kind: VirtualService\n    name: user-service\n", "")]),
        Istio("resilience/timeout-user-service"),
    ),
    Row::new("mesh/istio/mtls.yaml", Edit(&[("mode: STRICT", "mode: PERMISSIVE")]), Istio("mtls/plaintext-is-refused")),
    Row::new(
        "mesh/istio/namespace.yaml",
        Edit(&[("istio-injection: enabled", "istio-injection: disabled")]),
        Istio("mtls/identities"),
    )
    .renewing("user-service"),
    Row::new("mesh/istio/rate-limit.yaml", Without, Istio("limits/rate-limit")),
    Row::new("mesh/istio/retries.yaml", Edit(&[("      perTryTimeout: 800ms\n", "")]), Verify(BUDGETS)),
    Row::new(
        "mesh/istio/retries.yaml",
        Edit(&[("retryOn: gateway-error,reset", "retryOn: reset")]),
        Istio("resilience/retries-user-service"),
    ),
    Row::new(
        "mesh/istio/retries.yaml",
        Edit(&[(
            "attempts: 2\n      retryOn: connect-failure,refused-stream,reset-before-request",
            "attempts: 2\n      retryOn: gateway-error",
        )]),
        Istio("resilience/one-layer-retries"),
    ),
    Row::new(
        "mesh/istio/telemetry.yaml",
        Edit(&[("traceparent: \"%REQ(TRACEPARENT)%\"", "traceparent: \"none\"")]),
        Istio("signals/access-logs-share-a-trace"),
    ),
    Row::new(
        "mesh/istio/telemetry.yaml",
        Edit(&[("randomSamplingPercentage: 1\n", "randomSamplingPercentage: 50\n")]),
        Istio("traces/share-at-the-ingress"),
    ),
    Row::new(
        "mesh/istio/timeouts.yaml",
        Edit(&[("path: /spec/http/1/timeout, value: 2s", "path: /spec/http/1/timeout, value: 4s")]),
        Istio("resilience/timeout-user-service"),
    ),
    // The twin.
    Row::new(
        "mesh/istio/gateway-api/canary/0-100.yaml",
        Edit(&[("weight: 100", "weight: 90"), ("weight: 0\n", "weight: 10\n")]),
        Istio("canary-httproute/0-100"),
    ),
    Row::new(
        "mesh/istio/gateway-api/canary/100-0.yaml",
        Edit(&[("weight: 0\n", "weight: 20\n")]),
        Istio("canary-httproute/100-0"),
    ),
    Row::new(
        "mesh/istio/gateway-api/canary/50-50.yaml",
        Edit(&[("name: order-service-v2", "name: order-service-v1")]),
        Istio("canary-httproute/50-50"),
    ),
    Row::new("mesh/istio/gateway-api/canary/50-50.yaml", Edit(&[("request: 3s", "request: 300s")]), Verify(BUDGETS)),
    Row::new(
        "mesh/istio/gateway-api/canary/90-10.yaml",
        Edit(&[("weight: 90", "weight: 70"), ("weight: 10\n", "weight: 30\n")]),
        Istio("canary-httproute/90-10"),
    ),
    Row::new(
        "mesh/istio/gateway-api/canary/by-header.yaml",
        Edit(&[("value: v2", "value: v3")]),
        Istio("canary-httproute/by-header"),
    ),
    Row::new(
        "mesh/istio/gateway-api/canary/mirror.yaml",
        Edit(&[("method: GET", "method: PUT")]),
        Istio("canary-httproute/mirror"),
    ),
    Row::new(
        "mesh/istio/gateway-api/circuit-breaking.yaml",
        Edit(&[("maxConnections: 256", "maxConnections: 1024"), ("http2MaxRequests: 512", "http2MaxRequests: 1024")]),
        Istio("limits/connections-httproute"),
    ),
    Row::new(
        "mesh/istio/gateway-api/circuit-breaking.yaml",
        Edit(&[("consecutive5xxErrors: 5", "consecutive5xxErrors: 0")]),
        Verify(SIZES),
    ),
    Row::new(
        "mesh/istio/gateway-api/ingress.yaml",
        Edit(&[("- name: api-gateway\n      port: 8080", "- name: user-service\n      port: 8081")]),
        Istio("smoke/gateway-api-ingress"),
    ),
    Row::new("mesh/istio/gateway-api/ingress.yaml", Edit(&[("request: 6s", "request: 600s")]), Verify(BUDGETS)),
    Row::new(
        "mesh/istio/gateway-api/kustomization.yaml",
        Edit(&[("- ingress.yaml\n", "")]),
        Verify("each manifest is used"),
    ),
    // Tools that walk through the canary.
    Row::new(
        "mesh/istio/progressive/argo-rollouts/kustomization.yaml",
        Edit(&[("- rollout.yaml\n", "")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/istio/progressive/argo-rollouts/rollout.yaml",
        Edit(&[("- repeatable-writes", "- writes-again")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/istio/progressive/argo-rollouts/routes.yaml",
        Edit(&[("host: order-service-canary", "host: order-service-new")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/istio/progressive/flagger/canary.yaml",
        Edit(&[("targetPort: http", "targetPort: web")]),
        Verify(PROGRESSIVE),
    ),
    Row::new(
        "mesh/istio/progressive/flagger/kustomization.yaml",
        Edit(&[("- canary.yaml\n", "")]),
        Verify(PROGRESSIVE),
    ),
];
