//! One HTTP connection, on which a request is written at most once.

use bytes::Bytes;
use http::{
    Request, Response, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpStream, lookup_host};

use crate::{
    answer::Answer,
    failure::{Cause, Failure},
    plan::Http,
    target::Target,
};

/// An open connection.
#[derive(Debug)]
pub(crate) enum Connection {
    H1(http1::SendRequest<Full<Bytes>>),
    H2c(http2::SendRequest<Full<Bytes>>),
}

/// Why a connection gave no answer.
#[derive(Debug)]
pub(crate) enum SendError {
    /// It was closed before the first byte of the request was written: here the request is again.
    Unsent(Box<Request<Full<Bytes>>>, Failure),
    /// The request was written.
    Failed(Failure),
}

type Sent = Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>>;

impl Connection {
    /// Connects to the first address of the target that accepts.
    pub(crate) async fn open(target: &Target, http: Http) -> Result<Self, Failure> {
        let io = TokioIo::new(connect(target).await?);
        let failed = |error| Failure::exchanging(&error);
        // The drivers end with the connection. What goes wrong on it, the request in flight is told.
        Ok(match http {
            Http::H1 => {
                let (sender, driver) = http1::handshake(io).await.map_err(failed)?;
                tokio::spawn(driver);
                Self::H1(sender)
            }
            Http::H2c => {
                let (sender, driver) = http2::handshake(TokioExecutor::new(), io).await.map_err(failed)?;
                tokio::spawn(driver);
                Self::H2c(sender)
            }
        })
    }

    /// A second handle on the same connection, if its protocol can share one.
    pub(crate) fn share(&self) -> Option<Self> {
        match self {
            Self::H1(_) => None,
            Self::H2c(sender) => Some(Self::H2c(sender.clone())),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::H1(sender) => sender.is_closed(),
            Self::H2c(sender) => sender.is_closed(),
        }
    }

    /// Sends a request once and reads the whole answer.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, SendError> {
        if let Err(error) = self.ready().await {
            return Err(SendError::Unsent(Box::new(request), Failure::exchanging(&error)));
        }
        let sent = match self {
            Self::H1(sender) => sender.try_send_request(request).await,
            Self::H2c(sender) => sender.try_send_request(with_authority(request)).await,
        };
        read(sent).await
    }

    async fn ready(&mut self) -> Result<(), hyper::Error> {
        match self {
            Self::H1(sender) => sender.ready().await,
            Self::H2c(sender) => sender.ready().await,
        }
    }
}

impl SendError {
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Unsent(_, failure) | Self::Failed(failure) => failure,
        }
    }
}

async fn connect(target: &Target) -> Result<TcpStream, Failure> {
    let unresolved = |error: &str| Failure::new(Cause::Unresolved, format!("{}: {error}", target.host()));
    let addrs = lookup_host((target.host(), target.port())).await.map_err(|error| unresolved(&error.to_string()))?;
    let mut failure = unresolved("no address");
    for addr in addrs {
        match TcpStream::connect(addr).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(|error| Failure::connecting(&error))?;
                return Ok(stream);
            }
            Err(error) => failure = Failure::connecting(&error),
        }
    }
    Err(failure)
}

async fn read(sent: Sent) -> Result<Answer, SendError> {
    let response = sent.map_err(|mut error| {
        let request = error.take_message();
        let failure = Failure::exchanging(error.error());
        match request {
            Some(request) => SendError::Unsent(Box::new(request), failure),
            None => SendError::Failed(failure),
        }
    })?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| SendError::Failed(Failure::exchanging(&error)))?;
    Ok(Answer { version: parts.version, status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

/// HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
fn with_authority(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let Some(host) = request.headers_mut().remove(HOST) else { return request };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return request };
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).expect("scheme, authority and path are a URI");
    request
}
