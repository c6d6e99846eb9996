//! What stands in the headers.

use e2e::token;
use serde_json::{Value, json};

use super::{
    Case,
    Then::{Any, Closed, Refused, Usable},
    To::{Gateway, Orders, Users},
    write::{
        JSON, LINE, authorization_line, good_at_edge, line_of_two, order, post, request, trace_of_zeros, with_length,
    },
};

pub(super) fn content_types() -> Vec<Case> {
    let body = order(&[LINE]);
    let rows = [
        ("", 415),
        ("content-type: text/plain\r\n", 415),
        ("content-type: application/x-www-form-urlencoded\r\n", 415),
        ("content-type: multipart/form-data; boundary=x\r\n", 415),
        ("content-type: application/jsonp\r\n", 415),
        ("content-type: application/json2\r\n", 415),
        ("content-type: \r\n", 415),
        ("content-type: json\r\n", 415),
        ("content-type: application/json; charset=utf-8\r\n", 201),
        ("Content-Type: APPLICATION/JSON\r\n", 201),
        ("content-type: application/merge-patch+json\r\n", 201),
    ];
    let case = |(header, status): (&str, u16)| {
        let request = request("POST", "/orders", &with_length(header, body.len()), body.as_bytes());
        Case::new(format!("{header:?}"), Orders, request, status, Usable)
    };
    let mut cases: Vec<_> = rows.into_iter().map(case).collect();
    let latin = Vec::from(b"POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: \xff\r\ncontent-length: 2\r\n\r\n{}");
    cases.push(Case::new("a content type beyond ASCII", Orders, latin, 415, Usable));
    // What `gzip` makes of nothing: a body that says that it is packed, and is not unpacked.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    let header = with_length(&format!("{JSON}content-encoding: gzip\r\n"), gzip.len());
    cases.push(Case::new("a packed body", Orders, request("POST", "/orders", &header, gzip), 400, Usable));
    cases.push(Case::new(
        "a GET with a body",
        Users,
        request("GET", "/users/1", "content-length: 2\r\n", b"{}"),
        415,
        Usable,
    ));
    cases
}

pub(super) fn idempotency_keys() -> Vec<Case> {
    let body = order(&[LINE]);
    let line = |value: &[u8]| [b"idempotency-key: ", value, b"\r\n"].concat();
    let rows = [
        ("an empty key", line(b""), 400),
        ("a key of blanks", line(b"   "), 400),
        ("a key of 256 letters", line(&b"k".repeat(256)), 400),
        ("a key of 255 letters", line(&b"k".repeat(255)), 201),
        ("a key beyond ASCII", line(b"\xe9"), 400),
        ("a key in UTF-8", line("é".as_bytes()), 400),
        ("a key with a space", line(b"a b"), 400),
        ("two keys", [line(b"a"), line(b"b")].concat(), 400),
    ];
    let case = |(what, key, status): (&str, Vec<u8>, u16)| {
        [(Orders, "/orders", String::new()), (Gateway, "/api/orders", authorization_line())].map(|(to, path, more)| {
            let head = with_length(&format!("{JSON}{more}"), body.len());
            let head = [format!("POST {path} HTTP/1.1\r\nhost: a\r\n{head}").as_bytes(), &key, b"\r\n"].concat();
            Case::new(what, to, [&head, body.as_bytes()].concat(), status, Usable)
        })
    };
    let mut cases: Vec<_> = rows.into_iter().flat_map(case).collect();
    let first = post("/orders", "idempotency-key: used\r\n", body.as_bytes());
    let other = order(&[&line_of_two()]);
    cases.push(Case::new("a key", Orders, first, 201, Usable));
    let second = post("/orders", "idempotency-key: used\r\n", other.as_bytes());
    cases.push(Case::new("the same key for another order", Orders, second, 422, Usable));
    let step = request("POST", "/orders/1/ship", "idempotency-key: used\r\ncontent-length: 0\r\n", b"");
    cases.push(Case::new("the same key for a step", Orders, step, 422, Usable));
    cases
}

