//! What a sidecar does for a canary, as little of it as a board can show: a weighted choice, and one more attempt after a 503.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use e2e::connection::{Connection, Http};
use http::{HeaderName, Request, Response, StatusCode, header};

use super::server::serve;

/// A running splitter.
#[derive(Clone, Debug)]
pub struct Splitter {
    /// Where callers call.
    pub addr: SocketAddr,
}

impl Splitter {
    /// Sends two of five calls to `canary`, the others to `stable`.
    pub async fn start(stable: SocketAddr, canary: SocketAddr) -> anyhow::Result<Self> {
        let calls = Arc::<AtomicU64>::default();
        let addr = serve(move |request| {
            let calls = Arc::clone(&calls);
            async move {
                let chosen = usize::from(calls.fetch_add(1, Ordering::Relaxed) % 5 >= 3);
                let mut answer = None;
                for _ in 0..2 {
                    let got = attempt([stable, canary][chosen], &request).await;
                    let again = got.as_ref().is_ok_and(|got| got.status() == StatusCode::SERVICE_UNAVAILABLE);
                    answer = Some(got);
                    if !again {
                        break;
                    }
                }
                answer.and_then(Result::ok).unwrap_or_else(bad_gateway)
            }
        });
        Ok(Self { addr: addr.await? })
    }
}

async fn attempt(addr: SocketAddr, request: &Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
    let mut request = request.clone();
    request.headers_mut().remove(header::HOST);
    let answer = Connection::open(addr, Http::H1).await?.send(request).await?;
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    for name in [header::CONTENT_TYPE, HeaderName::from_static(probe::SERVED_BY)] {
        let value = answer.headers.get(&name).cloned();
        value.map(|value| response.headers_mut().insert(name, value));
    }
    Ok(response)
}

fn bad_gateway() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
