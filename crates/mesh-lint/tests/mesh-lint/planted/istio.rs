//! Which mistakes in our manifests does Istio accept?

use super::Plant;

/// One mistake a row.
#[rustfmt::skip]
pub const TABLE: &[Plant] = &[
    Plant {
        rule: "istio-subset-missing", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "subset: v1",
        to: "§subset: v3",
        at: None, beside: &[
            ("istio-twin-weights", "the rules for other methods still lead elsewhere"),
        ],
    },
    Plant {
        rule: "istio-subset-labels", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "  - name: v2\n    labels:\n      version: v2",
        to: "  - name: v2\n    §labels:\n      version: \"2\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-subset-overlap", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "  - name: v2\n    labels:\n      version: v2",
        to: "  - name: v2\n    §labels:\n      version: v1",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-host-missing", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "        host: order-service.shop.svc.cluster.local",
        to: "        §host: orders-service.shop.svc.cluster.local",
        at: None, beside: &[
            ("istio-twin-weights", "the rules for other methods still lead elsewhere"),
        ],
    },
    Plant {
        rule: "istio-destination-port", overlay: "istio-production", file: "mesh/istio/ingress.yaml",
        from: "          number: 8080",
        to: "          §number: 80",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-catch-all", overlay: "istio-kind", file: "mesh/istio/retries.yaml",
        from: "  - name: writes\n",
        to: "  - name: writes\n    match:\n    - method:\n        exact: POST\n",
        at: Some(("mesh/istio/retries.yaml", "  http:")), beside: &[],
    },
    Plant {
        rule: "istio-rule-unreachable", overlay: "istio-kind", file: "mesh/istio/retries.yaml",
        from: "    - sourceLabels:\n        app: order-service",
        to: "    - uri:\n        prefix: /",
        at: Some(("mesh/istio/retries.yaml", "  - name: reads\n")), beside: &[
            ("istio-retries-multiply", "the rule that spares order-service is one of those out of reach"),
        ],
    },
    Plant {
        rule: "istio-rule-repeated", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "    match:\n    - method:\n        exact: POST\n      headers:\n        idempotency-key:\n          regex: .+",
        to: "    §match:\n    - method:\n        regex: GET|HEAD",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-weights", overlay: "istio-production", file: "mesh/istio/canary/100-0.yaml",
        from: "      weight: 100",
        to: "      weight: 90",
        at: Some(("mesh/istio/canary/100-0.yaml", "    route:")), beside: &[],
    },
    Plant {
        rule: "istio-twin-weights", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "  - name: writes\n    timeout: 5s\n    retries:\n      attempts: 0\n    route:\n    - destination:\n        host: order-service.shop.svc.cluster.local\n        subset: v1\n      weight: 100",
        to: "  - name: writes\n    timeout: 5s\n    retries:\n      attempts: 0\n    §route:\n    - destination:\n        host: order-service.shop.svc.cluster.local\n        subset: v1\n      weight: 0",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-post-retried", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "regex: GET|HEAD",
        to: "regex: GET|POST",
        at: Some(("mesh/istio/canary/100-0.yaml", "retryOn:")), beside: &[],
    },
    Plant {
        rule: "istio-per-try-timeout", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "perTryTimeout: 1s",
        to: "§perTryTimeout: 3s",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-retry-condition", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "retryOn: gateway-error,reset,connect-failure,refused-stream",
        to: "retryOn: connect-failure,refused-stream",
        at: Some(("mesh/istio/canary/100-0.yaml", "perTryTimeout: 1s")), beside: &[],
    },
    Plant {
        rule: "istio-retries-multiply", overlay: "istio-kind", file: "mesh/istio/retries.yaml",
        from: "retryOn: connect-failure,refused-stream,reset-before-request",
        to: "§retryOn: gateway-error,connect-failure",
        at: None, beside: &[
            ("istio-post-retried", "the rule has no method, and repeats all that order-service sends"),
        ],
    },
    Plant {
        rule: "istio-mirror-writes", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "  - name: writes\n",
        to: "  - name: writes\n    §mirrors:\n    - destination:\n        host: order-service.shop.svc.cluster.local\n        subset: v2\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-match-glob", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "regex: GET|HEAD",
        to: "§exact: GET*",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-http-rule-on-tcp-port", overlay: "istio-kind", file: "k8s/base/user-service/service.yaml",
        from: "  - name: http\n    appProtocol: http",
        to: "  - name: tcp-users\n    appProtocol: tcp",
        at: Some(("mesh/istio/retries.yaml", "- user-service.shop")), beside: &[],
    },
    Plant {
        rule: "istio-destination-rule-host", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "host: user-service.shop",
        to: "§host: users-service.shop",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-destination-rules-share-host", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "  name: user-service\n  namespace: shop\nspec:\n  host: user-service.shop",
        to: "  name: user-service\n  namespace: shop\nspec:\n  §host: order-service.shop",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-destination-tls", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "  trafficPolicy:\n",
        to: "  trafficPolicy:\n    tls:\n      §mode: DISABLE\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-locality-without-outlier", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "    outlierDetection:\n      consecutive5xxErrors: 5\n      interval: 5s\n      baseEjectionTime: 15s\n      maxEjectionPercent: 50\n  subsets",
        to: "    loadBalancer:\n      §localityLbSetting:\n        failoverPriority:\n        - topology.kubernetes.io/zone\n  subsets",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-outlier-never-ejects", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "      maxEjectionPercent: 50\n",
        to: "",
        at: Some(("mesh/istio/circuit-breaking.yaml", "    outlierDetection:")), beside: &[],
    },
    Plant {
        rule: "istio-outlier-never-ejects", overlay: "istio-kind", file: "k8s/base/order-service/release/deployment.yaml",
        from: "replicas: 2",
        to: "replicas: 1",
        at: Some(("mesh/istio/circuit-breaking.yaml", "    outlierDetection:")), beside: &[],
    },
    Plant {
        rule: "istio-subset-policy-unused", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "  - name: v2\n    labels:\n      version: v2",
        to: "  - name: v2\n    labels:\n      version: v2\n  - name: v3\n    labels:\n      version: v2\n    §trafficPolicy:\n      connectionPool:\n        tcp:\n          maxConnections: 1",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-gateway-missing", overlay: "istio-kind", file: "mesh/istio/ingress.yaml",
        from: "  - shop/shop",
        to: "  - §shop/gateway",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-gateway-hosts", overlay: "istio-kind", file: "mesh/istio/ingress.yaml",
        from: "    hosts:\n    - \"*\"\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: api-gateway\n  namespace: shop\nspec:\n  hosts:\n  - \"*\"",
        to: "    hosts:\n    - shop.example.com\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: api-gateway\n  namespace: shop\nspec:\n  §hosts:\n  - www.example.com",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-ingress-skips-split", overlay: "istio-kind", file: "mesh/istio/ingress.yaml",
        from: "        host: api-gateway.shop.svc.cluster.local\n        port:\n          number: 8080",
        to: "        §host: order-service.shop.svc.cluster.local",
        at: None, beside: &[
            ("istio-twin-weights", "the rules for other methods still lead elsewhere"),
        ],
    },
    Plant {
        rule: "istio-principal-format", overlay: "istio-production", file: "mesh/istio/authorization.yaml",
        from: "- cluster.local/ns/shop/sa/api-gateway",
        to: "- §spiffe://cluster.local/ns/shop/sa/api-gateway",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-principal-account", overlay: "istio-production", file: "mesh/istio/authorization.yaml",
        from: "- cluster.local/ns/shop/sa/order-service",
        to: "- §cluster.local/ns/shop/sa/orders",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-principal-without-mtls", overlay: "istio-kind", file: "mesh/istio/mtls.yaml",
        from: "mode: STRICT",
        to: "mode: DISABLE",
        at: Some(("mesh/istio/authorization.yaml", "        principals:")), beside: &[],
    },
    Plant {
        rule: "istio-policy-port", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "ports: [\"8081\"]",
        to: "§ports: [\"80\"]",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policy-path", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "paths: [/users/*]",
        to: "§paths: [/users/*/orders]",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policy-selector", overlay: "istio-production", file: "mesh/istio/authorization.yaml",
        from: "    matchLabels:\n      app: order-service",
        to: "    §matchLabels:\n      app: orders-service",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policy-http-on-tcp", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "        ports: [\"5432\"]",
        to: "        ports: [\"5432\"]\n        §methods: [GET]",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policies-share-scope", overlay: "istio-kind", file: "mesh/istio/mtls.yaml",
        from: "    mode: STRICT\n",
        to: "    mode: STRICT\n---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  §name: strict\n  namespace: shop\nspec:\n  mtls:\n    mode: STRICT\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-token-not-required", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "        requestPrincipals:\n        - microservices/*\n",
        to: "",
        at: Some(("mesh/istio/authorization.yaml", "  jwtRules:")), beside: &[],
    },
    Plant {
        rule: "istio-sidecar-hides-callee", overlay: "istio-kind", file: "mesh/istio/egress.yaml",
        from: "    - observability/*\n",
        to: "",
        at: Some(("mesh/istio/egress.yaml", "  - hosts:")), beside: &[],
    },
    Plant {
        rule: "istio-injection-conflict", overlay: "istio-kind", file: "mesh/istio/namespace.yaml",
        from: "    istio-injection: enabled\n",
        to: "    istio-injection: enabled\n    §istio.io/rev: canary\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-injection-on-workload", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "metadata:\n  name: user-service\n",
        to: "metadata:\n  name: user-service\n  annotations:\n    §sidecar.istio.io/proxyCPU: 50m\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-canonical-revision", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "        version: v1\n        app",
        to: "        version: v1\n        §app.kubernetes.io/version: 1.2.3\n        app",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-probe-rewrite-off", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "      annotations:\n        prometheus.io/scrape: \"true\"",
        to: "      annotations:\n        §sidecar.istio.io/rewriteAppHTTPProbers: \"false\"\n        prometheus.io/scrape: \"true\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-proxy-user", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "runAsUser: 65532",
        to: "§runAsUser: 1337",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-proxy-port", overlay: "istio-kind", file: "k8s/base/user-service/deployment.yaml",
        from: "containerPort: 9081",
        to: "§containerPort: 15020",
        at: None, beside: &[
            ("kubernetes-scrape-port", "the scraped port is the one that moved"),
        ],
    },
    Plant {
        rule: "istio-two-apis", overlay: "istio-kind", file: "mesh/istio/kustomization.yaml",
        from: "- canary/100-0.yaml",
        to: "- canary/100-0.yaml\n- gateway-api/canary/100-0.yaml",
        at: Some(("mesh/istio/gateway-api/canary/100-0.yaml", "    name: order-service\n")), beside: &[],
    },
    Plant {
        rule: "istio-virtual-services-share-host", overlay: "istio-kind", file: "mesh/istio/retries.yaml",
        from: "  name: user-service\n  namespace: shop\nspec:\n  hosts:\n  - user-service.shop",
        to: "  name: user-service\n  namespace: shop\nspec:\n  hosts:\n  - §order-service.shop",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-host-cut-short", overlay: "istio-kind", file: "mesh/istio/circuit-breaking.yaml",
        from: "host: user-service.shop.svc.cluster.local",
        to: "host: §user-service.shop.svc",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-host-cut-short", overlay: "istio-production", file: "mesh/istio/retries.yaml",
        from: "  hosts:\n  - user-service.shop.svc.cluster.local",
        to: "  hosts:\n  - §user-service.shop",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-injection-value", overlay: "istio-kind", file: "mesh/istio/namespace.yaml",
        from: "istio-injection: enabled",
        to: "istio-injection: §\"true\"",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policy-method", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "methods: [GET, HEAD, OPTIONS]",
        to: "methods: [§get, HEAD, OPTIONS]",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-policy-path-relative", overlay: "istio-production", file: "mesh/istio/authorization.yaml",
        from: "methods: [GET, HEAD, OPTIONS]",
        to: "methods: [GET, HEAD, OPTIONS]\n        paths: [§api/*]",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-deny-without-rules", overlay: "istio-kind", file: "mesh/istio/authorization.yaml",
        from: "spec: {}",
        to: "spec: {action: §DENY}",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-gateways-without-mesh", overlay: "istio-kind", file: "mesh/istio/retries.yaml",
        from: "spec:\n",
        to: "spec:\n  gateways: §[shop/shop]\n",
        at: None, beside: &[],
    },
    Plant {
        rule: "istio-second-try-cut", overlay: "istio-kind", file: "mesh/istio/canary/100-0.yaml",
        from: "perTryTimeout: 1s",
        to: "perTryTimeout: §1600ms",
        at: None, beside: &[],
    },
];
