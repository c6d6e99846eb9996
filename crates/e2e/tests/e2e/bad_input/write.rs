//! How the requests are written.

use e2e::token;

pub(super) const JSON: &str = "content-type: application/json\r\n";

/// A good line of an order.
pub(super) const LINE: &str = r#"{"sku":"TEA","quantity":1,"unit_price":{"amount_minor":1,"currency":"EUR"}}"#;

pub(super) fn line_of_two() -> String {
    line("TEA", "2", "1", "EUR")
}

/// A line; the numbers as JSON, the texts as what stands between the quotes.
pub(super) fn line(sku: &str, quantity: &str, amount: &str, currency: &str) -> String {
    format!(
        r#"{{"sku":"{sku}","quantity":{quantity},"unit_price":{{"amount_minor":{amount},"currency":"{currency}"}}}}"#
    )
}

pub(super) fn order(lines: &[&str]) -> String {
    format!(r#"{{"user_id":1,"lines":[{}]}}"#, lines.join(","))
}

pub(super) fn get(path: &str) -> Vec<u8> {
    request("GET", path, "", b"")
}

pub(super) fn raw_get(path: &[u8]) -> Vec<u8> {
    [b"GET ", path, b" HTTP/1.1\r\nhost: a\r\n\r\n"].concat()
}

pub(super) fn good_at_edge(header: &[u8]) -> Vec<u8> {
    [b"GET /api/users/1 HTTP/1.1\r\nhost: a\r\n", header, b"\r\n"].concat()
}

/// A POST of JSON with these header lines besides.
pub(super) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, &with_length(&format!("{JSON}{headers}"), body.len()), body)
}

pub(super) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n").as_bytes(), body].concat()
}

pub(super) fn with_length(headers: &str, length: usize) -> String {
    format!("{headers}content-length: {length}\r\n")
}

pub(super) fn authorization_line() -> String {
    format!("authorization: {}\r\n", token::bearer("e2e"))
}

pub(super) fn trace_of_zeros() -> Vec<u8> {
    format!("traceparent: 00-{}-{}-01\r\n", "0".repeat(32), "0".repeat(16)).into_bytes()
}
