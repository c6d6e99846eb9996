//! What only a real connection shows: that an answer arrives while the caller is still writing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::app::host;

/// Serves one connection of the test application.
async fn serve_one() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let service = TowerToHyperService::new(host().into_parts().0);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
    });
    address
}

fn read_answer(reader: &mut BufReader<TcpStream>) -> (String, String) {
    let mut status = String::new();
    reader.read_line(&mut status).expect("a status line");
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).expect("a header");
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a number");
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    (status, String::from_utf8(body).expect("UTF-8"))
}

fn write_three_megabytes(stream: &mut TcpStream) {
    let head =
        "POST /notes HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("written");
    for _ in 0..30 {
        stream.write_all(b"186a0\r\n").expect("written");
        stream.write_all(&[b' '; 100_000]).expect("written");
        stream.write_all(b"\r\n").expect("written");
    }
    stream.write_all(b"0\r\n\r\n").expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_a_body_that_is_too_large() {
    let address = serve_one().await;
    let caller = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("connected");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        write_three_megabytes(&mut stream);
        let refused = read_answer(&mut reader);
        let next = "GET /notes/7 HTTP/1.1\r\nhost: test\r\n\r\n";
        stream.write_all(next.as_bytes()).expect("written");
        (refused, read_answer(&mut reader))
    });
    let (refused, next) = caller.join().expect("the caller reads two answers");
    assert!(refused.0.contains("413") && refused.1.contains("payload_too_large"), "{refused:?}");
    assert!(next.0.contains("200") && next.1.contains("note 7"), "{next:?}");
}
