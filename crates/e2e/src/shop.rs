//! The few words of the shop's API that tests of any concern need.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::http;

/// A user of the seed, who can buy.
pub const SEEDED_USER: i64 = 1;

/// An order of the seed.
pub const SEEDED_ORDER: i64 = 1;

/// The body of a valid order of one line. `sku` makes it findable.
pub fn new_order(sku: &str) -> Value {
    let line = json!({"sku": sku, "quantity": 2, "unit_price": {"amount_minor": 1250, "currency": "EUR"}});
    json!({"user_id": SEEDED_USER, "lines": [line]})
}

/// The SKU of an order's first line.
pub fn sku(order: &Value) -> &str {
    order["lines"][0]["sku"].as_str().unwrap_or_default()
}

/// Whether exactly one order has each of these SKUs, with the id that was acknowledged for it.
///
/// # Errors
/// Naming the first SKU that is lost, doubled or has another id.
pub fn expect_each_once(acknowledged: &BTreeMap<String, Value>, orders: &[Value]) -> anyhow::Result<()> {
    let mut found: HashMap<&str, Vec<&Value>> = HashMap::new();
    for order in orders {
        found.entry(sku(order)).or_default().push(&order["id"]);
    }
    for (sku, id) in acknowledged {
        let ids = found.get(sku.as_str()).map(Vec::as_slice).unwrap_or_default();
        ensure!(ids == [id], "{sku} was acknowledged as {id}, found as {ids:?}");
    }
    Ok(())
}

/// Every item behind a list URL (without a query), page by page.
///
/// # Errors
/// When a page is not answered with 200, is no page, or the pages do not come to an end.
pub async fn all(url: &str) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = http::get(&format!("{url}?limit=100{after}")).await?.expect(200)?.json()?;
        let more = page["items"].as_array().with_context(|| format!("no page: {page}"))?;
        items.extend(more.iter().cloned());
        let Some(next) = page["next"].as_i64() else {
            return Ok(items);
        };
        let cursor = format!("&after={next}");
        ensure!(cursor != after && !more.is_empty(), "the pages of {url} stand still at {next}");
        after = cursor;
    }
}
