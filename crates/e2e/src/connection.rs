//! One HTTP connection in the test's own hands.
//!
//! A client with a pool decides for itself when to connect anew and when to send again, and so hides what these tests look
//! for. Here a connection is opened once, a request is sent once, and what goes wrong is an error.

use std::{net::SocketAddr, time::Instant};

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header::HOST, uri::Scheme};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::http::Answer;

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Http {
    /// HTTP/1.1 with keep-alive: one request at a time.
    H1,
    /// HTTP/2 without TLS, by prior knowledge, as sidecars speak it: many requests at a time.
    H2c,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    addr: SocketAddr,
    sender: Sender,
}

#[derive(Debug)]
enum Sender {
    H1(http1::SendRequest<Full<Bytes>>),
    H2c(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody accepts or the handshake fails.
    pub async fn open(addr: SocketAddr, http: Http) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await.context("connect")?;
        stream.set_nodelay(true).context("connect")?;
        let io = TokioIo::new(stream);
        let sender = match http {
            Http::H1 => {
                let (sender, connection) = http1::handshake(io).await.context("handshake")?;
                tokio::spawn(connection);
                Sender::H1(sender)
            }
            Http::H2c => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.context("handshake")?;
                tokio::spawn(connection);
                Sender::H2c(sender)
            }
        };
        Ok(Self { addr, sender })
    }

    /// A second handle on the same connection, if its protocol can share one.
    #[must_use]
    pub fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::H1(_) => None,
            Sender::H2c(sender) => Some(Self { addr: self.addr, sender: Sender::H2c(sender.clone()) }),
        }
    }

    /// Waits until it can take a request; false when the server has closed it or said that it will.
    pub async fn is_usable(&mut self) -> bool {
        match &mut self.sender {
            Sender::H1(sender) => sender.ready().await.is_ok(),
            Sender::H2c(sender) => sender.ready().await.is_ok(),
        }
    }

    /// Sends a request once and reads the whole answer. The request needs only a path; `Host` and authority are added.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub async fn send(&mut self, request: Request<Bytes>) -> anyhow::Result<Answer> {
        let start = Instant::now();
        let request = self.address(request)?;
        let response = match &mut self.sender {
            Sender::H1(sender) => sender.send_request(request).await,
            Sender::H2c(sender) => sender.send_request(request).await,
        };
        read(response.context("no answer")?, start).await
    }

    fn address(&self, request: Request<Bytes>) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = request.map(Full::new);
        let authority = self.addr.to_string();
        match self.sender {
            Sender::H1(_) if request.headers().contains_key(HOST) => {}
            Sender::H1(_) => {
                request.headers_mut().insert(HOST, HeaderValue::try_from(authority)?);
            }
            Sender::H2c(_) => {
                let mut parts = request.uri().clone().into_parts();
                parts.scheme = Some(Scheme::HTTP);
                parts.authority = Some(authority.parse()?);
                *request.uri_mut() = Uri::from_parts(parts)?;
            }
        }
        Ok(request)
    }
}

async fn read(response: Response<Incoming>, start: Instant) -> anyhow::Result<Answer> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.context("cut answer")?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body, elapsed: start.elapsed() })
}
