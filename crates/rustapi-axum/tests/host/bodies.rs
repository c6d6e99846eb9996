//! Bodies that are too large, too slow or cut off, with and without a length in front.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::header::EXPECT;
use http_body::Frame;
use tower::ServiceExt;

use crate::app::{BODY_LIMIT, answer, check, host, request};

const JSON: &str = "application/json";

/// A body of unknown length, as a chunked one is.
struct Chunks(Vec<Result<Bytes, io::Error>>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(self.0.pop().map(|chunk| chunk.map(Frame::data)))
    }
}

/// A body that never comes.
struct Silence;

impl http_body::Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn chunked(sizes: &[usize]) -> Body {
    Body::new(Chunks(sizes.iter().map(|&size| Ok(Bytes::from(vec![b' '; size]))).collect()))
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit() {
    let note = format!("{:width$}", r#"{"text":"hi"}"#, width = BODY_LIMIT);
    check(request("POST", "/notes", JSON, note.clone()), 201, "hi").await;
    let halves = note.as_bytes().chunks(BODY_LIMIT / 2).rev().map(|half| Ok(Bytes::copy_from_slice(half))).collect();
    check(request("POST", "/notes", JSON, Body::new(Chunks(halves))), 201, "hi").await;
}

#[tokio::test]
async fn a_larger_body_is_refused() {
    check(request("POST", "/notes", JSON, vec![b' '; BODY_LIMIT + 1]), 413, "1000 bytes").await;
    check(request("POST", "/notes", JSON, vec![b' '; 20_000_000]), 413, "1000 bytes").await;
    check(request("GET", "/notes", JSON, vec![b' '; BODY_LIMIT + 1]), 413, "1000 bytes").await;
}

#[tokio::test]
async fn a_larger_chunked_body_is_refused() {
    for sizes in [&[BODY_LIMIT + 1][..], &[1, BODY_LIMIT], &[500_000; 6], &[5_000_000; 4]] {
        check(request("POST", "/notes", JSON, chunked(sizes)), 413, "payload_too_large").await;
    }
}

#[tokio::test]
async fn a_caller_that_asks_first_is_refused_unread() {
    struct Unread;
    impl http_body::Body for Unread {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("reading the body asks the caller to send it")
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(BODY_LIMIT as u64 + 1)
        }
    }
    let mut request = request("POST", "/notes", JSON, Body::new(Unread));
    request.headers_mut().insert(EXPECT, "100-continue".parse().expect("a header"));
    check(request, 413, "payload_too_large").await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_timeout() {
    let router = host().body_timeout(Duration::from_millis(1)).into_parts().0;
    let request = request("POST", "/notes", JSON, Body::new(Silence));
    let answer = answer(router.oneshot(request).await.expect("routers do not fail")).await;
    assert_eq!(answer.status, 408, "{}", answer.body);
    assert!(answer.body.contains("did not arrive within 1ms"), "{}", answer.body);
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_a_bad_request() {
    let body = Body::new(Chunks(vec![Err(io::Error::other("reset")), Ok(Bytes::from_static(b"{"))]));
    check(request("POST", "/notes", JSON, body), 400, "ended before it was complete").await;
}

#[tokio::test]
async fn an_empty_chunked_body_needs_no_content_type() {
    check(request("DELETE", "/notes/1", "", chunked(&[])), 204, "").await;
}
