//! Callers that take their time.

use std::time::{Duration, Instant};

use anyhow::ensure;
use e2e::{raw::Raw, report::figure, service::Service};

use super::{expect_unharmed, write::get};

#[tokio::test]
async fn a_head_that_does_not_end_is_closed_in_time() -> anyhow::Result<()> {
    const TIMEOUT: Duration = Duration::from_millis(400);
    let service = Service::start_ready("user-service", &[("HEADER_READ_TIMEOUT_MS", "400")]).await?;
    let begun: [(&str, &[u8]); 7] = [
        ("nothing", b""),
        ("a method", b"GET"),
        ("half a line", b"GET /users/1 HT"),
        ("half a head", b"GET /users/1 HTTP/1.1\r\nhost: a\r\n"),
        ("half a header", b"GET /users/1 HTTP/1.1\r\nhost: a\r\nx-"),
        ("a letter of HTTP/2's preface", b"P"),
        ("half of HTTP/2's preface", b"PRI * HTTP/2.0\r\n"),
    ];
    let mut wrong = Vec::new();
    for (what, bytes) in begun {
        let mut raw = Raw::open(service.addr())?;
        raw.send(bytes)?;
        let start = Instant::now();
        let closed = raw.is_closed_within(TIMEOUT + Duration::from_secs(2))?;
        figure(&format!("bad input: {what}, closed after (ms)"), start.elapsed().as_millis());
        if !closed {
            wrong.push(what);
        }
    }
    ensure!(wrong.is_empty(), "still open long after HEADER_READ_TIMEOUT_MS: {wrong:?}");
    expect_unharmed(&service).await
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_closed_in_time_all_the_same() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[("HEADER_READ_TIMEOUT_MS", "400")]).await?;
    let mut raw = Raw::open(service.addr())?;
    let start = Instant::now();
    for byte in get("/users/1").iter().cycle() {
        raw.send(&[*byte])?;
        if raw.is_closed_within(Duration::from_millis(50))? {
            break;
        }
        ensure!(start.elapsed() < Duration::from_secs(3), "it is still read after {:?}", start.elapsed());
    }
    Ok(())
}
