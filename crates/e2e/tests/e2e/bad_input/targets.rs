//! What stands in the first line: ids, paths, queries, steps, methods.

use super::{
    Case,
    Then::{Refused, Usable},
    To,
    To::{Gateway, Orders, Users},
    write::{authorization_line, get, post, raw_get, request},
};

pub(super) fn ids() -> Vec<Case> {
    let rows = [
        ("abc", 400),
        ("-1", 404),
        ("0", 404),
        ("9223372036854775807", 404),
        ("9223372036854775808", 400),
        ("99999999999999999999", 400),
        ("1.5", 400),
        ("1e0", 400),
        ("0x1", 400),
        ("%00", 400),
        ("1%00", 400),
        ("%2F", 400),
        ("1%2Fpay", 400),
        ("%ff", 400),
        ("1%C0%AF", 400),
        ("1%", 400),
        ("1%zz", 400),
        ("1%20", 400),
        ("1;a=b", 400),
        ("%D9%A1", 400),
        ("", 404),
        ("%31", 200),
    ];
    let fronts = [(Users, "/users/"), (Orders, "/orders/"), (Gateway, "/api/users/"), (Gateway, "/api/orders/")];
    let case = |(to, front): (To, &str), (id, status)| {
        let path = format!("{front}{id}");
        Case::new(format!("GET {path}"), to, get(&path), status, Usable)
    };
    fronts.into_iter().flat_map(|front| rows.map(|row| case(front, row))).collect()
}

pub(super) fn paths() -> Vec<Case> {
    let rows = [
        (Gateway, "/api/users/..", 404),
        (Gateway, "/api/users/%2e%2e", 404),
        (Gateway, "/api/users/..%2f..%2fmetrics", 400),
        (Gateway, "/api//users/1", 404),
        (Gateway, "//api/users/1", 404),
        (Gateway, "/api/users/1/", 404),
        (Gateway, "/API/users/1", 404),
        (Gateway, "/%61pi/users/1", 404),
        (Gateway, "/api/users/1\\..\\2", 404),
        (Gateway, "/users/1", 404),
        (Gateway, "/metrics", 404),
        (Gateway, "/api/users/x/overview", 400),
        (Gateway, "/api/users/0/overview", 404),
        (Gateway, "/api/orders/1/refund", 404),
        (Users, "/metrics", 404),
        (Users, "/faults", 404),
        (Users, "/users/1/2", 404),
        (Users, "/", 404),
        (Orders, "/users/1", 404),
    ];
    let case = |(to, path, status): (To, &str, u16)| Case::new(format!("GET {path}"), to, get(path), status, Usable);
    let mut cases: Vec<_> = rows.into_iter().map(case).collect();
    cases.push(Case::new("a byte that is no UTF-8", Users, raw_get(b"/users/\xff"), 400, Refused));
    cases.push(Case::new("letters beyond ASCII", Users, raw_get("/users/é".as_bytes()), 400, Usable));
    cases.push(Case::new("a space in the path", Users, raw_get(b"/users/1 2"), 400, Refused));
    cases.push(Case::new("a path without a slash", Users, raw_get(b"users/1"), 400, Refused));
    cases.push(Case::new("a path of 30 KB", Users, get(&format!("/users/{}", "1".repeat(30_000))), 400, Usable));
    cases.push(Case::new("a path of 100 KB", Users, get(&format!("/users/{}", "1".repeat(100_000))), 431, Refused));
    cases.push(Case::new("a whole URL", Users, get("http://elsewhere/users/1"), 200, Usable));
    cases.push(Case::new("a whole URL without a path", Users, get("http://elsewhere"), 404, Usable));
    cases.push(Case::new("a fragment", Users, get("/users/1#2"), 200, Usable));
    cases
}

