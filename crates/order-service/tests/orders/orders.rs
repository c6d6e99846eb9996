//! Orders, placed, read, listed and moved.

use contracts::{Order, OrderStatus, Page, Problem};
use http::Method;
use serde_json::json;

use crate::harness::{Service, Shop, tea};

async fn page(service: &Service, path: &str) -> Page<Order> {
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("a page")
}

#[tokio::test]
async fn a_new_database_holds_three_orders() {
    let shop = Shop::open().await;
    let expected = json!({
        "id": 1, "user_id": 1, "status": "paid", "version": "v1",
        "lines": [{ "sku": "TEA-250", "quantity": 2, "unit_price": { "amount_minor": 1250, "currency": "EUR" } }],
        "total": { "amount_minor": 2500, "currency": "EUR" },
        "created_at": "2025-01-01T00:00:00.000Z", "updated_at": "2025-01-01T00:10:00.000Z"
    });
    assert_eq!(shop.v1.get("/orders/1").await.json(), expected);
    for order in page(&shop.v1, "/orders").await.items {
        let sum = order.lines.iter().map(|line| line.quantity * line.unit_price.amount_minor).sum::<i64>();
        assert_eq!(order.total.amount_minor, sum, "order {}", order.id);
    }
}

#[tokio::test]
async fn a_placed_order_is_pending_and_adds_up() {
    let shop = Shop::open().await;
    let mut body = tea(2, 3);
    let cup = json!({ "sku": "CUP", "quantity": 1, "unit_price": { "amount_minor": 799, "currency": "EUR" } });
    body["lines"].as_array_mut().expect("lines").push(cup);
    let placed = shop.v1.place(&[], &body).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(placed.headers["content-type"], "application/json");
    let order: Order = serde_json::from_str(&placed.text).expect("an order");
    assert_eq!((order.id, order.user_id, order.status), (4, 2, OrderStatus::Pending));
    assert_eq!(order.total, contracts::Money { amount_minor: 4549, currency: "EUR".to_owned() });
    assert_eq!(shop.v1.get("/orders/4").await.json(), placed.json());
}

