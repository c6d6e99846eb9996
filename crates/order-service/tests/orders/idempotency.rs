//! Requests that are repeated with their `Idempotency-Key`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::{Shop, tea};

#[tokio::test]
async fn a_repeated_key_answers_the_first_result() {
    let shop = Shop::open().await;
    let first = shop.v1.place(&["k-1"], &tea(1, 2)).await;
    assert_eq!((first.status.as_u16(), first.replayed()), (201, false), "{first:?}");
    // White space and the order of fields do not make it another request.
    let same = r#"{ "lines": [{"quantity":2,"sku":"TEA-250","unit_price":{"currency":"EUR","amount_minor":1250}}], "user_id": 1 }"#;
    let repeats = [
        shop.v1.place(&["k-1"], &tea(1, 2)).await,
        shop.v2.place(&["k-1"], &tea(1, 2)).await,
        shop.v2.call(http::Method::POST, "/orders", &["k-1"], same).await,
    ];
    for repeat in repeats {
        assert_eq!((repeat.status, &repeat.text, repeat.replayed()), (first.status, &first.text, true));
    }
    assert_eq!(shop.v1.get("/orders/5").await.status, 404, "one order was placed");
    assert_ne!(shop.v1.place(&["k-2"], &tea(1, 2)).await.json()["id"], first.json()["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_repeats_through_both_releases_place_one_order_a_key() {
    let shop = Shop::open().await;
    let requests = (0..200).map(|number| {
        let service = if number % 2 == 0 { shop.v1.clone() } else { shop.v2.clone() };
        let key = format!("key-{}", number / 2 % 20);
        tokio::spawn(async move { (key.clone(), service.place(&[&key], &tea(1, 1)).await) })
    });
    let mut bodies: BTreeMap<String, (String, u32)> = BTreeMap::new();
    for request in requests.collect::<Vec<_>>() {
        let (key, answer) = request.await.expect("no panic");
        assert_eq!(answer.status, 201, "{answer:?}");
        let (body, firsts) = bodies.entry(key).or_insert_with(|| (answer.text.clone(), 0));
        assert_eq!(*body, answer.text);
        *firsts += u32::from(!answer.replayed());
    }
    assert_eq!(bodies.len(), 20);
    assert!(bodies.values().all(|(_, firsts)| *firsts == 1), "{bodies:?}");
    assert_eq!(shop.v1.get("/orders?after=3&limit=100").await.json()["items"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let shop = Shop::open().await;
    shop.v1.place(&["k"], &tea(1, 1)).await;
    for answer in [shop.v1.place(&["k"], &tea(1, 2)).await, shop.v1.step(1, "ship", &["k"]).await] {
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.json()["error"]["type"], "idempotency_key_reused");
    }
    assert_eq!(shop.v1.get("/orders/1").await.json()["status"], "paid", "the refused step was not taken");
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let shop = Shop::open().await;
    let mut ids = Vec::new();
    for caller in ["alice", "bob", "alice"] {
        let request = http::Request::post("/orders").header("x-caller", caller).header("idempotency-key", "k-1");
        let request = request.header("content-type", "application/json").body(tea(1, 1).to_string().into());
        let answer = shop.v1.send(request.expect("a request")).await;
        assert_eq!(answer.status, 201);
        ids.push(answer.json()["id"].as_i64().expect("an id"));
    }
    assert_eq!((ids[0], ids[0] + 1), (ids[2], ids[1]), "bob has an order of his own: {ids:?}");
}

#[tokio::test]
async fn a_repeated_step_answers_as_it_did_then() {
    let shop = Shop::open().await;
    let paid = shop.v1.step(2, "pay", &["pay-2"]).await;
    assert_eq!(shop.v1.step(2, "ship", &["ship-2"]).await.json()["status"], "shipped");
    let repeat = shop.v2.step(2, "pay", &["pay-2"]).await;
    assert_eq!((repeat.status.as_u16(), &repeat.text, repeat.replayed()), (200, &paid.text, true));
    assert_eq!(shop.v1.get("/orders/2").await.json()["status"], "shipped");
}

#[tokio::test]
async fn a_failure_leaves_its_key_free() {
    let shop = Shop::open().await;
    assert_eq!(shop.v1.step(2, "ship", &["k"]).await.status, 409);
    assert_eq!(shop.v1.step(2, "pay", &[]).await.status, 200);
    let shipped = shop.v1.step(2, "ship", &["k"]).await;
    assert_eq!((shipped.status.as_u16(), shipped.replayed()), (200, false));
    assert_eq!(shop.v1.place(&["l"], &tea(99, 1)).await.status, 422);
    assert_eq!(shop.v1.place(&["l"], &tea(1, 1)).await.status, 201);
}

#[tokio::test]
async fn a_repeat_needs_no_user_service() {
    let shop = Shop::open().await;
    let first = shop.v1.place(&["k"], &tea(1, 1)).await;
    shop.users.answer(500);
    let repeat = shop.v1.place(&["k"], &tea(1, 1)).await;
    assert_eq!((repeat.status.as_u16(), &repeat.text), (201, &first.text));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let shop = Shop::open().await;
    let long = "k".repeat(256);
    for keys in [vec![""], vec!["two words"], vec!["ü"], vec![&long], vec!["a", "b"]] {
        for answer in [shop.v1.place(&keys, &tea(1, 1)).await, shop.v1.step(2, "pay", &keys).await] {
            assert_eq!(answer.status, 400, "{keys:?}: {answer:?}");
            assert!(answer.text.contains("1 to 255 visible ASCII"), "{answer:?}");
        }
    }
    assert_eq!(shop.v1.place(&[&long[..255]], &tea(1, 1)).await.status, 201);
}

#[tokio::test]
async fn an_old_key_is_forgotten() {
    let shop = Shop::open().await;
    let first = shop.v1.place(&["k"], &tea(1, 1)).await.json();
    assert_eq!(shop.v1.store.forget_keys_before(database::now() - 60_000).await.ok(), Some(0));
    assert_eq!(shop.v1.store.forget_keys_before(database::now() + 1).await.ok(), Some(1));
    let second = shop.v1.place(&["k"], &tea(1, 1)).await;
    assert_eq!((second.replayed(), &first["id"], &second.json()["id"]), (false, &json!(4), &json!(5)));
}
