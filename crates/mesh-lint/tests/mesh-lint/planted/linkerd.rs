//! Which mistakes in our manifests does Linkerd accept?

use super::Plant;

/// One mistake a row.
#[rustfmt::skip]
pub const TABLE: &[Plant] = &[
    Plant {
        rule: "linkerd-duration-on-service", overlay: "linkerd-kind", file: "mesh/linkerd/circuit-breaking.yaml",
        from: "balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 2s",
        to: "§balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 1.5s",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-duration-on-route", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "timeout.linkerd.io/request: 3s",
        to: "§timeout.linkerd.io/request: 1m30s",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-retry-condition", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "retry.linkerd.io/http: gateway-error",
        to: "§retry.linkerd.io/http: 502, 503",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-retry-without-condition", overlay: "linkerd-production", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    retry.linkerd.io/http: gateway-error\n",
        to: "",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "retry.linkerd.io/limit")), beside: &[],
    },
    Plant {
        rule: "linkerd-annotation-number", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "retry.linkerd.io/limit: \"4\"",
        to: "§retry.linkerd.io/limit: \"four\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-annotation-unknown", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "retry.linkerd.io/limit: \"4\"",
        to: "§retry.linkerd.io/limits: \"4\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-accrual-mode", overlay: "linkerd-kind", file: "mesh/linkerd/circuit-breaking.yaml",
        from: "failure-accrual: consecutive",
        to: "failure-accrual: on-failure",
        at: Some(("mesh/linkerd/circuit-breaking.yaml", "balancer.linkerd.io/failure-accrual:")), beside: &[],
    },
    Plant {
        rule: "linkerd-accrual-penalties", overlay: "linkerd-kind", file: "mesh/linkerd/circuit-breaking.yaml",
        from: "max-penalty: 15s",
        to: "max-penalty: 1s",
        at: Some(("mesh/linkerd/circuit-breaking.yaml", "failure-accrual-consecutive-min-penalty")), beside: &[],
    },
    Plant {
        rule: "linkerd-retried-writes", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    - method: HEAD",
        to: "    - method: POST",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "retry.linkerd.io/http")), beside: &[],
    },
    Plant {
        rule: "linkerd-inject-value", overlay: "linkerd-kind", file: "mesh/linkerd/namespace.yaml",
        from: "linkerd.io/inject: enabled",
        to: "§linkerd.io/inject: \"on\"",
        at: None, beside: &[
            ("linkerd-identity-unmeshed", "no proxy, so no identity"),
            ("linkerd-server-unmeshed", "no proxy that would refuse"),
        ],
    },
    Plant {
        rule: "linkerd-shutdown-grace", overlay: "linkerd-kind", file: "mesh/linkerd/namespace.yaml",
        from: "config.linkerd.io/shutdown-grace-period: 20s",
        to: "§config.linkerd.io/shutdown-grace-period: 90s",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-default-policy-value", overlay: "linkerd-kind", file: "mesh/linkerd/mtls.yaml",
        from: "config.linkerd.io/default-inbound-policy: deny",
        to: "§config.linkerd.io/default-inbound-policy: denied",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-identity-unknown", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "  - kind: ServiceAccount\n    name: order-service",
        to: "  - kind: ServiceAccount\n    §name: orders",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-server-port", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "  port: http",
        to: "  §port: web",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-policy-target-missing", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "    name: user-service-users\n  required",
        to: "    §name: user-service-user\n  required",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-policy-authentication", overlay: "linkerd-production", file: "mesh/linkerd/authorization.yaml",
        from: "    name: callers-of-user-service",
        to: "    §name: callers",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-rate-limit-values", overlay: "linkerd-kind", file: "mesh/linkerd/rate-limit.yaml",
        from: "requestsPerSecond: 40",
        to: "§requestsPerSecond: 4000",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-server-probe", overlay: "linkerd-kind", file: "mesh/linkerd/telemetry.yaml",
        from: "        value: /readyz",
        to: "        value: /ready",
        at: Some(("mesh/linkerd/telemetry.yaml", "  name: admin\n")), beside: &[],
    },
    Plant {
        rule: "linkerd-route-filter", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    backendRefs:\n",
        to: "    filters:\n    - §type: URLRewrite\n      urlRewrite:\n        path:\n          type: ReplacePrefixMatch\n          replacePrefixMatch: /\n    backendRefs:\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-egress-route-port", overlay: "linkerd-kind", file: "mesh/linkerd/egress.yaml",
        from: "  - group: policy.linkerd.io\n    kind: EgressNetwork\n    name: outside\n    port: 80",
        to: "  - §group: policy.linkerd.io\n    kind: EgressNetwork\n    name: outside",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-parent-missing", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "    kind: Server\n    name: user-service\n  rules",
        to: "    kind: Server\n    §name: users-service\n  rules",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-app-protocol", overlay: "linkerd-kind", file: "k8s/base/order-service/service.yaml",
        from: "appProtocol: http",
        to: "§appProtocol: http2",
        at: None, beside: &[
            ("kubernetes-protocol-conflict", "the name still says http"),
        ],
    },
    Plant {
        rule: "linkerd-parent-headless", overlay: "linkerd-kind", file: "k8s/base/order-service/service.yaml",
        from: "spec:\n",
        to: "spec:\n  clusterIP: None\n",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "    name: order-service")), beside: &[],
    },
    Plant {
        rule: "linkerd-backend-request-timeout", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    backendRefs:\n",
        to: "    timeouts:\n      §backendRequest: 1s\n    backendRefs:\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-config-on-workload", overlay: "linkerd-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "metadata:\n  name: user-service\n",
        to: "metadata:\n  name: user-service\n  annotations:\n    §config.linkerd.io/proxy-cpu-request: 50m\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-retries-multiply", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "gateway-error\n    retry.linkerd.io/limit: \"4\"\n    retry.linkerd.io/timeout: 800ms\nspec:\n  parentRefs:\n  - group: \"\"\n    kind: Service\n    name: user-service\n    port: 8081\n  rules:\n  - matches:\n    - method: GET\n      headers:\n      - name: user-agent\n        type: RegularExpression\n        value: api-gateway/.*\n",
        to: "§gateway-error\n    retry.linkerd.io/limit: \"4\"\n    retry.linkerd.io/timeout: 800ms\nspec:\n  parentRefs:\n  - group: \"\"\n    kind: Service\n    name: user-service\n    port: 8081\n  rules:\n  - matches:\n    - method: GET\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "linkerd-route-on-bytes", overlay: "linkerd-kind", file: "k8s/base/user-service/service.yaml",
        from: "appProtocol: http",
        to: "appProtocol: https",
        at: Some(("mesh/linkerd/retries.yaml", "port: 8081")), beside: &[
            ("kubernetes-protocol-conflict", "the name still says http"),
        ],
    },
    Plant {
        rule: "linkerd-scrape-denied", overlay: "linkerd-kind", file: "mesh/linkerd/telemetry.yaml",
        from: "        value: /metrics",
        to: "        value: /livez",
        at: Some(("k8s/base/user-service/deployment.yaml", "prometheus.io/port")), beside: &[],
    },
    Plant {
        rule: "linkerd-service-profile-name", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "apiVersion: policy.linkerd.io/v1beta3\n",
        to: "apiVersion: linkerd.io/v1alpha2\nkind: ServiceProfile\nmetadata:\n  §name: api-gateway\n  namespace: shop\nspec:\n  routes: []\n---\napiVersion: policy.linkerd.io/v1beta3\n",
        at: None, beside: &[],
    },
];
