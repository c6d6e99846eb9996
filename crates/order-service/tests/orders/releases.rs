//! Releases v1 and v2 on one database at the same time.

use serde_json::Value;

use crate::harness::{Shop, tea};

#[tokio::test]
async fn each_answer_shows_the_release_that_gives_it() {
    let shop = Shop::open().await;
    for (service, version) in [(&shop.v1, "v1"), (&shop.v2, "v2")] {
        assert_eq!(service.get("/orders/1").await.json()["version"], version);
        assert_eq!(service.place(&[], &tea(1, 1)).await.json()["version"], version);
        assert_eq!(service.get("/orders").await.json()["items"][0]["version"], version);
    }
}

#[tokio::test]
async fn only_v2_estimates_the_delivery_and_does_so_for_v1s_orders_too() {
    let shop = Shop::open().await;
    assert_eq!(shop.v1.get("/orders/1").await.json().get("delivery_estimate"), None);
    assert_eq!(shop.v2.get("/orders/1").await.json()["delivery_estimate"], "2025-01-04");
    let by_v1 = shop.v1.place(&[], &tea(1, 1)).await.json();
    assert_eq!(by_v1.get("delivery_estimate"), None);
    let seen_by_v2 = shop.v2.get(&format!("/orders/{}", by_v1["id"])).await.json();
    assert!(seen_by_v2["delivery_estimate"].as_str() > by_v1["created_at"].as_str());
    let by_v2 = shop.v2.place(&[], &tea(1, 1)).await.json();
    assert!(by_v2["delivery_estimate"].is_string());
    assert_eq!(shop.v1.get(&format!("/orders/{}", by_v2["id"])).await.json().get("delivery_estimate"), None);
}

#[tokio::test]
async fn v1_does_not_lose_what_v2_wrote() {
    let shop = Shop::open().await;
    let id = shop.v2.place(&[], &tea(1, 1)).await.json()["id"].as_i64().expect("an id");
    // A date that v2 would not compute, so that it can only come from the row.
    let update = sqlx::query("UPDATE orders SET delivery_estimate = '2031-12-24' WHERE id = $1").bind(id);
    update.execute(shop.v2.store.database().pool()).await.expect("updated");
    let paid = shop.v1.step(id, "pay", &[]).await.json();
    assert_eq!((&paid["status"], paid.get("delivery_estimate")), (&Value::from("paid"), None));
    assert_eq!(shop.v2.get(&format!("/orders/{id}")).await.json()["delivery_estimate"], "2031-12-24");
}
