//! A closed loop over a fixed number of connections, as lean as it can be.
//!
//! It shares a core with the backend, and must be faster than the fastest peer, or it would be the generator that is
//! measured. So it writes bytes that were made before and reads no more of an answer than its status and its length.
//! Whoever uses it asks for one answer through `probe` first, and looks at all of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::on_core;

/// Nobody measured takes that long for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent, and over how many connections.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where to.
    pub address: SocketAddr,
    /// How many requests at a time.
    pub connections: usize,
    /// What.
    pub request: Request,
}

/// A request, made anew for each number.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The path; in it and in the body `{id}` is replaced by a number from 1 to `ids`, in a sequence without order.
    pub path: &'static str,
    /// How many ids there are.
    pub ids: u64,
    /// The body, JSON, may be empty.
    pub body: String,
    /// The only right status.
    pub status: u16,
}

/// When it is enough.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After so many requests.
    Count(u64),
    /// After that time.
    Time(Duration),
}

struct Shared {
    load: Load,
    until: Until,
    began: Instant,
    sent: AtomicU64,
}

impl Request {
    /// GET of one path.
    #[must_use]
    pub fn get(path: &'static str) -> Self {
        Self { method: "GET", path, ids: 1, body: String::new(), status: 200 }
    }

    /// The path of the request with this number.
    #[must_use]
    pub fn path(&self, n: u64) -> String {
        self.numbered(self.path, n)
    }

    /// The body of the request with this number.
    #[must_use]
    pub fn body(&self, n: u64) -> String {
        self.numbered(&self.body, n)
    }

    fn numbered(&self, template: &str, n: u64) -> String {
        // A multiplier without a common divisor with any of the numbers of rows: each id comes once a round.
        let id = n.wrapping_mul(2_654_435_761) % self.ids.max(1) + 1;
        template.replace("{id}", &id.to_string())
    }

    fn bytes(&self, n: u64) -> Vec<u8> {
        let (method, path, body) = (self.method, self.path(n), self.body(n));
        let about_body = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
        };
        format!("{method} {path} HTTP/1.1\r\nhost: bench\r\naccept: */*\r\n{about_body}\r\n{body}").into_bytes()
    }
}

impl Load {
    /// Runs on a core of its own until it is enough, and returns how many answers came.
    ///
    /// # Errors
    /// When one answer is not right, or does not come.
    pub fn run(&self, core: usize, until: Until) -> anyhow::Result<u64> {
        let shared = Arc::new(Shared { load: self.clone(), until, began: Instant::now(), sent: AtomicU64::new(0) });
        let thread = std::thread::spawn(move || on_core(core, || drive(shared)));
        thread.join().map_err(|_| anyhow::anyhow!("the load generator panicked"))??
    }
}

fn drive(shared: Arc<Shared>) -> anyhow::Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        for _ in 0..shared.load.connections {
            connections.spawn(connection(Arc::clone(&shared)));
        }
        let mut answered = 0;
        while let Some(ended) = connections.join_next().await {
            answered += ended.context("a connection panicked")??;
        }
        Ok(answered)
    })
}

async fn connection(shared: Arc<Shared>) -> anyhow::Result<u64> {
    let Load { address, request, .. } = &shared.load;
    let mut stream = TcpStream::connect(address).await.with_context(|| format!("no connection to {address}"))?;
    stream.set_nodelay(true)?;
    let (mut answer, mut answered) = (Vec::with_capacity(16 * 1024), 0);
    while let Some(n) = shared.claim() {
        stream.write_all(&request.bytes(n)).await?;
        let status = tokio::time::timeout(PATIENCE, read(&mut stream, &mut answer)).await.context("no answer")??;
        if status != request.status {
            bail!("{} was answered {}", request.path(n), String::from_utf8_lossy(&answer));
        }
        answered += 1;
    }
    Ok(answered)
}

impl Shared {
    fn claim(&self) -> Option<u64> {
        let n = self.sent.fetch_add(1, Ordering::Relaxed);
        let more = match self.until {
            Until::Count(count) => n < count,
            Until::Time(time) => self.began.elapsed() < time,
        };
        more.then_some(n)
    }
}

/// Reads one answer to its end and returns its status.
async fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the connection ended after {} bytes of an answer", answer.len());
        }
        let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n").map(|end| end + 4) else { continue };
        let (status, length) = head_of(&answer[..head])?;
        while answer.len() < head + length {
            if stream.read_buf(answer).await? == 0 {
                bail!("the connection ended in the body of an answer");
            }
        }
        return Ok(status);
    }
}

/// Status and length of the body.
fn head_of(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let text = std::str::from_utf8(head).context("a head that is no text")?;
    let status = text.get(9..12).and_then(|code| code.parse().ok()).context("no HTTP/1.1")?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Ok((status, length.context("an answer without content-length")?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn status_and_length_are_read_whatever_the_case_of_names() {
        let head = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(head_of(head).expect("a head"), (201, 12));
        assert!(head_of(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(head_of(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn every_id_is_asked_for_once_a_round() {
        let request = Request { ids: 1000, ..Request::get("/users/{id}") };
        let paths: BTreeSet<String> = (0..1000).map(|n| request.path(n)).collect();
        assert_eq!(paths.len(), 1000);
        assert!(paths.contains("/users/1") && paths.contains("/users/1000"));
        assert_ne!(request.path(1), "/users/2", "not one after the other");
    }
}
