//! Spans that are sent over OTLP/gRPC are told as JSON.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span as Sent},
};
use probe::{
    Plan,
    collect::{self, Kind, SPANS, Span, Spans, Told},
};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

#[tokio::test]
async fn what_was_exported_is_told_by_its_trace() {
    let (otlp, json) = start().await;
    for trace in [0xab, 0xcd] {
        assert_eq!(call(otlp, EXPORT, &batch(trace)).await["grpc-status"], "0");
    }
    let told = told(json, &format!("{SPANS}?trace={}", "ab".repeat(16))).await;
    let span = Span {
        service: "shop".to_owned(),
        trace_id: "ab".repeat(16),
        span_id: "01".repeat(8),
        parent_id: "02".repeat(8),
        name: "GET /".to_owned(),
        kind: Kind::Server,
        attributes: [("http.route".to_owned(), "/".to_owned())].into(),
        ..Span::default()
    };
    assert_eq!(told, Told { received: 2, forgotten: 0, spans: vec![span] });
}

#[tokio::test]
async fn the_spans_are_listed_in_one_place_and_counted_everywhere() {
    let (otlp, json) = start().await;
    call(otlp, EXPORT, &batch(1)).await;
    assert_eq!(told(json, SPANS).await.spans.len(), 1);
    assert_eq!(told(json, "/").await, Told { received: 1, ..Told::default() });
}

#[tokio::test]
async fn another_call_is_refused_and_keeps_nothing() {
    let (otlp, json) = start().await;
    let metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    assert_eq!(call(otlp, metrics, &batch(1)).await["grpc-status"], "12");
    assert_eq!(told(json, "/").await.received, 0);
}

async fn start() -> (SocketAddr, SocketAddr) {
    let bind = || async { TcpListener::bind("127.0.0.1:0").await.expect("a free port") };
    let (otlp, json, spans) = (bind().await, bind().await, Spans::new(10));
    let addrs = (otlp.local_addr().expect("bound"), json.local_addr().expect("bound"));
    tokio::spawn(collect::take(otlp, spans.clone()));
    tokio::spawn(collect::tell(json, spans));
    addrs
}

/// Calls as gRPC does and returns the trailers.
async fn call(addr: SocketAddr, path: &str, message: &[u8]) -> HeaderMap {
    let stream = TcpStream::connect(addr).await.expect("it listens");
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let mut framed = BytesMut::from(&[0][..]);
    framed.extend_from_slice(&u32::try_from(message.len()).expect("it is small").to_be_bytes());
    framed.extend_from_slice(message);
    let request = Request::post(format!("http://{addr}{path}")).header("content-type", "application/grpc");
    let request = request.body(Full::<Bytes>::from(framed.freeze())).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    answer.into_body().collect().await.expect("a whole answer").trailers().cloned().expect("trailers")
}

async fn told(addr: SocketAddr, path: &str) -> Told {
    let url = format!("http://{addr}{path}").parse().expect("a URL");
    let answer = probe::call(&Plan::new(url)).await.expect("an answer");
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn batch(trace: u8) -> Vec<u8> {
    let span = Sent {
        trace_id: vec![trace; 16],
        span_id: vec![1; 8],
        parent_span_id: vec![2; 8],
        name: "GET /".to_owned(),
        kind: 2,
        attributes: vec![attribute("http.route", "/")],
        ..Sent::default()
    };
    let resource = Resource { attributes: vec![attribute("service.name", "shop")], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}
