//! Fake services: real sockets that answer what a test says, byte for byte, and remember what they were asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A service on a free port.
pub struct Service {
    pub url: String,
    requests: Arc<Mutex<Vec<Asked>>>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, target and version.
    pub line: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Service {
    /// Answers each request with these bytes and closes the connection.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_| Some(bytes.clone())).await
    }

    /// Accepts requests and never answers.
    pub async fn silent() -> Self {
        Self::start(|_| None).await
    }

    /// Answers what `answer` says; None keeps the caller waiting.
    pub async fn start(answer: impl Fn(&Asked) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (asked, answer) = (requests.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, asked.clone(), answer.clone()));
            }
        });
        Self { url, requests }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.requests.lock().expect("no test panicked with it").clone()
    }
}

/// The URL of a port on which nobody listens.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A JSON answer with more header lines, each ended by `\r\n`.
pub fn json_with(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let fixed = format!("content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n");
    format!("HTTP/1.1 {status} X\r\n{fixed}{headers}\r\n{body}").into_bytes()
}

/// A JSON answer.
pub fn json(status: u16, body: &str) -> Vec<u8> {
    json_with(status, "", body)
}

impl Asked {
    /// The value of a header line, the first of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>, answer: Arc<impl Fn(&Asked) -> Option<Vec<u8>>>) {
    let Some(request) = read_request(&mut stream).await else { return };
    asked.lock().expect("no test panicked with it").push(request.clone());
    match answer(&request) {
        Some(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(position) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break position;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines().map(str::to_owned);
    let line = lines.next()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap_or(0));
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head_end + 4..]).into_owned();
    Some(Asked { line, headers, body })
}