pub(super) fn queries() -> Vec<Case> {
    let rows = [
        ("limit=0", 400),
        ("limit=101", 400),
        ("limit=-1", 400),
        ("limit=x", 400),
        ("limit=1.5", 400),
        ("limit=", 400),
        ("limit=99999999999999999999", 400),
        ("limit=%ff", 400),
        ("limit=1%", 400),
        ("limit=1&limit=2", 400),
        ("limit=1;after=2", 400),
        ("after=x", 400),
        ("after=99999999999999999999", 400),
        ("after=1&after=1", 400),
        ("after=-5", 200),
        ("after=9223372036854775807", 200),
        ("limit=100", 200),
        ("unknown=1&limit[]=3", 200),
        ("&&&", 200),
    ];
    let fronts = [(Users, "/users"), (Orders, "/orders"), (Gateway, "/api/orders")];
    let case = |(to, front): (To, &str), (query, status)| {
        let path = format!("{front}?{query}");
        Case::new(format!("GET {path}"), to, get(&path), status, Usable)
    };
    let mut cases: Vec<_> = fronts.into_iter().flat_map(|front| rows.map(|row| case(front, row))).collect();
    cases.push(Case::new("a user who is no number", Orders, get("/orders?user_id=x"), 400, Usable));
    cases.push(Case::new("a user twice", Orders, get("/orders?user_id=1&user_id=2"), 400, Usable));
    cases.push(Case::new("a quote in the query", Users, get("/users?\""), 400, Refused));
    cases
}

/// From the seed: order 1 is paid, 2 is pending, 3 is delivered.
pub(super) fn steps() -> Vec<Case> {
    let rows = [
        ("1/pay", 409),
        ("1/deliver", 409),
        ("2/ship", 409),
        ("2/deliver", 409),
        ("3/pay", 409),
        ("3/ship", 409),
        ("3/deliver", 409),
        ("3/cancel", 409),
        ("999/pay", 404),
        ("0/cancel", 404),
        ("x/pay", 400),
        ("1/refund", 404),
        ("1/PAY", 404),
    ];
    let case = |(step, status): (&str, u16)| {
        let direct = request("POST", &format!("/orders/{step}"), "content-length: 0\r\n", b"");
        let header = format!("{}content-length: 0\r\n", authorization_line());
        let proxied = request("POST", &format!("/api/orders/{step}"), &header, b"");
        let what = format!("POST {step}");
        [Case::new(&what, Orders, direct, status, Usable), Case::new(&what, Gateway, proxied, status, Usable)]
    };
    let mut cases: Vec<_> = rows.into_iter().flat_map(case).collect();
    cases.push(Case::new("a step without a length", Orders, request("POST", "/orders/3/pay", "", b""), 409, Usable));
    cases.push(Case::new("a step with a body", Orders, post("/orders/3/pay", "", b"{}"), 409, Usable));
    cases
}

pub(super) fn methods() -> Vec<Case> {
    let rows = [
        ("TRACE", "/users/1", 405),
        ("CONNECT", "/users/1", 405),
        ("CONNECT", "elsewhere:80", 404),
        ("BREW", "/users/1", 405),
        ("get", "/users/1", 405),
        ("POST", "/users/1", 405),
        ("DELETE", "/users", 405),
        ("PUT", "/users", 405),
        ("TRACE", "/nowhere", 404),
        ("HEAD", "/users/1", 200),
        ("HEAD", "/users/999", 404),
        ("HEAD", "/nowhere", 404),
        ("OPTIONS", "/users/1", 204),
        ("OPTIONS", "/nowhere", 404),
        ("OPTIONS", "*", 404),
    ];
    let case = |(method, path, status): (&str, &str, u16)| {
        Case::new(format!("{method} {path}"), Users, request(method, path, "", b""), status, Usable)
    };
    let mut cases: Vec<_> = rows.into_iter().map(case).collect();
    let token = authorization_line();
    cases.push(Case::new("DELETE of all orders", Gateway, request("DELETE", "/api/orders", &token, b""), 405, Usable));
    cases.push(Case::new("TRACE at the edge", Gateway, request("TRACE", "/api/users/1", &token, b""), 405, Usable));
    cases.push(Case::new("HEAD at the edge", Gateway, request("HEAD", "/api/orders/1", "", b""), 200, Usable));
    cases.push(Case::new("HEAD of a step", Orders, request("HEAD", "/orders/1/pay", "", b""), 405, Usable));
    cases.push(Case::new("a method with a bracket", Users, request("G(T", "/users/1", "", b""), 400, Refused));
    cases.push(Case::new("a method of 30 KB", Users, request(&"G".repeat(30_000), "/users/1", "", b""), 405, Usable));
    cases
}
