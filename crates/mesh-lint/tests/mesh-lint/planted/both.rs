//! Which mistakes in our manifests do both meshes make something of?

use super::Plant;

/// One mistake a row.
#[rustfmt::skip]
pub const TABLE: &[Plant] = &[
    Plant {
        rule: "kubernetes-port-protocol", overlay: "istio-kind", file: "k8s/base/order-service/service.yaml",
        from: "  - name: http\n    appProtocol: http\n    port: 8082",
        to: "  - name: orders\n    §port: 8082",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-service-target-port", overlay: "linkerd-kind", file: "k8s/base/order-service/service.yaml",
        from: "targetPort: http",
        to: "§targetPort: web",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-service-selector", overlay: "istio-kind", file: "k8s/base/user-service/service.yaml",
        from: "  selector:\n    app: user-service",
        to: "  §selector:\n    app: users-service",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-service-selector", overlay: "linkerd-kind", file: "k8s/components/order-service-v2/service-v2.yaml",
        from: "  selector:\n    app: order-service\n    version: v2",
        to: "  §selector:\n    app: order-service\n    version: v3",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-session-affinity", overlay: "linkerd-production", file: "k8s/base/order-service/service.yaml",
        from: "spec:\n",
        to: "spec:\n  §sessionAffinity: ClientIP\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-protocol-conflict", overlay: "istio-kind", file: "k8s/base/user-service/service.yaml",
        from: "  - name: http\n    appProtocol: http",
        to: "  - name: tcp-http\n    §appProtocol: http",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-split-overlaps", overlay: "linkerd-kind", file: "k8s/components/order-service-v2/service-v1.yaml",
        from: "    app: order-service\n    version: v1\n  ports",
        to: "    app: order-service\n  ports",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "- name: order-service-v1")), beside: &[],
    },
    Plant {
        rule: "kubernetes-probe-port", overlay: "istio-kind", file: "k8s/base/order-service/release/deployment.yaml",
        from: "path: /readyz\n            port: admin",
        to: "path: /readyz\n            §port: management",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-scrape-port", overlay: "linkerd-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "prometheus.io/port: \"9081\"",
        to: "§prometheus.io/port: \"9082\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-disruption-budget-blocks", overlay: "istio-kind", file: "k8s/base/user-service/pdb.yaml",
        from: "maxUnavailable: 1",
        to: "§minAvailable: 2",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-disruption-budget-blocks", overlay: "linkerd-production", file: "k8s/base/order-service/pdb.yaml",
        from: "maxUnavailable: 1",
        to: "§maxUnavailable: 0",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-disruption-budget-selector", overlay: "istio-production", file: "k8s/base/api-gateway/pdb.yaml",
        from: "    matchLabels:\n      app: api-gateway",
        to: "    §matchLabels:\n      app: gateway",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-grace-period", overlay: "istio-kind", file: "k8s/base/api-gateway/deployment.yaml",
        from: "terminationGracePeriodSeconds: 35",
        to: "terminationGracePeriodSeconds: 15",
        at: Some(("k8s/base/api-gateway/deployment.yaml", "value: \"20000\"")), beside: &[],
    },
    Plant {
        rule: "kubernetes-service-account-missing", overlay: "linkerd-kind", file: "k8s/base/order-service/release/deployment.yaml",
        from: "serviceAccountName: order-service",
        to: "§serviceAccountName: orders-service",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-host-network", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "      automountServiceAccountToken: false",
        to: "      §hostNetwork: true\n      automountServiceAccountToken: false",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-pod-security", overlay: "istio-kind", file: "mesh/istio/namespace.yaml",
        from: "enforce: privileged",
        to: "enforce: baseline",
        at: Some(("mesh/istio/namespace.yaml", "pod-security.kubernetes.io/enforce")), beside: &[],
    },
    Plant {
        rule: "kubernetes-pod-security", overlay: "linkerd-kind", file: "mesh/linkerd/namespace.yaml",
        from: "enforce: privileged",
        to: "enforce: restricted",
        at: Some(("mesh/linkerd/namespace.yaml", "pod-security.kubernetes.io/enforce")), beside: &[],
    },
    Plant {
        rule: "kubernetes-autoscalers-share-pods", overlay: "istio-production", file: "k8s/components/order-service-v2/v2/kustomization.yaml",
        from: "includeSelectors: true",
        to: "includeTemplates: true",
        at: Some(("k8s/base/order-service/release/deployment.yaml", "matchLabels")), beside: &[],
    },
    Plant {
        rule: "kubernetes-account-shared", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "serviceAccountName: user-service",
        to: "serviceAccountName: api-gateway",
        at: Some(("mesh/istio/authorization.yaml", "- cluster.local/ns/shop/sa/api-gateway")), beside: &[],
    },
    Plant {
        rule: "kubernetes-route-parent-group", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "  - group: \"\"\n    kind: Service",
        to: "  - §kind: Service",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-parent-missing", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "    name: user-service\n    port: 8081",
        to: "    §name: users-service\n    port: 8081",
        at: None, beside: &[
            ("kubernetes-route-catch-all", "the route for the rest is one of another name"),
        ],
    },
    Plant {
        rule: "kubernetes-route-parent-port", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "    name: user-service\n    port: 8081",
        to: "    name: user-service\n    §port: 9081",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-backend-missing", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    - name: order-service-v2",
        to: "    - §name: order-service-v3",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-backend-port", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "    - name: order-service-v2\n      port: 8082",
        to: "    - name: order-service-v2\n      §port: 80",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-catch-all", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "  rules:\n  - backendRefs:\n",
        to: "  §rules:\n  - matches:\n    - method: POST\n    backendRefs:\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-weights", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "      weight: 100",
        to: "      weight: 90",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "    backendRefs:")), beside: &[],
    },
    Plant {
        rule: "kubernetes-route-weights-zero", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "      weight: 100",
        to: "      weight: 0",
        at: Some(("mesh/linkerd/canary/100-0.yaml", "    backendRefs:")), beside: &[
            ("kubernetes-route-twin-weights", "the routes for other methods still have weights"),
        ],
    },
    Plant {
        rule: "kubernetes-route-twin-weights", overlay: "linkerd-kind", file: "mesh/linkerd/canary/100-0.yaml",
        from: "  - backendRefs:\n    - name: order-service-v1\n      port: 8082\n      weight: 100\n    - name: order-service-v2\n      port: 8082\n      weight: 0",
        to: "  - §backendRefs:\n    - name: order-service-v1\n      port: 8082\n      weight: 0\n    - name: order-service-v2\n      port: 8082\n      weight: 100",
        at: None, beside: &[],
    },
    Plant {
        rule: "kubernetes-route-rule-repeated", overlay: "linkerd-kind", file: "mesh/linkerd/retries.yaml",
        from: "    - method: HEAD",
        to: "    - method: GET",
        at: Some(("mesh/linkerd/retries.yaml", "  - matches:")), beside: &[],
    },
    Plant {
        rule: "kubernetes-route-path-star", overlay: "linkerd-kind", file: "mesh/linkerd/authorization.yaml",
        from: "value: /users\n",
        to: "value: §/users/*\n",
        at: None, beside: &[],
    },
];
