//! What a service is asked, and what its caller sees of the answer.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::gateway::Gateway;
use crate::service::{Service, json, json_with, nowhere};

#[tokio::test]
async fn the_data_in_the_envelope_is_the_services_bytes() {
    let data = "{ \"id\": 1,\n  \"rate\":1.50e2, \"name\":\"\\u00c4da \u{e9}\" }";
    let users = Service::answering(json(200, data)).await;
    let answer = Gateway::new(&users.url, &nowhere().await).get("/api/users/1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, format!(r#"{{"service":"user-service","data":{data}}}"#));
}

#[tokio::test]
async fn each_path_reaches_its_service_with_query_and_encoding() {
    let users = Service::answering(json(200, "{}")).await;
    let orders = Service::answering(json(200, "{}")).await;
    let gateway = Gateway::new(&users.url, &orders.url);
    for path in ["/api/users?after=3&limit=%31", "/api/users/a%2Fb", "/api/orders?user_id=1", "/api/orders/7"] {
        assert_eq!(gateway.get(path).await.status, 200, "{path}");
    }
    for step in ["pay", "ship", "deliver", "cancel"] {
        assert_eq!(gateway.post(&format!("/api/orders/7/{step}"), "").await.status, 200, "{step}");
    }
    let lines = |service: &Service| service.asked().into_iter().map(|asked| asked.line).collect::<Vec<_>>();
    assert_eq!(lines(&users), ["GET /users?after=3&limit=%31 HTTP/1.1", "GET /users/a%2Fb HTTP/1.1"]);
    let expected = [
        "GET /orders?user_id=1 HTTP/1.1",
        "GET /orders/7 HTTP/1.1",
        "POST /orders/7/pay HTTP/1.1",
        "POST /orders/7/ship HTTP/1.1",
        "POST /orders/7/deliver HTTP/1.1",
        "POST /orders/7/cancel HTTP/1.1",
    ];
    assert_eq!(lines(&orders), expected);
}

#[tokio::test]
async fn paths_that_would_leave_their_route_reach_no_service() {
    let users = Service::answering(json(200, "{}")).await;
    let gateway = Gateway::new(&users.url, &users.url);
    for path in [
        "/api/users/..",
        "/api/users/%2e%2e",
        "/api/users/.%2E",
        "/api/users/1\\..\\..",
        "/api/users/1/",
        "/api/users//",
        "/api//users",
        "/api",
        "/api/",
        "/users/1",
        "/orders/1",
    ] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        answer.problem();
    }
    assert!(users.asked().is_empty(), "{:?}", users.asked());
}

#[tokio::test]
async fn a_write_arrives_whole_and_without_what_is_the_edges() {
    let orders = Service::answering(json_with(
        201,
        "location: http://10.0.0.7/orders/7\r\nidempotency-replayed: true\r\nset-cookie: a=b\r\nserver: secret/1.0\r\n",
        "{\"id\":7}",
    ))
    .await;
    let gateway = Gateway::new(&nowhere().await, &orders.url);
    let request = Request::post("/api/orders")
        .header("authorization", format!("Bearer {}", gateway.issuer.token("ada")))
        .header("content-type", "application/json; charset=utf-8")
        .header("accept", "application/json")
        .header("idempotency-key", "k-1")
        .header("x-caller", "somebody else")
        .header("cookie", "session=secret")
        .header("te", "trailers")
        .header("x-forwarded-for", "1.2.3.4")
        .body(Body::from(r#"{"user_id":1}"#));
    let answer = gateway.call(request.expect("a request")).await;

    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("idempotency-replayed"), Some("true"));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.header("server"), None);
    let asked = orders.asked().remove(0);
    assert_eq!(asked.body, r#"{"user_id":1}"#);
    for (name, value) in [
        ("content-type", Some("application/json; charset=utf-8")),
        ("accept", Some("application/json")),
        ("idempotency-key", Some("k-1")),
        ("x-caller", Some("ada")),
        ("authorization", None),
        ("cookie", None),
        ("te", None),
        ("x-forwarded-for", None),
    ] {
        assert_eq!(asked.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn answers_without_content_stay_without_content() {
    let users = Service::answering("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned()).await;
    let answer = Gateway::new(&users.url, &nowhere().await).get("/api/users/1").await;
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn head_asks_the_service_for_the_whole_and_answers_without_it() {
    let users = Service::answering(json(200, "{}")).await;
    let gateway = Gateway::new(&users.url, &nowhere().await);
    let answer = gateway.call(Request::head("/api/users/1").body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_empty());
    assert_eq!(
        answer.header("content-length"),
        Some(r#"{"service":"user-service","data":{}}"#.len().to_string().as_str())
    );
    assert!(users.asked()[0].line.starts_with("GET "));
}

#[tokio::test]
async fn bodies_and_methods_that_no_service_takes_end_at_the_gateway() {
    let users = Service::answering(json(200, "{}")).await;
    let gateway = Gateway::new(&users.url, &users.url);
    let token = format!("Bearer {}", gateway.issuer.token("ada"));
    let call = async |method: &str, path: &str, content_type: &str, body: String| {
        let request = Request::builder().method(method).uri(path).header("authorization", &token);
        let request = request.header("content-type", content_type).body(Body::from(body));
        gateway.call(request.expect("a request")).await
    };
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let cases = [
        ("POST", "/api/users", "text/plain", "{}".to_owned(), 415),
        ("POST", "/api/users", "application/json", large, 413),
        ("DELETE", "/api/users", "application/json", String::new(), 405),
        ("POST", "/api/orders/7/refund", "application/json", String::new(), 404),
        ("PUT", "/api/orders/7", "application/json", String::new(), 405),
    ];
    for (method, path, content_type, body, status) in cases {
        let answer = call(method, path, content_type, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        answer.problem();
    }
    let options = call("OPTIONS", "/api/users", "application/json", String::new()).await;
    assert_eq!(options.status, 204);
    assert_eq!(options.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    assert!(users.asked().is_empty(), "{:?}", users.asked());
}

#[tokio::test]
async fn a_services_own_refusal_is_passed_on_word_for_word() {
    let problem = json!({
        "error": { "type": "conflict", "message": "order 7 is delivered" },
        "error_id": "err_1",
    });
    let orders = Service::answering(json(409, &problem.to_string())).await;
    let answer = Gateway::new(&nowhere().await, &orders.url).post("/api/orders/7/pay", "").await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json(), problem);
}
