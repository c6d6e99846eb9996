//! What the person at the terminal sees: where everything is, and what to try first.

use std::net::SocketAddr;

use serde_json::json;

use crate::args::LogFormat;
use crate::family::Family;
use crate::role::Role;
use crate::terminal::print;
use demo_key::TOKEN_LIFE;

/// Tells that everything is up.
pub fn ready(format: LogFormat, family: &Family, prometheus: Option<SocketAddr>, token: &str) {
    match format {
        LogFormat::Text | LogFormat::Auto => print(&text(family, prometheus, token)),
        LogFormat::Json => print(&line(family, prometheus, token)),
    }
}

fn text(family: &Family, prometheus: Option<SocketAddr>, token: &str) -> String {
    let place = |role: Role| {
        let child = family.get(role);
        let name = role.workload().name;
        format!("  {name:<14} http://{:<17} admin http://{}\n", child.addr, child.admin_addr)
    };
    let places: String = [Role::Gateway, Role::User, Role::Order].into_iter().map(place).collect();
    let [gateway, user, order] = [Role::Gateway, Role::User, Role::Order].map(|role| family.get(role).addr);
    let observe = prometheus.map_or_else(String::new, |addr| {
        format!("Watch: http://{addr}/alerts for rules and alerts; a Grafana with this data source imports dashboards/*.json.\n")
    });
    let hours = TOKEN_LIFE.as_secs() / 3600;
    format!(
        "
{places}
Read:
  curl http://{gateway}/api/users/1
  curl http://{gateway}/api/orders/1
  curl http://{user}/users/1
  curl http://{order}/orders/1
  curl http://{gateway}/api/users/1/overview

Write (the token is good for {hours} hours):
  export TOKEN={token}
  curl -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json' -H 'idempotency-key: from-the-terminal' \\
    -d '{{\"user_id\":1,\"lines\":[{{\"sku\":\"tea\",\"quantity\":2,\"unit_price\":{{\"amount_minor\":450,\"currency\":\"EUR\"}}}}]}}' \\
    http://{gateway}/api/orders

Look: http://{gateway}/ in a browser, http://{gateway}/docs for every route. Ctrl-C ends all three.
{observe}"
    )
}

fn line(family: &Family, prometheus: Option<SocketAddr>, token: &str) -> String {
    let mut line = json!({ "service": "microservices", "message": "ready", "token": token });
    for (key, role) in [("gateway", Role::Gateway), ("user_service", Role::User), ("order_service", Role::Order)] {
        let child = family.get(role);
        line[key] = format!("http://{}", child.addr).into();
        line[format!("{key}_admin")] = format!("http://{}", child.admin_addr).into();
    }
    if let Some(addr) = prometheus {
        line["prometheus"] = format!("http://{addr}").into();
    }
    line.to_string()
}
