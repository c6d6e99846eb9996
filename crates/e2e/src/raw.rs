//! HTTP/1 byte by byte, for requests that no client library would send.
//!
//! It blocks: what these tests talk to are other processes.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, bail, ensure};

use crate::wait::PATIENCE;

/// A connection and what was read from it beyond the last answer.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    pending: Vec<u8>,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case; the last of several with one name.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Raw {
    /// Connects.
    ///
    /// # Errors
    /// When nobody accepts.
    pub fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).context("connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, pending: Vec::new() })
    }

    /// Sends these bytes. A server that has heard enough may stop reading: that is no error, its answer tells.
    ///
    /// # Errors
    /// When the bytes are not taken in time.
    pub fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self.stream.write_all(bytes) {
            Err(error) if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                Err(error).context("the request was not taken")
            }
            _ => Ok(()),
        }
    }

    /// Reads one answer to a request with this method; HEAD has answers without a body. Interim answers (1xx) are left out.
    ///
    /// # Errors
    /// When the connection ends before the answer does, or no whole answer comes in time.
    pub fn answer(&mut self, method: &str) -> anyhow::Result<RawAnswer> {
        loop {
            let answer = self.any_answer(method)?;
            if answer.status >= 200 {
                return Ok(answer);
            }
        }
    }

    /// Waits for the server to close, for at most `patience`; true when it did.
    ///
    /// # Errors
    /// When it sends something instead.
    pub fn is_closed_within(&mut self, patience: Duration) -> anyhow::Result<bool> {
        ensure!(self.pending.is_empty(), "unasked for: {}", String::from_utf8_lossy(&self.pending));
        self.stream.set_read_timeout(Some(patience))?;
        let read = self.stream.read(&mut [0; 1]);
        self.stream.set_read_timeout(Some(PATIENCE))?;
        match read {
            Ok(0) => Ok(true),
            Ok(_) => bail!("it sent something"),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(_) => Ok(true),
        }
    }

    /// Reads whatever comes until the server closes or `patience` is over.
    ///
    /// # Errors
    /// When the stream refuses a timeout.
    pub fn drain(&mut self, patience: Duration) -> anyhow::Result<Vec<u8>> {
        self.stream.set_read_timeout(Some(patience))?;
        while self.fill().is_ok() {}
        Ok(std::mem::take(&mut self.pending))
    }

    /// Reads exactly this many bytes.
    ///
    /// # Errors
    /// When they do not come.
    pub fn take(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        while self.pending.len() < count {
            self.fill()?;
        }
        Ok(self.pending.drain(..count).collect())
    }

    fn any_answer(&mut self, method: &str) -> anyhow::Result<RawAnswer> {
        let end = loop {
            if let Some(at) = self.pending.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().with_context(|| format!("no whole head: {}", String::from_utf8_lossy(&self.pending)))?;
        };
        let head = String::from_utf8_lossy(&self.take(end)?).into_owned();
        let (status, headers) = parse(&head)?;
        let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304;
        let length = headers.get("content-length").map_or(Ok(0), |length| length.parse()).context("content-length")?;
        ensure!(!headers.contains_key("transfer-encoding"), "no answer of ours has an unknown length: {head}");
        let body = if bodiless { Vec::new() } else { self.take(length).context("cut body")? };
        Ok(RawAnswer { status, headers, body })
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer)?;
        ensure!(count > 0, "the connection ended");
        self.pending.extend_from_slice(&buffer[..count]);
        Ok(())
    }
}

impl RawAnswer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn parse(head: &str) -> anyhow::Result<(u16, BTreeMap<String, String>)> {
    let mut lines = head.trim_end().split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok((status.with_context(|| format!("no status line: {first}"))?, headers.collect()))
}

#[cfg(test)]
mod tests {
    use crate::fake;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn answers_on_one_connection_are_told_apart() {
        let addr = fake::serve(|path| (path != "/cut").then_some(if path == "/good" { 200 } else { 404 })).await;
        let mut raw = Raw::open(addr).expect("it listens");
        raw.send(b"GET /good HTTP/1.1\r\nhost: a\r\n\r\nGET /bad HTTP/1.1\r\nhost: a\r\n\r\n").expect("it reads");
        assert_eq!([raw.answer("GET"), raw.answer("GET")].map(|answer| answer.expect("whole").status), [200, 404]);
        assert!(!raw.is_closed_within(Duration::from_millis(20)).expect("nothing more"));
        raw.send(b"GET /cut HTTP/1.1\r\nhost: a\r\n\r\n").expect("it reads");
        raw.answer("GET").expect_err("it is cut");
        assert!(raw.is_closed_within(PATIENCE).expect("nothing more"));
    }
}
