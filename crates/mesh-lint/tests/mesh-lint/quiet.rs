//! Is nothing said of what is right? Each text is one that a public sample has in its own words, and was told to be wrong once.

use mesh_lint::{Bundle, Mesh, lint_all};

/// What is found, by rule.
fn found(mesh: Mesh, text: &str) -> Vec<&'static str> {
    lint_all(&[Bundle::from_text("quiet.yaml", text)], mesh).iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn a_service_of_the_pods_of_an_experiment_selects_something() {
    let of = |label: &str| {
        let text = r"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: preview}
spec:
  template: {metadata: {labels: {app: production}}, spec: {containers: [{name: app}]}}
  strategy:
    canary:
      steps:
      - experiment: {templates: [{name: preview, specRef: canary, metadata: {labels: {app: LABEL}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: preview}
spec: {selector: {app: preview}, ports: [{name: http, port: 80}]}
";
        found(Mesh::Istio, &text.replace("LABEL", label))
    };
    assert_eq!(of("preview"), [""; 0]);
    assert_eq!(of("other"), ["kubernetes-service-selector"]);
}

#[test]
fn istio_takes_the_port_of_a_database_for_tcp() {
    let of = |port: &str| {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: database}\nspec: {ports: [{name: db, port: PORT}]}";
        found(Mesh::Istio, &text.replace("PORT", port))
    };
    assert_eq!(of("3306"), [""; 0]);
    assert_eq!(of("5432"), ["kubernetes-port-protocol"]);
}

#[test]
fn a_subset_to_which_nothing_is_sent_may_be_empty() {
    let rule = mesh_lint::rules::find("istio-subset-labels").expect("a rule");
    assert_eq!(found(Mesh::Istio, rule.bad), ["istio-subset-labels"]);
    assert_eq!(found(Mesh::Istio, &rule.bad.replace("subset: v2", "subset: v1")), [""; 0]);
}

#[test]
fn no_two_rules_say_the_opposite_of_one_retry() {
    let of = |kind: &str, parent: &str| {
        let text = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: KIND
metadata: {name: orders, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec:
  parentRefs: [{group: "", kind: Service, name: PARENT, port: 80}]
  rules: [{backendRefs: [{name: orders-v1, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: orders-v1, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec: {ports: [{name: http, appProtocol: http, port: 80}]}
"#;
        found(Mesh::Linkerd, &text.replace("KIND", kind).replace("PARENT", parent))
    };
    // It stands on the wrong object, so what it would retry there is no mistake too.
    assert_eq!(of("GRPCRoute", "orders"), ["linkerd-annotation-wrong-object", "linkerd-annotation-on-backend"]);
    assert_eq!(of("HTTPRoute", "orders"), ["linkerd-retried-writes", "linkerd-annotation-on-backend"]);
}

#[test]
fn a_port_that_is_opaque_by_annotation_needs_no_word_more() {
    let text = r#"
apiVersion: v1
kind: Service
metadata: {name: database, annotations: {config.linkerd.io/opaque-ports: "3306,33060"}}
spec: {ports: [{name: mysql, port: 3306}, {name: mysqlx, port: 33060}]}
"#;
    assert_eq!(found(Mesh::Linkerd, text), [""; 0]);
    assert_eq!(found(Mesh::Linkerd, &text.replace(",33060", "")), ["kubernetes-port-protocol"]);
}

#[test]
fn two_objects_that_no_namespace_reads_together_are_no_rivals() {
    let of = |kind: &str, of_shop: &str, of_bank: &str| {
        let text = |namespace: &str, to: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: a, namespace: {namespace}}}\nspec:\n  \
                 exportTo: [{to}]\n  hosts: [a.shop.svc.cluster.local]\n  host: a.shop.svc.cluster.local\n  \
                 trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL}}}}\n---\n"
            )
        };
        found(Mesh::Istio, &format!("{}{}", text("shop", of_shop), text("bank", of_bank)))
    };
    for (kind, rule) in [
        ("VirtualService", "istio-virtual-services-share-host"),
        ("DestinationRule", "istio-destination-rules-share-host"),
    ] {
        assert_eq!(of(kind, "'.'", "'.'"), [""; 0], "{kind}");
        assert_eq!(of(kind, "'*'", "'.'"), [""; 0], "{kind}");
        assert_eq!(of(kind, "'*'", "'*'"), [rule], "{kind}");
    }
}

