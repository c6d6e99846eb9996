//! The one call of OTLP/gRPC that a receiver answers: `TraceService/Export`.
//!
//! A unary call is a POST over HTTP/2 with one length-prefixed message, and its status comes in the trailers. That is all of
//! gRPC that is needed, so that no gRPC server with its router and its balancer comes into a small image.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited, combinators::WithTrailers};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::{Spans, span};

/// gRPC's own limit of a message.
const LARGEST: usize = 4 * 1024 * 1024;

/// The path of the call.
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// The length prefix of a message: a flag and four bytes. With nothing behind it, it is the empty answer.
const PREFIX: usize = 5;

/// Why a call is refused, as gRPC numbers it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    /// The message cannot be read.
    InvalidArgument = 3,
    /// Another call, or a compressed message.
    Unimplemented = 12,
}

type Answer = WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Infallible>>>>;

/// Answers a call.
pub(super) async fn answer(request: Request<Incoming>, spans: Spans) -> Response<Answer> {
    match read(request).await {
        Ok(batch) => {
            spans.keep(span::all(batch));
            with_status(0, Full::from(vec![0; PREFIX]))
        }
        Err(refusal) => with_status(refusal as u8, Full::default()),
    }
}

async fn read(request: Request<Incoming>) -> Result<ExportTraceServiceRequest, Refusal> {
    if request.uri().path() != EXPORT {
        return Err(Refusal::Unimplemented);
    }
    let body = Limited::new(request.into_body(), LARGEST + PREFIX).collect().await;
    message(body.map_err(|_| Refusal::InvalidArgument)?.to_bytes())
}

fn message(mut body: Bytes) -> Result<ExportTraceServiceRequest, Refusal> {
    if body.len() < PREFIX {
        return Err(Refusal::InvalidArgument);
    }
    if body.get_u8() != 0 {
        return Err(Refusal::Unimplemented);
    }
    let length = body.get_u32() as usize;
    let whole = body.len() == length;
    let decoded = whole.then(|| ExportTraceServiceRequest::decode(body).ok()).flatten();
    decoded.ok_or(Refusal::InvalidArgument)
}

fn with_status(status: u8, body: Full<Bytes>) -> Response<Answer> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(u16::from(status)));
    let mut response = Response::new(body.with_trailers(ready(Some(Ok(trailers)))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(flag: u8, length: u32, message: &[u8]) -> Bytes {
        [&[flag], &length.to_be_bytes()[..], message].concat().into()
    }

    #[test]
    fn only_a_whole_and_plain_message_is_read() {
        assert_eq!(message(framed(0, 0, b"")), Ok(ExportTraceServiceRequest::default()));
        assert_eq!(message(framed(1, 0, b"")), Err(Refusal::Unimplemented));
        for body in [Bytes::new(), framed(0, 4, b"abc"), framed(0, 3, b"abc")] {
            assert_eq!(message(body.clone()), Err(Refusal::InvalidArgument), "{body:?}");
        }
    }
}
