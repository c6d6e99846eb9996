//! How a request is put on the wire: versions, lengths, chunks, size.

use super::{
    Case,
    Then::{Any, Closed, Refused, Usable},
    To,
    To::{Gateway, Orders, Users},
    write::{JSON, authorization_line, get, request, with_length},
};

/// More than the limit of a body, less than what is still read so that the caller can read the 413.
const TOO_LARGE: usize = 3_000_000;

pub(super) fn versions() -> Vec<Case> {
    let line = |version: &str| format!("GET /users/1{version}\r\nhost: a\r\n\r\n").into_bytes();
    vec![
        Case::new("HTTP/1.0", Users, line(" HTTP/1.0"), 200, Closed),
        Case::new("HTTP/1.0 without a host", Users, b"GET /users/1 HTTP/1.0\r\n\r\n".to_vec(), 200, Closed),
        Case::new(
            "HTTP/1.0 that stays",
            Users,
            b"GET /users/1 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n".to_vec(),
            200,
            Usable,
        ),
        Case::new("HTTP/0.9", Users, b"GET /users/1\r\n\r\n".to_vec(), 400, Refused),
        Case::new("http/1.1", Users, line(" http/1.1"), 400, Refused),
        Case::new("HTTP/1.2", Users, line(" HTTP/1.2"), 400, Refused),
        Case::new("HTTP/2.0 without its preface", Users, line(" HTTP/2.0"), 400, Refused),
        Case::new("HTTP/9.9", Users, line(" HTTP/9.9"), 400, Refused),
        Case::new("HTTPS/1.1", Users, line(" HTTPS/1.1"), 400, Refused),
        Case::new(
            "a TLS hello",
            Users,
            Vec::from(b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03\r\n\r\n"),
            400,
            Refused,
        ),
        Case::new("noise", Users, Vec::from(b"\x00\x01\x02\x03\r\n\r\n"), 400, Refused),
        Case::new("empty lines first", Users, [b"\r\n\r\n".to_vec(), get("/users/1")].concat(), 200, Usable),
        Case::new("lines that end with LF", Users, b"GET /users/1 HTTP/1.1\nhost: a\n\n".to_vec(), 200, Usable),
    ]
}

pub(super) fn framing() -> Vec<Case> {
    let post = |headers: &str, body: &[u8]| request("POST", "/users", &format!("{JSON}{headers}"), body);
    let chunked = b"2\r\n{}\r\n0\r\n\r\n";
    vec![
        Case::new("two lengths", Users, post("content-length: 1\r\ncontent-length: 2\r\n", b"{}"), 400, Refused),
        Case::new("one length twice", Users, post("content-length: 2\r\ncontent-length: 2\r\n", b"{}"), 400, Usable),
        Case::new("a list of lengths", Users, post("content-length: 2, 3\r\n", b"{}"), 400, Refused),
        Case::new("a length below 0", Users, post("content-length: -1\r\n", b""), 400, Refused),
        Case::new("a length with a plus", Users, post("content-length: +2\r\n", b"{}"), 400, Refused),
        Case::new("a length in letters", Users, post("content-length: two\r\n", b"{}"), 400, Refused),
        Case::new(
            "a length beyond 64 bits",
            Users,
            post("content-length: 99999999999999999999\r\n", b"{}"),
            400,
            Refused,
        ),
        Case::new(
            "a length and chunks",
            Users,
            post("content-length: 5\r\ntransfer-encoding: chunked\r\n", chunked),
            400,
            Any,
        ),
        Case::new("an unknown coding", Users, post("transfer-encoding: gzip\r\n", b"{}"), 400, Refused),
        Case::new("a coding after chunked", Users, post("transfer-encoding: chunked, gzip\r\n", chunked), 400, Refused),
        Case::new(
            "a coding that looks like chunked",
            Users,
            post("transfer-encoding: xchunked\r\n", chunked),
            400,
            Refused,
        ),
        Case::new("a coding before chunked", Users, post("transfer-encoding: gzip, chunked\r\n", chunked), 400, Any),
        Case::new(
            "a chunk size that is none",
            Users,
            post("transfer-encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n"),
            400,
            Closed,
        ),
        Case::new(
            "a chunk size beyond 64 bits",
            Users,
            post("transfer-encoding: chunked\r\n", b"fffffffffffffffff\r\n"),
            400,
            Closed,
        ),
        Case::new(
            "a chunk that is longer than it says",
            Users,
            post("transfer-encoding: chunked\r\n", b"1\r\n{}\r\n0\r\n\r\n"),
            400,
            Closed,
        ),
        Case::new(
            "chunks in HTTP/1.0",
            Users,
            [b"POST /users HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n", &chunked[..]].concat(),
            400,
            Refused,
        ),
        Case::new(
            "trailers",
            Users,
            post("transfer-encoding: chunked\r\n", b"2\r\n{}\r\n0\r\nx: y\r\n\r\n"),
            400,
            Usable,
        ),
        Case::new(
            "a wait for 100 and then nothing",
            Users,
            post("expect: 100-continue\r\ncontent-length: 3000000\r\n", b""),
            413,
            Any,
        ),
    ]
}

pub(super) fn large_bodies() -> Vec<Case> {
    let body = vec![b'x'; TOO_LARGE];
    let chunks = [&b"10000\r\n"[..], &[b'x'; 65536], b"\r\n"].concat().repeat(TOO_LARGE / 65536);
    let chunks = [&chunks[..], b"0\r\n\r\n"].concat();
    let fronts = [
        (Users, "/users", String::new()),
        (Orders, "/orders", String::new()),
        (Gateway, "/api/users", authorization_line()),
        (Gateway, "/api/orders", authorization_line()),
    ];
    let case = |(to, path, more): (To, &str, String)| {
        let announced = request("POST", path, &with_length(&format!("{JSON}{more}"), body.len()), &body);
        let unannounced = request("POST", path, &format!("{JSON}{more}transfer-encoding: chunked\r\n"), &chunks);
        let endless = request("POST", path, &with_length(&format!("{JSON}{more}"), usize::MAX / 2), b"{");
        [
            Case::new(format!("3 MB to {path}"), to, announced, 413, Usable),
            Case::new(format!("3 MB in chunks to {path}"), to, unannounced, 413, Usable),
            Case::new(format!("8 EB to {path}"), to, endless, 413, Closed),
        ]
    };
    let mut cases: Vec<_> = fronts.into_iter().flat_map(case).collect();
    let to = |method: &str, path: &str| request(method, path, &with_length(JSON, body.len()), &body);
    cases.push(Case::new("3 MB to nowhere", Users, to("POST", "/nowhere"), 404, Any));
    cases.push(Case::new("3 MB with a wrong method", Users, to("POST", "/users/1"), 405, Any));
    cases.push(Case::new("3 MB without a token", Gateway, to("POST", "/api/users"), 401, Any));
    cases.push(Case::new("3 MB with a GET", Users, to("GET", "/users/1"), 413, Usable));
    cases
}
