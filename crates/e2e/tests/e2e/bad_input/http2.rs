//! HTTP/2 that no client library would send.

use anyhow::ensure;
use e2e::{
    frames::{self, Outcome},
    report::figure,
    service::Service,
};

use super::expect_unharmed;

#[tokio::test]
async fn an_odd_http2_request_is_refused_and_the_next_one_served() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[]).await?;
    let pid = service.pid();
    let mut wrong = Vec::new();
    let cases = http2_cases();
    for (what, fields, body, allowed) in &cases {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let outcome = frames::request(service.addr(), &fields, *body)?;
        let good = frames::request(service.addr(), &bytes(&http2_get("/users/1")), None)?;
        if !allowed.contains(&outcome) || good != Outcome::Status(200) {
            wrong.push(format!("{what}: {outcome:?}, then {good:?}"));
        }
    }
    figure("bad input: HTTP/2 requests tried", cases.len());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(service.pid() == pid);
    expect_unharmed(&service).await
}

/// What is asked, its fields, its body, and what may come of it.
type Http2Case = (&'static str, Vec<(String, String)>, Option<&'static [u8]>, Vec<Outcome>);

fn http2_cases() -> Vec<Http2Case> {
    const MALFORMED: [Outcome; 3] = [Outcome::Reset, Outcome::GoAway, Outcome::Status(400)];
    let plus = |name: &str, value: &str| [http2_get("/users/1"), vec![field(name, value)]].concat();
    let without = |name: &str| http2_get("/users/1").into_iter().filter(|field| field.0 != name).collect::<Vec<_>>();
    let malformed = |what, fields| (what, fields, None, MALFORMED.to_vec());
    let first = |name: &str, value: &str| [vec![field(name, value)], http2_get("/users/1")].concat();
    let post = |length: &str| {
        let fields = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/users")];
        let more = [("content-type", "application/json"), ("content-length", length)];
        fields.into_iter().chain(more).map(|(name, value)| field(name, value)).collect::<Vec<_>>()
    };
    let many = (0..300).map(|n| field(&format!("x-{n}"), "a"));
    let large = "a".repeat(100_000);
    vec![
        ("a good request", http2_get("/users/1"), None, vec![Outcome::Status(200)]),
        ("an unknown path", http2_get("/nowhere"), None, vec![Outcome::Status(404)]),
        ("a bad id", http2_get("/users/%ff"), None, vec![Outcome::Status(400)]),
        malformed("a connection header", plus("connection", "keep-alive")),
        malformed("a transfer coding", plus("transfer-encoding", "chunked")),
        malformed("an upgrade", plus("upgrade", "h2c")),
        malformed("a TE that is not trailers", plus("te", "gzip")),
        malformed("a name in capitals", plus("X-Name", "a")),
        malformed("a name with a space", plus("x name", "a")),
        malformed("an empty name", plus("", "a")),
        malformed("a line end in a value", plus("x", "a\r\nb: c")),
        malformed("a NUL in a value", plus("x", "a\0b")),
        malformed("no path", without(":path")),
        malformed("no method", without(":method")),
        malformed("no scheme", without(":scheme")),
        malformed("two paths", first(":path", "/users/2")),
        malformed("an empty path", http2_get("")),
        malformed("a path without a slash", http2_get("users/1")),
        malformed("a status", plus(":status", "200")),
        malformed("an unknown pseudo field", first(":x", "a")),
        malformed("a pseudo field after the others", {
            let mut fields = plus("x", "a");
            fields.rotate_left(1);
            fields
        }),
        malformed("a length without a body", plus("content-length", "5")),
        ("a body that is longer than it says", post("1"), Some(b"{}xx"), MALFORMED.to_vec()),
        ("a body that is no user", post("2"), Some(b"{}"), vec![Outcome::Status(400)]),
        ("a trailers TE", plus("te", "trailers"), None, vec![Outcome::Status(200)]),
        (
            "a CONNECT",
            vec![field(":method", "CONNECT"), field(":authority", "a:1")],
            None,
            vec![Outcome::Status(404), Outcome::Reset],
        ),
        (
            "300 headers",
            http2_get("/users/1").into_iter().chain(many).collect(),
            None,
            vec![Outcome::Status(200), Outcome::Status(431)],
        ),
        ("a header of 100 KB", plus("x", &large), None, vec![Outcome::Status(431), Outcome::Reset, Outcome::GoAway]),
    ]
}

fn http2_get(path: &str) -> Vec<(String, String)> {
    [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)].map(|(n, v)| field(n, v)).to_vec()
}

pub(super) fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

pub(super) fn bytes(fields: &[(String, String)]) -> Vec<(&[u8], &[u8])> {
    fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}
