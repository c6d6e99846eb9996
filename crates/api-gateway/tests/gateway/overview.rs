//! Two answers in one, and what is left of it when a service is missing.

use serde_json::json;

use crate::gateway::Gateway;
use crate::service::{Service, json, nowhere};

const USER: &str = r#"{"id":1,"name":"Ada","email":"ada@example.com","created_at":"2026-01-01T00:00:00.000Z"}"#;

fn orders_page() -> String {
    let order = json!({
        "id": 7, "user_id": 1, "status": "paid", "version": "v1",
        "lines": [{ "sku": "tea", "quantity": 2, "unit_price": { "amount_minor": 450, "currency": "EUR" } }],
        "total": { "amount_minor": 900, "currency": "EUR" },
        "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z",
    });
    json!({ "items": [order], "next": null }).to_string()
}

#[tokio::test]
async fn an_overview_holds_the_user_and_their_orders() {
    let users = Service::answering(json(200, USER)).await;
    let orders = Service::answering(json(200, &orders_page())).await;
    let answer = Gateway::new(&users.url, &orders.url).get("/api/users/1/overview").await;
    assert_eq!(answer.status, 200);
    let overview = answer.json();
    assert_eq!(overview["user"]["name"], "Ada");
    assert_eq!(overview["orders"][0]["id"], 7);
    assert_eq!(overview["degraded"], json!([]));
    assert_eq!(users.asked()[0].line, "GET /users/1 HTTP/1.1");
    assert_eq!(orders.asked()[0].line, "GET /orders?user_id=1&limit=20 HTTP/1.1");
}

#[tokio::test]
async fn an_overview_without_order_service_says_so() {
    let users = Service::answering(json(200, USER)).await;
    let plain = "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nRBAC: access denied";
    let troubles = [
        nowhere().await,
        Service::silent().await.url,
        Service::answering(json(500, "boom")).await.url,
        Service::answering(json(200, "[1,2")).await.url,
        Service::answering(json(200, r#"{"unexpected":true}"#)).await.url,
        Service::answering(plain).await.url,
    ];
    for orders in troubles {
        let gateway = Gateway::with(&users.url, &orders, &["--upstream-timeout-ms", "300"]);
        let answer = gateway.get("/api/users/1/overview").await;
        assert_eq!(answer.status, 200);
        let overview = answer.json();
        assert_eq!(overview["user"]["id"], 1);
        assert!(overview["orders"].is_null());
        assert!(overview.as_object().expect("an object").contains_key("orders"));
        assert_eq!(overview["degraded"], json!(["order-service"]));
    }
}

#[tokio::test]
async fn there_is_no_overview_without_the_user() {
    let missing = r#"{"error":{"type":"not_found","message":"no user 9"},"error_id":"err_1"}"#;
    let slow_orders = Service::silent().await;
    let cases = [
        (Service::answering(json(404, missing)).await.url, 404),
        (nowhere().await, 503),
        (Service::answering(json(500, "boom")).await.url, 502),
        (Service::answering(json(200, "boom")).await.url, 502),
        (Service::answering(json(503, "")).await.url, 503),
    ];
    for (users, status) in cases {
        let answer = Gateway::new(&users, &slow_orders.url).get("/api/users/9/overview").await;
        assert_eq!(answer.status, status);
        answer.problem();
    }
}

#[tokio::test]
async fn an_overview_needs_a_number() {
    let gateway = Gateway::new(&nowhere().await, &nowhere().await);
    for path in ["/api/users/x/overview", "/api/users/1.5/overview", "/api/users/99999999999999999999/overview"] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        answer.problem();
    }
}