#[tokio::test]
async fn a_list_can_be_one_buyers_and_comes_in_pages() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.v1.place(&[], &tea(2, 1)).await;
    }
    let ids = |page: &Page<Order>| page.items.iter().map(|order| order.id).collect::<Vec<_>>();
    let first = page(&shop.v1, "/orders?user_id=2&limit=2").await;
    assert_eq!((ids(&first), first.next), (vec![3, 4], Some(4)));
    let second = page(&shop.v1, "/orders?user_id=2&limit=2&after=4").await;
    assert_eq!((ids(&second), second.next), (vec![5, 6], None));
    assert_eq!(ids(&page(&shop.v1, "/orders").await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(ids(&page(&shop.v1, "/orders?user_id=99").await), [0; 0]);
}

#[tokio::test]
async fn an_order_goes_its_way_step_by_step_and_no_other() {
    let shop = Shop::open().await;
    shop.v1.place(&[], &tea(1, 1)).await;
    let journey = [
        ("ship", 409, "possible: pay, cancel"),
        ("pay", 200, "paid"),
        ("pay", 409, "possible: ship, cancel"),
        ("ship", 200, "shipped"),
        ("cancel", 409, "possible: deliver"),
        ("deliver", 200, "delivered"),
        ("cancel", 409, "possible: nothing"),
    ];
    for (step, status, hint) in journey {
        let answer = shop.v1.step(4, step, &[]).await;
        assert_eq!(answer.status, status, "{step}: {answer:?}");
        assert!(answer.text.contains(hint), "{step}: {answer:?}");
    }
    assert_eq!(shop.v1.step(2, "cancel", &[]).await.json()["status"], "cancelled");
    assert_eq!(shop.v1.step(99, "pay", &[]).await.status, 404);
    assert_eq!(shop.v1.step(1, "explode", &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_the_same_step_one_succeeds() {
    let shop = Shop::open().await;
    let steps = (0..20).map(|number| {
        let service = if number % 2 == 0 { shop.v1.clone() } else { shop.v2.clone() };
        tokio::spawn(async move { service.step(2, "pay", &[]).await.status.as_u16() })
    });
    let mut statuses = Vec::new();
    for step in steps.collect::<Vec<_>>() {
        statuses.push(step.await.expect("no panic"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![409; 19]].concat());
}

#[tokio::test]
async fn wrong_requests_are_told_what_would_be_right() {
    let shop = Shop::open().await;
    let overflow = json!({ "user_id": 1, "lines": [
        { "sku": "A", "quantity": 2, "unit_price": { "amount_minor": i64::MAX, "currency": "EUR" } }
    ] });
    let fraction = json!({ "user_id": 1, "lines": [
        { "sku": "A", "quantity": 1.5, "unit_price": { "amount_minor": 1, "currency": "EUR" } }
    ] });
    let unknown = json!({ "user_id": 1, "lines": [], "discount": 100 });
    let cases: Vec<(Method, &str, String, u16, &str)> = vec![
        (Method::POST, "/orders", overflow.to_string(), 422, "must sum up to at most 9223372036854775807"),
        (Method::POST, "/orders", fraction.to_string(), 400, "1.5"),
        (Method::POST, "/orders", unknown.to_string(), 400, "discount"),
        (Method::POST, "/orders", tea(1, 0).to_string(), 422, "must be 1 to 1000"),
        (Method::POST, "/orders", tea(0, 1).to_string(), 422, "user_id"),
        (Method::POST, "/orders", tea(4, 1).to_string(), 422, "none has id 4"),
        (Method::POST, "/orders", json!({ "user_id": 1, "lines": [] }).to_string(), 422, "1 to 100 lines"),
        (Method::POST, "/orders", json!({ "user_id": "1" }).to_string(), 400, "string"),
        (Method::POST, "/orders", "{".to_owned(), 400, "JSON"),
        (Method::GET, "/orders/one", String::new(), 400, "id"),
        (Method::GET, "/orders/99", String::new(), 404, "99"),
        (Method::GET, "/orders?limit=101", String::new(), 400, "1 to 100"),
        (Method::GET, "/orders?user_id=ada", String::new(), 400, "query"),
        (Method::POST, "/orders/one/pay", String::new(), 400, "id"),
        (Method::GET, "/orders/1/pay", String::new(), 405, ""),
        (Method::DELETE, "/orders/1", String::new(), 405, ""),
        (Method::GET, "/users/1", String::new(), 404, ""),
    ];
    for (method, path, body, status, hint) in cases {
        let answer = shop.v1.call(method.clone(), path, &[], body.clone()).await;
        let problem: Problem = serde_json::from_str(&answer.text).expect("the error shape");
        assert_eq!(answer.status, status, "{method} {path} {body}: {problem:?}");
        assert!(answer.text.contains(hint), "{method} {path} {body}: {problem:?}");
    }
}

#[tokio::test]
async fn a_user_service_that_fails_is_not_quoted() {
    let shop = Shop::open().await;
    for (answered, status) in [(503, 503), (504, 504), (500, 502), (429, 502), (0, 502)] {
        shop.users.answer(answered);
        let answer = shop.v1.place(&[], &tea(1, 1)).await;
        assert_eq!(answer.status, status, "{answered}: {answer:?}");
        let message = &answer.json()["error"]["message"];
        assert!(message.as_str().is_some_and(|text| !text.contains("10.0.0.7")), "{answer:?}");
    }
    assert_eq!(shop.v1.get("/orders/4").await.status, 404, "nothing was placed");
}

#[tokio::test]
async fn a_user_service_that_is_gone_is_a_503() {
    let folder = tempfile::tempdir().expect("a folder");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let nobody = format!("http://127.0.0.1:{port}").parse().expect("a url");
    let service = Service::start(&folder, order_service::Release::V1, nobody).await;
    let answer = service.place(&[], &tea(1, 1)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["type"]), (503, &json!("upstream_unreachable")));
    assert!(!answer.text.contains(&port.to_string()), "{answer:?}");
}

/// To accept a change of the interface: `UPDATE_SNAPSHOTS=1 cargo test`.
#[tokio::test]
async fn the_openapi_document_is_the_one_in_contracts() {
    let shop = Shop::open().await;
    let document = serde_json::to_string_pretty(&shop.v1.document).expect("JSON") + "\n";
    if option_env!("UPDATE_SNAPSHOTS") == Some("1") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/openapi/order-service.json");
        return std::fs::write(path, document).expect("the snapshot is writable");
    }
    assert!(document == contracts::openapi::ORDER_SERVICE, "the interface changed: UPDATE_SNAPSHOTS=1 cargo test");
}
