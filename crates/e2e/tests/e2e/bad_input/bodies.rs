//! What stands in a body.

use serde_json::json;

use super::{
    Case,
    Then::Usable,
    To::{Gateway, Orders, Users},
    write::{JSON, LINE, authorization_line, line, order, post, request, with_length},
};

/// Bodies that are no order.
pub(super) fn order_bodies() -> Vec<Case> {
    let good = order(&[LINE]);
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("an empty body", vec![]),
        ("half an object", b"{".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("a list", b"[]".to_vec()),
        ("an order as a list", br#"[1,[["TEA",1,[1,"EUR"]]]]"#.to_vec()),
        ("a line as a list", order(&[r#"["TEA",1,{"amount_minor":1,"currency":"EUR"}]"#]).into_bytes()),
        ("null", b"null".to_vec()),
        ("a text", b"\"order\"".to_vec()),
        ("a number", b"1".to_vec()),
        ("two objects", format!("{good}{good}").into_bytes()),
        ("an object and a letter", format!("{good}x").into_bytes()),
        ("a byte order mark", format!("\u{feff}{good}").into_bytes()),
        ("single quotes", good.replace('"', "'").into_bytes()),
        ("a trailing comma", good.replace("]}", "],}").into_bytes()),
        ("a comment", format!("/* */{good}").into_bytes()),
        ("100,000 open brackets", b"[".repeat(100_000)),
        ("5,000 nested objects", b"{\"lines\":".repeat(5_000)),
        ("a field twice", format!(r#"{{"user_id":1,"user_id":2,"lines":[{LINE}]}}"#).into_bytes()),
        ("a field of a line twice", order(&[&LINE.replace("{\"sku\"", "{\"sku\":\"A\",\"sku\"")]).into_bytes()),
        ("an unknown field", good.replace("{\"user_id\"", "{\"id\":1,\"user_id\"").into_bytes()),
        ("an unknown field of a line", order(&[&LINE.replace("{\"sku\"", "{\"x\":1,\"sku\"")]).into_bytes()),
        ("a prototype", good.replace("{\"user_id\"", "{\"__proto__\":{},\"user_id\"").into_bytes()),
        ("no lines", br#"{"user_id":1}"#.to_vec()),
        ("no user", format!(r#"{{"lines":[{LINE}]}}"#).into_bytes()),
        ("lines that are an object", br#"{"user_id":1,"lines":{}}"#.to_vec()),
        ("lines that are null", br#"{"user_id":1,"lines":null}"#.to_vec()),
        ("a user as a text", good.replace(":1,\"lines\"", ":\"1\",\"lines\"").into_bytes()),
        ("a user with a fraction", good.replace(":1,\"lines\"", ":1.0,\"lines\"").into_bytes()),
        ("a user beyond 64 bits", good.replace(":1,\"lines\"", ":9223372036854775808,\"lines\"").into_bytes()),
        ("a user of 400 digits", good.replace(":1,", &format!(":{},", "9".repeat(400))).into_bytes()),
        ("a user who is not a number", good.replace(":1,\"lines\"", ":NaN,\"lines\"").into_bytes()),
        ("a quantity with an exponent", order(&[&line("TEA", "1e2", "1", "EUR")]).into_bytes()),
        ("a quantity as a text", order(&[&line("TEA", "\"1\"", "1", "EUR")]).into_bytes()),
        ("a price with a fraction", order(&[&line("TEA", "1", "12.50", "EUR")]).into_bytes()),
        ("a price beyond 64 bits", order(&[&line("TEA", "1", "9223372036854775808", "EUR")]).into_bytes()),
        ("half a surrogate", order(&[&line("\\ud800", "1", "1", "EUR")]).into_bytes()),
        ("a control character", order(&[&line("\u{1}", "1", "1", "EUR")]).into_bytes()),
        ("bytes that are no UTF-8", b"{\"user_id\":1,\"lines\":\"\xff\xfe\"}".to_vec()),
    ];
    let case = |(what, body): (&str, Vec<u8>)| {
        let direct = Case::new(what, Orders, post("/orders", "", &body), 400, Usable);
        let proxied = Case::new(what, Gateway, post("/api/orders", &authorization_line(), &body), 400, Usable);
        [direct, proxied]
    };
    rows.into_iter().flat_map(case).collect()
}

/// Orders that are understood, and refused for what they say.
pub(super) fn order_rules() -> Vec<Case> {
    let lines = |count: usize| order(&vec![LINE; count]);
    let long = "s".repeat(65);
    let rows = [
        ("no line", lines(0), 422),
        ("101 lines", lines(101), 422),
        ("100 lines", lines(100), 201),
        ("quantity 0", order(&[&line("TEA", "0", "1", "EUR")]), 422),
        ("quantity 1001", order(&[&line("TEA", "1001", "1", "EUR")]), 422),
        ("quantity -1", order(&[&line("TEA", "-1", "1", "EUR")]), 422),
        ("quantity 1000", order(&[&line("TEA", "1000", "1", "EUR")]), 201),
        ("a price below 0", order(&[&line("TEA", "1", "-1", "EUR")]), 422),
        ("a product that overflows", order(&[&line("TEA", "1000", "9223372036854775807", "EUR")]), 422),
        ("a sum that overflows", order(&[&line("TEA", "1", "9223372036854775807", "EUR"), LINE]), 422),
        ("the largest sum", order(&[&line("TEA", "1", "9223372036854775807", "EUR")]), 201),
        ("a currency in small letters", order(&[&line("TEA", "1", "1", "eur")]), 422),
        ("a currency of four letters", order(&[&line("TEA", "1", "1", "EURO")]), 422),
        ("no currency", order(&[&line("TEA", "1", "1", "")]), 422),
        ("two currencies", order(&[LINE, &line("TEA", "1", "1", "USD")]), 422),
        ("no SKU", order(&[&line("", "1", "1", "EUR")]), 422),
        ("a SKU with a space", order(&[&line("T A", "1", "1", "EUR")]), 422),
        ("a SKU with a NUL", order(&[&line("T\\u0000", "1", "1", "EUR")]), 422),
        ("a SKU of 65 letters", order(&[&line(&long, "1", "1", "EUR")]), 422),
        ("user 0", lines(1).replace("\"user_id\":1", "\"user_id\":0"), 422),
        ("user -1", lines(1).replace("\"user_id\":1", "\"user_id\":-1"), 422),
        ("an unknown user", lines(1).replace("\"user_id\":1", "\"user_id\":999999"), 422),
        ("the last possible user", lines(1).replace("\"user_id\":1", "\"user_id\":9223372036854775807"), 422),
    ];
    let case = |(what, body, status): (&str, String, u16)| {
        let direct = Case::new(what, Orders, post("/orders", "", body.as_bytes()), status, Usable);
        let proxied = post("/api/orders", &authorization_line(), body.as_bytes());
        [direct, Case::new(what, Gateway, proxied, status, Usable)]
    };
    rows.into_iter().flat_map(case).collect()
}

pub(super) fn user_bodies() -> Vec<Case> {
    let user = |name: &str, email: &str| json!({"name": name, "email": email}).to_string();
    let long = "n".repeat(101);
    let rows = [
        ("POST", "/users", user("", "a@example.com"), 422),
        ("POST", "/users", user(" \t", "a@example.com"), 422),
        ("POST", "/users", user(&long, "a@example.com"), 422),
        ("POST", "/users", user("a\0b", "a@example.com"), 422),
        ("POST", "/users", user("Ada", "ada"), 422),
        ("POST", "/users", user("Ada", &format!("{}@example.com", "a".repeat(300))), 422),
        ("POST", "/users", user("Ada", "a@b@example.com"), 422),
        ("POST", "/users", user("Ada", "ADA@example.com"), 409),
        ("POST", "/users", user("'; DROP TABLE users; --", "bobby@example.com"), 201),
        ("POST", "/users", user("<script>", "script@example.com"), 201),
        ("POST", "/users", r#"["Ada","list@example.com"]"#.to_owned(), 400),
        ("POST", "/users", r#"{"name":"Ada"}"#.to_owned(), 400),
        ("POST", "/users", r#"{"name":null,"email":null}"#.to_owned(), 400),
        ("POST", "/users", r#"{"name":1,"email":"a@example.com"}"#.to_owned(), 400),
        ("PUT", "/users/3", r#"{"name":"Barbara"}"#.to_owned(), 400),
        ("PUT", "/users/999", user("Ada", "nobody@example.com"), 404),
        ("PUT", "/users/3", user("Barbara", "ada@example.com"), 409),
        ("PUT", "/users/x", user("Ada", "nobody@example.com"), 400),
        ("PATCH", "/users/3", r#"{"id":7}"#.to_owned(), 400),
        ("PATCH", "/users/3", "[null,null]".to_owned(), 400),
        ("PATCH", "/users/3", String::new(), 400),
        ("PATCH", "/users/3", r#"{"email":"x"}"#.to_owned(), 422),
        ("PATCH", "/users/3", "{}".to_owned(), 200),
        ("DELETE", "/users/999", String::new(), 404),
        ("DELETE", "/users/x", String::new(), 400),
    ];
    let case = |(method, path, body, status): (&str, &str, String, u16)| {
        let request = request(method, path, &with_length(JSON, body.len()), body.as_bytes());
        Case::new(format!("{method} {path} {:.60}", body), Users, request, status, Usable)
    };
    rows.into_iter().map(case).collect()
}