pub(super) fn authorization() -> Vec<Case> {
    let body = order(&[LINE]);
    let claims = |iss: &str, aud: &str, exp: i64| json!({"iss": iss, "aud": aud, "sub": "e2e", "exp": exp});
    let bearer = |claims: &Value| format!("authorization: Bearer {}\r\n", token::sign(claims));
    let (good, never) = (token::bearer("e2e"), 4_000_000_000);
    let forged = format!("{}.{}", good.rsplit_once('.').expect("three parts").0, "A".repeat(86));
    let rows = [
        ("no token", String::new(), 401),
        ("an empty header", "authorization: \r\n".to_owned(), 401),
        ("another scheme", "authorization: Basic YTpi\r\n".to_owned(), 401),
        ("a scheme alone", "authorization: Bearer\r\n".to_owned(), 401),
        ("a word", "authorization: Bearer word\r\n".to_owned(), 401),
        ("two dots", "authorization: Bearer ..\r\n".to_owned(), 401),
        ("three words", "authorization: Bearer a.b.c\r\n".to_owned(), 401),
        ("no signature", "authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.\r\n".to_owned(), 401),
        ("a foreign signature", format!("authorization: {forged}\r\n"), 401),
        ("a token of 20 KB", format!("authorization: Bearer {}\r\n", "a".repeat(20_000)), 401),
        ("the token twice", format!("authorization: {good}\r\nauthorization: {good}\r\n"), 401),
        ("the token and a word", format!("authorization: {good} word\r\n"), 401),
        ("an old token", bearer(&claims("microservices", "api-gateway", 1)), 401),
        ("another issuer", bearer(&claims("somebody", "api-gateway", never)), 401),
        ("another audience", bearer(&claims("microservices", "somebody", never)), 401),
        ("a token without an end", bearer(&json!({"iss": "microservices", "aud": "api-gateway", "sub": "e2e"})), 401),
        ("a scheme in small letters", format!("authorization: {}\r\n", good.replace("Bearer", "bearer")), 201),
    ];
    let case = |(what, header, status): (&str, String, u16)| {
        Case::new(what, Gateway, post("/api/orders", &header, body.as_bytes()), status, Usable)
    };
    let mut cases: Vec<_> = rows.into_iter().map(case).collect();
    let latin: &[u8] =
        b"POST /api/orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer \xe9\r\ncontent-length: 0\r\n\r\n";
    cases.push(Case::new("a token beyond ASCII", Gateway, latin.to_vec(), 401, Usable));
    cases.push(Case::new(
        "a read with a bad token",
        Gateway,
        good_at_edge(b"authorization: Bearer x\r\n"),
        200,
        Usable,
    ));
    let step = request("POST", "/api/orders/2/pay", "content-length: 0\r\n", b"");
    cases.push(Case::new("a step without a token", Gateway, step, 401, Usable));
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = request(method, "/api/users/1", "content-length: 0\r\n", b"");
        cases.push(Case::new(format!("{method} without a token"), Gateway, request, 401, Usable));
    }
    cases
}

/// RFC 9112 section 3.2: a server must answer 400 when there is no host, more than one, or none that could be.
pub(super) fn hosts() -> Vec<Case> {
    let line = |hosts: &str| format!("GET /users/1 HTTP/1.1\r\n{hosts}\r\n").into_bytes();
    vec![
        Case::new("no host", Users, line(""), 400, Any),
        Case::new("two hosts", Users, line("host: a\r\nhost: b\r\n"), 400, Any),
        Case::new("a host with a space", Users, line("host: a b\r\n"), 400, Any),
        Case::new("a host with a port", Users, line("host: a:8081\r\n"), 200, Usable),
        Case::new("an IPv6 host", Users, line("host: [::1]:8081\r\n"), 200, Usable),
    ]
}

pub(super) fn heads() -> Vec<Case> {
    let with = |headers: &[u8]| [b"GET /users/1 HTTP/1.1\r\nhost: a\r\n", headers, b"\r\n"].concat();
    let many: String = (0..300).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let same: String = (0..300).map(|n| format!("x: {n}\r\n")).collect();
    let large = |length| format!("x: {}\r\n", "a".repeat(length)).into_bytes();
    vec![
        Case::new("300 headers", Users, with(many.as_bytes()), 431, Refused),
        Case::new("300 times one header", Users, with(same.as_bytes()), 431, Refused),
        Case::new("a header of 100 KB", Users, with(&large(100_000)), 431, Refused),
        Case::new("a header of 1 MB", Users, with(&large(1_000_000)), 431, Refused),
        Case::new("a header of 50 KB", Users, with(&large(50_000)), 200, Usable),
        Case::new("300 headers at the edge", Gateway, with(many.as_bytes()), 431, Refused),
        Case::new("a header without a name", Users, with(b": a\r\n"), 400, Refused),
        Case::new("a header without a colon", Users, with(b"x\r\n"), 400, Refused),
        Case::new("a space before the colon", Users, with(b"x : a\r\n"), 400, Refused),
        Case::new("a space in the name", Users, with(b"x y: a\r\n"), 400, Refused),
        Case::new("a folded header", Users, with(b"x: a\r\n b\r\n"), 400, Refused),
        Case::new("a NUL in a value", Users, with(b"x: a\x00b\r\n"), 400, Refused),
        Case::new("a lone CR in a value", Users, with(b"x: a\rb\r\n"), 400, Refused),
        Case::new("a value beyond ASCII", Users, with(b"x: \xff\r\n"), 200, Usable),
        Case::new("a request id beyond ASCII", Users, with(b"x-request-id: \xff\r\n"), 200, Usable),
        Case::new(
            "a request id of 10 KB",
            Users,
            with(&[b"x-request-id: ", &b"a".repeat(10_000)[..], b"\r\n"].concat()),
            200,
            Usable,
        ),
        Case::new("a trace that is none", Users, with(b"traceparent: 00-zz-yy-01\r\n"), 200, Usable),
        Case::new("a trace of zeros", Users, with(&trace_of_zeros()), 200, Usable),
        Case::new("a B3 that is none", Users, with(b"b3: \xff\r\nx-b3-traceid: 1\r\n"), 200, Usable),
        Case::new("a canary beyond ASCII", Gateway, good_at_edge(b"x-canary: \xff\r\n"), 200, Usable),
        Case::new(
            "an upgrade to h2c",
            Users,
            with(b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"),
            200,
            Usable,
        ),
        Case::new("an upgrade to websocket", Users, with(b"connection: upgrade\r\nupgrade: websocket\r\n"), 200, Any),
        Case::new("an unknown expectation", Users, with(b"expect: coffee\r\n"), 200, Any),
        Case::new("a close", Users, with(b"connection: close\r\n"), 200, Closed),
    ]
}
