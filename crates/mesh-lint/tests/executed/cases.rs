//! What is seen of a rule's bad example and of its good one?

use crate::shop::Shop;

/// A rule whose examples are tried.
pub struct Case {
    /// Its id.
    pub rule: &'static str,
    /// What is applied with both examples, because they leave it open.
    pub with: &'static str,
    /// What is looked at, in words.
    pub asked: &'static str,
    /// Looks.
    pub see: fn(&Shop) -> String,
    /// What the bad example must make one see.
    pub bad: Expected,
    /// What the good one must.
    pub good: Expected,
}

/// What one must see.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// These words.
    Words(&'static str),
    /// One of these words.
    Either(&'static str, &'static str),
    /// A number first, of this range.
    Between(u32, u32),
}

impl Expected {
    /// Whether that was seen.
    pub fn is(self, seen: &str) -> bool {
        match self {
            Self::Words(words) => seen == words,
            Self::Either(one, other) => seen == one || seen == other,
            Self::Between(low, high) => {
                let number = seen.split(' ').next().and_then(|it| it.parse::<u32>().ok());
                number.is_some_and(|it| (low..=high).contains(&it))
            }
        }
    }
}

use Expected::{Between, Either, Words};

const ALL_TO_V2: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
";

const RELEASES: &str = "
apiVersion: v1
kind: Service
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {app: order-service, version: v1}
  ports: [{name: http, appProtocol: http, port: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {app: order-service, version: v2}
  ports: [{name: http, appProtocol: http, port: 8082}]
";

const GATEWAY: &str = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ['*']
";

/// All of them.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    Case {
        rule: "istio-subset-missing", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Words("503 NC"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-host-missing", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Words("503 NC"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-host-cut-short", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Words("503 NC"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-destination-port", with: "", asked: "GET / at port 80",
        see: |shop| shop.ask("api-gateway", "http://order-service", &["/"]),
        bad: Either("503 NC", "503 UH"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-catch-all", with: "", asked: "GET / without the header",
        see: |shop| shop.order(&["/"]), bad: Words("404 NR"), good: Words("200 v1"),
    },
    Case {
        rule: "istio-match-glob", with: "", asked: "GET /orders/1",
        see: |shop| shop.order(&["/orders/1"]), bad: Words("200 v1"), good: Words("200 v2"),
    },
    Case {
        rule: "istio-rule-unreachable", with: "", asked: "GET / with `x-canary: v2`",
        see: |shop| shop.order(&["-H", "x-canary: v2", "/"]), bad: Words("200 v1"), good: Words("200 v2"),
    },
    Case {
        rule: "istio-rule-repeated", with: "", asked: "GET /slow/4 with `x-canary: v2`, limit 3 s",
        see: |shop| shop.order(&["-H", "x-canary: v2", "/slow/4"]), bad: Words("200 v2"), good: Words("504 UT"),
    },
    Case {
        rule: "istio-weights", with: "", asked: "400 times GET /",
        see: |shop| shop.share(&[]), bad: Between(14, 24), good: Between(5, 14),
    },
    Case {
        rule: "istio-twin-weights", with: "", asked: "400 times POST /",
        see: |shop| shop.share(&["-X", "POST"]), bad: Between(5, 15), good: Between(42, 58),
    },
    Case {
        rule: "istio-subset-labels", with: "", asked: "GET /, all routed to v2",
        see: |shop| shop.order(&["/"]), bad: Words("503 UH"), good: Words("200 v2"),
    },
    Case {
        rule: "istio-subset-overlap", with: ALL_TO_V2, asked: "GET /, all routed to v2",
        see: |shop| shop.order(&["/"]), bad: Words("200 v1"), good: Words("200 v2"),
    },
    Case {
        rule: "istio-destination-tls", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Either("503 UC", "503 UF"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-http-rule-on-tcp-port", with: "", asked: "GET /slow/4, limit 3 s",
        see: |shop| shop.order(&["/slow/4"]), bad: Either("200 v1", "200 v2"), good: Words("504 UT"),
    },
    Case {
        rule: "istio-virtual-services-share-host", with: "", asked: "GET /slow/4, limit 3 s",
        see: |shop| shop.order(&["/slow/4"]), bad: Either("200 v1", "200 v2"), good: Words("504 UT"),
    },
    Case {
        rule: "istio-gateways-without-mesh", with: "", asked: "GET /slow/4, limit 3 s",
        see: |shop| shop.order(&["/slow/4"]), bad: Either("200 v1", "200 v2"), good: Words("504 UT"),
    },
    Case {
        rule: "kubernetes-route-path-star", with: RELEASES, asked: "GET /orders/1",
        see: |shop| shop.order(&["/orders/1"]), bad: Words("200 v1"), good: Words("200 v2"),
    },
    Case {
        rule: "istio-destination-rule-host", with: "", asked: "the caller's cluster of order-service",
        see: |shop| shop.cluster(""),
        bad: Words("retries unlimited, ejects after no"), good: Words("retries 8, ejects after no"),
    },
    Case {
        rule: "istio-destination-rules-share-host", with: "", asked: "the caller's cluster of order-service",
        see: |shop| shop.cluster(""),
        bad: Words("retries 8, ejects after no"), good: Words("retries 8, ejects after some"),
    },
    Case {
        rule: "istio-post-retried", with: "", asked: "POST /status/503",
        see: |shop| shop.attempts("order-service", &["-X", "POST", "/status/503"]),
        bad: Words("4 requests at order-service, 503"), good: Words("1 request at order-service, 503"),
    },
    Case {
        rule: "istio-retry-condition", with: "", asked: "GET /slow/2",
        see: |shop| shop.attempts("order-service", &["/slow/2"]),
        bad: Words("1 request at order-service, 504"), good: Words("3 requests at order-service, 504"),
    },
    Case {
        rule: "istio-per-try-timeout", with: "", asked: "GET /slow/4",
        see: |shop| shop.attempts("order-service", &["/slow/4"]),
        bad: Words("1 request at order-service, 504"), good: Words("3 requests at order-service, 504"),
    },
    Case {
        rule: "istio-retries-multiply", with: "", asked: "GET of order-service, which asks user-service, which answers 503",
        see: |shop| shop.attempts("user-service", &["/call/user-service:8082/status/503"]),
        bad: Words("16 requests at user-service, 503"), good: Words("4 requests at user-service, 503"),
    },
    Case {
        rule: "istio-mirror-writes", with: "", asked: "POST /",
        see: |shop| shop.attempts("order-service", &["-X", "POST", "/"]),
        bad: Words("2 requests at order-service, 200"), good: Words("1 request at order-service, 200"),
    },
    Case {
        rule: "istio-policy-path", with: "", asked: "GET /users/1/orders",
        see: |shop| shop.ask("api-gateway", "http://order-service:8082/users/1/orders?", &["/"]),
        bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-policy-path-relative", with: "", asked: "GET /users",
        see: |shop| shop.ask("api-gateway", "http://order-service:8082/users?", &["/"]),
        bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-policy-method", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-policy-port", with: "", asked: "GET / at port 80",
        see: |shop| shop.ask("api-gateway", "http://order-service", &["/"]),
        bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-policy-selector", with: "", asked: "POST /, where GET is allowed",
        see: |shop| shop.order(&["-X", "POST", "/"]), bad: Either("200 v1", "200 v2"), good: Words("403"),
    },
    Case {
        rule: "istio-policy-http-on-tcp", with: "", asked: "GET /",
        see: |shop| shop.order(&["/"]), bad: Words("connection closed"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-principal-account", with: "", asked: "GET / by the account api-gateway",
        see: |shop| shop.order(&["/"]), bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-principal-format", with: "", asked: "GET / by the account api-gateway",
        see: |shop| shop.order(&["/"]), bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-principal-without-mtls", with: "", asked: "GET / by the account api-gateway",
        see: |shop| shop.order(&["/"]), bad: Words("403"), good: Either("200 v1", "200 v2"),
    },
    Case {
        rule: "istio-token-not-required", with: "", asked: "GET / of the API gateway, without a token",
        see: |shop| shop.ask("user-service", "http://api-gateway:8080", &["/"]),
        bad: Words("200 api-gateway"), good: Words("403"),
    },
    Case {
        rule: "istio-gateway-hosts", with: "", asked: "the ingress gateway, for www. and shop.example.com",
        see: |shop| {
            let hosts = ["www.example.com", "shop.example.com"];
            hosts.map(|host| shop.ingress(host)).join(", ")
        },
        bad: Words("404 NR, 404 NR"), good: Words("404 NR, 200"),
    },
    Case {
        rule: "istio-gateway-missing", with: "", asked: "the ingress gateway",
        see: |shop| shop.ingress("shop.example.com"), bad: Words("404 NR"), good: Words("200"),
    },
    Case {
        rule: "istio-gateway-destination-port", with: GATEWAY, asked: "the ingress gateway",
        see: |shop| shop.ingress("shop.example.com"), bad: Words("503 NC"), good: Words("200"),
    },
    Case {
        rule: "istio-ingress-skips-split", with: GATEWAY, asked: "400 requests through the ingress gateway",
        see: |shop| shop.share_of_ingress("shop.example.com"), bad: Between(42, 58), good: Between(5, 15),
    },
];
