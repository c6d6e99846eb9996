//! The whole process on real ports. One test, because logs and metrics are started once a process.

#[path = "gateway/issuer.rs"]
#[allow(dead_code)]
mod issuer;
#[path = "gateway/service.rs"]
#[allow(dead_code)]
mod service;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use mesh_ready::{Call, Client, Upstream};
use serde_json::json;

use issuer::Issuer;
use service::{Service, json, nowhere};

struct Caller(Upstream);

impl Caller {
    async fn call(
        &self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &'static str)],
    ) -> http::Response<Bytes> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
            .collect();
        let call = Call { method, route: "/", target, headers, body: Bytes::new() };
        self.0.send(call).await.expect("an answer")
    }

    async fn get(&self, target: &str, headers: &[(&'static str, &'static str)]) -> http::Response<Bytes> {
        self.call(Method::GET, target, headers).await
    }
}

#[tokio::test]
async fn a_process_carries_known_canaries_only_signs_its_answers_and_counts_what_it_refuses() {
    let user = r#"{"id":1,"name":"Ada","email":"ada@example.com","created_at":"2026-01-01T00:00:00.000Z"}"#;
    let users = Service::answering(json(200, user)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let jwks = folder.path().join("jwks.json");
    std::fs::write(&jwks, json!({ "keys": [Issuer::new("a", 1).jwk()] }).to_string()).expect("a written file");
    let orders = nowhere().await;
    let argv = [
        "api-gateway",
        "--jwks-file",
        jwks.to_str().expect("a readable path"),
        "--user-service-url",
        &users.url,
        "--order-service-url",
        &orders,
        "--listen-addr",
        "127.0.0.1:0",
        "--admin-addr",
        "127.0.0.1:0",
        "--drain-delay-ms",
        "0",
    ];
    let args: api_gateway::Args =
        mesh_ready::config::try_parse_from(&api_gateway::WORKLOAD, argv).expect("good settings");
    let client = Client::new(&args.mesh.client).expect("a client");
    let bound = api_gateway::bind(args).await.expect("free ports");
    let at = |address: std::net::SocketAddr| format!("http://{address}").parse().expect("a URL");
    let gateway = Caller(client.upstream("api-gateway", at(bound.addr())));
    let admin = Caller(client.upstream("admin", at(bound.admin_addr())));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(bound.run_until(async { stopped.await.unwrap_or_default() }));

    assert_eq!(admin.get("/readyz", &[]).await.status(), 200, "the gateway waits for nobody");
    assert_eq!(admin.get("/openapi.json", &[]).await.body(), gateway.get("/openapi.json", &[]).await.body());

    let answer = gateway.get("/api/users/1", &[("x-canary", "v2")]).await;
    assert!(answer.headers()["x-served-by"].to_str().expect("ascii").ends_with("api-gateway/v1/local"));
    gateway.get("/api/users/1", &[("x-canary", "v9")]).await;
    let canaries: Vec<_> = users.asked().iter().map(|asked| asked.header("x-canary").map(str::to_owned)).collect();
    assert_eq!(canaries, [Some("v2".to_owned()), None]);

    assert_eq!(gateway.get("/api/users/1/overview", &[]).await.status(), 200);
    assert_eq!(gateway.call(Method::DELETE, "/api/users/1", &[]).await.status(), 401);
    let metrics = admin.get("/metrics", &[]).await;
    let metrics = String::from_utf8_lossy(metrics.body()).into_owned();
    for (name, label) in
        [("gateway_degraded_total", "upstream=\"order-service\""), ("gateway_rejected_total", "reason=\"token\"")]
    {
        let counted =
            metrics.lines().any(|line| line.starts_with(name) && line.contains(label) && line.ends_with(" 1"));
        assert!(counted, "{name} in {metrics}");
    }

    stop.send(()).expect("it still runs");
    running.await.expect("no panic").expect("a clean end");
}
