//! Methods, paths, parameters and content types: one table.

use http::header::{ALLOW, CONTENT_LENGTH};
use tower::ServiceExt;

use crate::app::{answer, check, host, request};

const JSON: &str = "application/json";
const NOTE: &str = r#"{"text":"hi"}"#;
const INTEGER: &str = "Path parameter `id` must be an integer of at most 64 bits, such as 42";

/// Method, path, content type, body, status, and what the body (for 204 the `allow` header) contains.
const TABLE: &[(&str, &str, &str, &str, u16, &str)] = &[
    // Routing.
    ("GET", "/notes", "", "", 200, "limit None"),
    ("GET", "/notes?limit=3", "", "", 200, "limit Some(3)"),
    ("GET", "/notes?limit=x", "", "", 400, "Invalid query string"),
    ("GET", "/notes/", "", "", 404, "not_found"),
    ("GET", "/nothing", "", "", 404, "not_found"),
    ("POST", "/nothing", JSON, NOTE, 404, "not_found"),
    ("OPTIONS", "/nothing", "", "", 404, "not_found"),
    ("GET", "/", "", "", 404, "not_found"),
    ("DELETE", "/notes/1", "", "", 204, ""),
    // Methods.
    ("OPTIONS", "/notes", "", "", 204, "GET, HEAD, OPTIONS, POST"),
    ("OPTIONS", "/notes/1", "", "", 204, "DELETE, GET, HEAD, OPTIONS, PUT"),
    ("OPTIONS", "/raw", "", "", 204, "OPTIONS, PUT"),
    ("DELETE", "/notes", "", "", 405, "GET, HEAD, OPTIONS, POST"),
    ("POST", "/notes/1", JSON, NOTE, 405, "DELETE, GET, HEAD, OPTIONS, PUT"),
    ("TRACE", "/notes", "", "", 405, "method_not_allowed"),
    ("BREW", "/notes", "", "", 405, "method_not_allowed"),
    // One parameter.
    ("GET", "/notes/7", "", "", 200, "note 7"),
    ("GET", "/notes/-7", "", "", 200, "note -7"),
    ("GET", "/notes/%37", "", "", 200, "note 7"),
    ("GET", "/notes/abc", "", "", 400, INTEGER),
    ("GET", "/notes/1.5", "", "", 400, INTEGER),
    ("GET", "/notes/%20", "", "", 400, INTEGER),
    ("GET", "/notes/1%2F2", "", "", 400, INTEGER),
    ("GET", "/notes/99999999999999999999999999", "", "", 400, INTEGER),
    ("GET", "/notes/18446744073709551615", "", "", 400, "too large"),
    ("GET", "/notes/%FF", "", "", 400, "UTF-8"),
    ("GET", "/switches/maybe", "", "", 400, "Path parameter `on` must be true or false"),
    ("GET", "/switches/true", "", "", 200, "true"),
    ("GET", "/names/a%20b%2Fc", "", "", 200, "a b/c"),
    ("GET", "/names/J%C3%BCrgen", "", "", 200, "Jürgen"),
    ("GET", "/names/100%", "", "", 200, "100%"),
    ("GET", "/names/%ff%fe", "", "", 400, "UTF-8"),
    ("GET", "/files/a/b%20c.txt", "", "", 200, "a/b c.txt"),
    // Several parameters.
    ("GET", "/pairs/a%2Fb/-5", "", "", 200, "a/b|-5"),
    ("GET", "/pairs/a/b", "", "", 400, "`right` must be an integer from -9223372036854775808 to 9223372036854775807"),
    ("GET", "/pairs/a/9223372036854775808", "", "", 400, "`right` must be an integer"),
    ("GET", "/pairs/%FF/1", "", "", 400, "UTF-8"),
    ("GET", "/sheets/x/rows/7/back", "", "", 200, "x|7|back"),
    ("GET", "/sheets/x/rows/65536/back", "", "", 400, "`row` must be an integer from 0 to 65535"),
    ("GET", "/sheets/x/rows/7/top", "", "", 400, "expected `front` or `back`"),
    ("GET", "/mistake/1/2", "", "", 500, "An internal error occurred"),
    // Bodies.
    ("POST", "/notes", JSON, NOTE, 201, NOTE),
    ("POST", "/notes", "application/json; charset=utf-8", NOTE, 201, NOTE),
    ("POST", "/notes", "Application/JSON", NOTE, 201, NOTE),
    ("POST", "/notes", "application/vnd.note+json", NOTE, 201, NOTE),
    ("POST", "/notes", "", NOTE, 415, "content-type: application/json"),
    ("POST", "/notes", "text/plain", NOTE, 415, "content-type: application/json"),
    ("POST", "/notes", "text/plain; application/json", NOTE, 415, "unsupported_media_type"),
    ("POST", "/notes", "application/jsonp", NOTE, 415, "unsupported_media_type"),
    ("POST", "/notes", "json", NOTE, 415, "unsupported_media_type"),
    ("POST", "/notes", JSON, "", 400, "Invalid JSON"),
    ("POST", "/notes", "", "", 400, "Invalid JSON"),
    ("POST", "/notes", JSON, "{", 400, "Invalid JSON"),
    ("POST", "/notes", JSON, r#"{"text":5}"#, 400, "invalid type"),
    ("POST", "/notes", JSON, "\u{0}", 400, "Invalid JSON"),
    ("POST", "/notes", JSON, r#"{"text":""}"#, 422, "give it a text"),
    ("PUT", "/notes/3", JSON, NOTE, 200, "3: hi"),
    ("PUT", "/notes/x", JSON, "{", 400, INTEGER),
    ("PUT", "/raw", "image/png", "12345", 200, "5"),
];

#[tokio::test]
async fn requests_are_answered_as_the_table_says() {
    for &(method, path, content_type, body, status, text) in TABLE {
        check(request(method, path, content_type, body), status, text).await;
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    for (path, status) in [("/notes/7", 200), ("/notes/abc", 400), ("/raw", 405)] {
        let response = host().into_parts().0.oneshot(request("HEAD", path, "", "")).await.expect("routers do not fail");
        let length = response.headers()[CONTENT_LENGTH].to_str().expect("ASCII").parse::<usize>().expect("a number");
        let answer = answer(response).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{path}");
        assert!(length > 0, "{path}");
    }
}

#[tokio::test]
async fn method_not_allowed_says_in_its_header_what_is_allowed() {
    let response =
        host().into_parts().0.oneshot(request("PATCH", "/notes/1", "", "")).await.expect("routers do not fail");
    assert_eq!(response.headers()[ALLOW], "DELETE, GET, HEAD, OPTIONS, PUT");
}
