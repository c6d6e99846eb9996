//! What the shop counts of its own.

use ::http::Method;
use anyhow::ensure;
use e2e::{
    http::{self, request},
    stack::Stack,
};
use serde_json::json;

use super::{expect, expect_calls, scrape, url};

#[tokio::test]
async fn business_counters_count_what_happened() -> anyhow::Result<()> {
    let mut stack = Stack::start(&[]).await?;
    for n in 0..3 {
        let user = json!({"name": "Counted", "email": format!("counted-{n}@example.com")});
        http::post(&url(&stack.users, "/users"), &user).await?.expect(201)?;
    }
    let taken = json!({"name": "Counted", "email": "counted-0@example.com"});
    http::post(&url(&stack.users, "/users"), &taken).await?.expect(409)?;
    stack.orders.kill();
    for _ in 0..2 {
        let overview = http::get(&url(&stack.gateway, "/api/users/1/overview")).await?.expect(200)?.json()?;
        ensure!(overview["degraded"] == json!(["order-service"]), "{overview}");
    }
    expect(&scrape(&stack.users).await?, "users_created_total", &[], 3)?;
    let gateway = scrape(&stack.gateway).await?;
    expect(&gateway, "gateway_degraded_total", &[("upstream", "order-service")], 2)?;
    expect_calls(&gateway, "order-service", &[("upstream_unreachable", 2)])
}

#[tokio::test]
async fn each_step_of_an_order_is_counted_by_where_it_led() -> anyhow::Result<()> {
    let stack = Stack::start(&[]).await?;
    for (id, step) in [(2, "pay"), (2, "ship"), (2, "deliver"), (1, "cancel")] {
        http::send(request(Method::POST, &url(&stack.orders, &format!("/orders/{id}/{step}")), None))
            .await?
            .expect(200)?;
    }
    let orders = scrape(&stack.orders).await?;
    for to in ["paid", "shipped", "delivered", "cancelled"] {
        expect(&orders, "order_transitions_total", &[("to", to)], 1)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_rate_limit_is_counted() -> anyhow::Result<()> {
    let limited = [("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "2")];
    let stack = Stack::start(&limited).await?;
    let mut refused = 0;
    for _ in 0..6 {
        let answer = http::get(&url(&stack.gateway, "/api/users/1")).await?;
        refused += usize::from(answer.status == 429);
    }
    ensure!(refused >= 3, "{refused} of 6 refused");
    expect(&scrape(&stack.gateway).await?, "gateway_rejected_total", &[("reason", "rate_limit")], refused)
}