#[test]
fn a_sidecar_need_not_show_what_is_outside_of_the_cluster() {
    let of = |host: &str| {
        let text = r#"
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec: {egress: [{hosts: [./*]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec: {template: {spec: {containers: [{name: a, env: [{name: CALLEE, value: "https://HOST/x"}]}]}}}
"#;
        found(Mesh::Istio, &text.replace("HOST", host))
    };
    assert_eq!(of("example.com"), [""; 0]);
    assert_eq!(of("payments.bank"), ["istio-sidecar-hides-callee"]);
}

#[test]
fn a_port_of_a_native_sidecar_is_a_port_of_the_pod() {
    let of = |policy: &str| {
        let text = r"
apiVersion: v1
kind: Service
metadata: {name: a, namespace: shop}
spec: {selector: {app: a}, ports: [{name: http, appProtocol: http, port: 80, targetPort: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: a, ports: [{name: admin, containerPort: 9000}]}]
      initContainers: [{name: b, restartPolicy: POLICY, ports: [{name: web, containerPort: 8080}]}]
";
        found(Mesh::Istio, &text.replace("POLICY", policy))
    };
    assert_eq!(of("Always"), [""; 0]);
    assert_eq!(of("OnFailure"), ["kubernetes-service-target-port"]);
}

#[test]
fn a_budget_is_held_to_the_least_pods_of_an_autoscaler() {
    let of = |scaler: &str| {
        let text = "
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a, namespace: shop}
spec: {minAvailable: 2, selector: {matchLabels: {app: a}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}
---
";
        found(Mesh::Istio, &format!("{text}{scaler}"))
    };
    let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a, namespace: shop}\n\
                spec: {scaleTargetRef: {name: a}, minReplicaCount: LEAST}";
    let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: shop}\n\
               spec: {scaleTargetRef: {kind: Deployment, name: a}, minReplicas: LEAST, maxReplicas: 9}";
    assert_eq!(of(""), ["kubernetes-disruption-budget-blocks"]);
    for scaler in [keda, hpa] {
        assert_eq!(of(&scaler.replace("LEAST", "3")), [""; 0], "{scaler}");
        assert_eq!(of(&scaler.replace("LEAST", "2")), ["kubernetes-disruption-budget-blocks"], "{scaler}");
    }
}

#[test]
fn what_names_no_namespace_is_applied_where_its_like_is() {
    let service = |name: &str, namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{namespace}}}\n\
             spec: {{ports: [{{name: http, appProtocol: http, port: 80}}]}}\n---\n"
        )
    };
    let route = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a}
spec: {parentRefs: [{group: "", kind: Service, name: a, port: 80}], rules: [{backendRefs: [{name: a, port: 80}]}]}
"#;
    let with = |others: &[String]| found(Mesh::Istio, &format!("{}{route}", others.concat()));
    let (shop, bank, here) = (service("a", ", namespace: shop"), service("b", ", namespace: bank"), service("c", ""));
    assert_eq!(with(&[shop.clone(), here.clone()]), [""; 0], "of the shop, like `a`");
    assert_eq!(with(&[shop, bank, here.clone()]), [""; 0], "of the shop or of the bank");
    assert_eq!(with(&[here]), ["kubernetes-route-parent-missing", "kubernetes-route-backend-missing"]);
}

/// A pod whose process listens on 9000 and is asked for metrics or probed there, with some policies.
fn asked_at_9000(asks: &str, policies: &str) -> Vec<&'static str> {
    let text = r#"
apiVersion: v1
kind: Service
metadata: {name: a, namespace: shop, labels: {app: a}}
spec: {selector: {app: a}, ports: [{name: http-admin, port: 90, targetPort: admin}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: a}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9000"
        prometheus.istio.io/merge-metrics: "MERGED"
        sidecar.istio.io/rewriteAppHTTPProbers: "REWRITTEN"
    spec:
      containers: [{name: a, ports: [{name: admin, containerPort: 9000}], readinessProbe: {PROBE: {port: 9000}}}]
---
"#;
    let (mut text, monitor) = (text.to_owned(), "monitoring.coreos.com/v1");
    let choose = [("unmerged", "MERGED", "false"), ("http", "PROBE", "httpGet"), ("tcp", "PROBE", "tcpSocket")];
    choose.into_iter().filter(|(word, ..)| *word == asks).for_each(|(_, from, to)| text = text.replace(from, to));
    let rewritten = if matches!(asks, "http" | "tcp") { "false" } else { "true" };
    text = text.replace("REWRITTEN", rewritten).replace("MERGED", "true").replace("PROBE", "httpGet");
    let monitor = match asks {
        "service" => format!(
            "apiVersion: {monitor}\nkind: ServiceMonitor\nmetadata: {{name: a, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{app: a}}}}, endpoints: [{{port: http-admin}}]}}\n---\n"
        ),
        "pod" => format!(
            "apiVersion: {monitor}\nkind: PodMonitor\nmetadata: {{name: a, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{app: a}}}}, podMetricsEndpoints: [{{port: admin}}]}}\n---\n"
        ),
        _ => String::new(),
    };
    found(Mesh::Istio, &format!("{text}{monitor}{policies}"))
}

#[test]
fn metrics_and_probes_are_refused_by_any_policy_that_wants_a_certificate() {
    let policy = |kind: &str, spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: {kind}\nmetadata: {{name: b, namespace: shop}}\nspec: {spec}\n"
        )
    };
    let nobody = policy("AuthorizationPolicy", "{}");
    let strict = policy("PeerAuthentication", "{mtls: {mode: STRICT}}");
    for (asks, rule) in [
        ("pod", "istio-scrape-refused"),
        ("service", "istio-scrape-refused"),
        ("unmerged", "istio-scrape-refused"),
        ("http", "istio-probe-rewrite-off"),
    ] {
        for policies in [&nobody, &strict] {
            assert_eq!(asked_at_9000(asks, policies), [rule], "{asks} {policies}");
        }
        for spec in ["{rules: [{to: [{operation: {ports: ['9000']}}]}]}", "{rules: [{}]}"] {
            assert_eq!(asked_at_9000(asks, &policy("AuthorizationPolicy", spec)), [""; 0], "{asks} {spec}");
        }
        let open =
            "{selector: {matchLabels: {app: a}}, mtls: {mode: STRICT}, portLevelMtls: {9000: {mode: PERMISSIVE}}}";
        assert_eq!(asked_at_9000(asks, &policy("PeerAuthentication", open)), [""; 0], "{asks}");
    }
    let bare = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n";
    assert_eq!(asked_at_9000("pod", &format!("{bare}{strict}")), [""; 0], "no sidecar refuses anything");
    assert_eq!(asked_at_9000("tcp", &strict), [""; 0], "a connection is taken before anybody refuses");
    assert_eq!(asked_at_9000("annotation", &strict), [""; 0], "the agent is asked instead");
}

#[test]
fn a_policy_for_a_service_to_which_a_gateway_sends_is_of_use() {
    let rule = mesh_lint::rules::find("istio-policy-beside-route").expect("a rule");
    let ingress = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: in, namespace: shop}\n\
                   spec: {parentRefs: [{name: public}], rules: [{backendRefs: [{name: order-service, port: 8082}]}]}\n";
    assert_eq!(found(Mesh::Istio, rule.bad), [rule.id]);
    assert_eq!(found(Mesh::Istio, &format!("{}{ingress}", rule.bad)), [""; 0]);
    let two = "ports: [{name: grpc, port: 9}, {name: http,";
    assert_eq!(found(Mesh::Istio, &rule.bad.replace("ports: [{name: http,", two)), [""; 0], "of another port");
}

#[test]
fn what_may_be_sent_twice_is_no_write() {
    let of = |method: &str| {
        let text = r"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [a]
  http:
  - match: [{method: METHOD}]
    retries: {attempts: 2, retryOn: 5xx}
    route: [{destination: {host: a}}]
  - route: [{destination: {host: a}}]
";
        found(Mesh::Istio, &text.replace("METHOD", method))
    };
    for method in ["{exact: PUT}", "{exact: DELETE}", "{regex: GET|PUT}", "{regex: G.*}", "{prefix: G}"] {
        assert_eq!(of(method), [""; 0], "{method}");
    }
    for method in ["{exact: POST}", "{regex: PUT|POST}", "{regex: P.*}", "{regex: .*}", "{prefix: P}"] {
        assert_eq!(of(method), ["istio-post-retried"], "{method}");
    }
}

#[test]
fn a_limit_of_zero_is_none_and_so_is_one_that_nobody_uses() {
    let rule = mesh_lint::rules::find("linkerd-backend-request-timeout").expect("a rule");
    assert_eq!(found(Mesh::Linkerd, rule.bad), ["linkerd-backend-request-timeout"]);
    assert_eq!(found(Mesh::Linkerd, &rule.bad.replace("backendRequest: 1s", "backendRequest: 0s")), [""; 0]);
}

#[test]
fn a_profile_that_nobody_looks_up_takes_the_place_of_nothing() {
    let rule = mesh_lint::rules::find("linkerd-service-profile").expect("a rule");
    assert_eq!(found(Mesh::Linkerd, rule.bad), ["linkerd-service-profile"]);
    let short = rule.bad.replace("order-service.shop.svc.cluster.local", "order-service");
    assert_eq!(found(Mesh::Linkerd, &short), ["linkerd-service-profile-name"]);
}

#[test]
fn a_rule_gets_nothing_behind_a_shorter_prefix_and_something_behind_all_else() {
    let of = |first: &str, second: &str| {
        let text = r"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [a.shop.svc.cluster.local]
  http:
  - {match: [FIRST], route: [{destination: {host: a.shop.svc.cluster.local}}]}
  - {match: [SECOND], route: [{destination: {host: a.shop.svc.cluster.local}}]}
  - route: [{destination: {host: a.shop.svc.cluster.local}}]
";
        found(Mesh::Istio, &text.replace("FIRST", first).replace("SECOND", second))
    };
    let api = "{uri: {prefix: /api}}";
    for second in ["{uri: {prefix: /api/v2}}", "{uri: {exact: /api}}", "{uri: {prefix: /api}, method: {exact: GET}}"] {
        assert_eq!(of(api, second), ["istio-rule-unreachable"], "{second}");
    }
    assert_eq!(
        of("{uri: {prefix: /API}, ignoreUriCase: true}", "{uri: {prefix: /api/v2}}"),
        ["istio-rule-unreachable"]
    );
    assert_eq!(of(api, api), ["istio-rule-repeated"]);
    for (first, second) in [
        (api, "{uri: {prefix: /ap}}"),
        (api, "{uri: {regex: /api/.*}}"),
        (api, "{uri: {prefix: /api/v2}}, {uri: {prefix: /other}}"),
        (api, "{uri: {prefix: /api/v2}, ignoreUriCase: true}"),
        ("{uri: {exact: /api}}", "{uri: {prefix: /api}}"),
        ("{uri: {prefix: /api}, method: {exact: GET}}", "{uri: {prefix: /api/v2}}"),
        ("{uri: {prefix: /api}}], delegate: {name: b}, headers: {}, x: [", "{uri: {prefix: /api/v2}}"),
    ] {
        assert_eq!(of(first, second), [""; 0], "{first} {second}");
    }
}
