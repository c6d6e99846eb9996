//! What a port does when somebody connects to it and says something: a look from below HTTP at network policies, mTLS and
//! databases.

use std::{
    fmt::{self, Display, Formatter},
    io::{self, ErrorKind},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// PostgreSQL's SSLRequest: its own length, and a code in place of a protocol version. A server answers `S` or `N`, before it
/// asks who is there.
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// What to say after connecting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Greeting {
    /// Nothing: wait for the other side to speak or to close.
    Silence,
    /// These bytes.
    Bytes(Bytes),
    /// PostgreSQL's question whether TLS is spoken.
    Postgres,
}

/// How a port behaved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Knock {
    /// It accepted, and answered or at least did not close.
    Open,
    /// It answered as PostgreSQL does.
    Postgres,
    /// It accepted, then closed or reset the connection without an answer.
    Closed,
    /// Nobody listens, or somebody rejects with a reset.
    Refused,
    /// No answer to the connection attempt: the packets are dropped.
    Timeout,
    /// There is no way to the address.
    Unreachable,
    /// The name has no address.
    Unresolved,
}

/// Connects to `HOST:PORT`, says the greeting and waits for an answer, each at most this long.
pub async fn knock(addr: &str, greeting: &Greeting, patience: Duration) -> Knock {
    let Ok(mut addrs) = tokio::net::lookup_host(addr).await else { return Knock::Unresolved };
    let Some(addr) = addrs.next() else { return Knock::Unresolved };
    match timeout(patience, TcpStream::connect(addr)).await {
        Ok(Ok(stream)) => talk(stream, greeting, patience).await,
        Ok(Err(error)) => not_connected(&error),
        Err(_) => Knock::Timeout,
    }
}

impl Display for Knock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Postgres => "postgres",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Unresolved => "unresolved",
        })
    }
}

impl Greeting {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Silence => &[],
            Self::Bytes(bytes) => bytes,
            Self::Postgres => SSL_REQUEST,
        }
    }
}

fn not_connected(error: &io::Error) -> Knock {
    match error.kind() {
        ErrorKind::ConnectionRefused => Knock::Refused,
        ErrorKind::ConnectionReset => Knock::Closed,
        ErrorKind::TimedOut => Knock::Timeout,
        _ => Knock::Unreachable,
    }
}

async fn talk(mut stream: TcpStream, greeting: &Greeting, patience: Duration) -> Knock {
    if stream.write_all(greeting.bytes()).await.is_err() {
        return Knock::Closed;
    }
    let mut answer = [0; 1];
    match timeout(patience, stream.read(&mut answer)).await {
        Ok(Ok(1)) if *greeting == Greeting::Postgres && matches!(&answer, b"N" | b"S") => Knock::Postgres,
        Ok(Ok(1)) | Err(_) => Knock::Open,
        Ok(Ok(_) | Err(_)) => Knock::Closed,
    }
}

#[cfg(test)]
mod tests {
    use tokio::{net::TcpListener, task::JoinHandle};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(500);

    /// A server that reads something, answers, and keeps the connection for as long as it is asked to.
    async fn server(answer: Option<&'static [u8]>) -> (String, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound").to_string();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 64]).await.expect("a greeting");
            let Some(answer) = answer else { return };
            stream.write_all(answer).await.expect("it is read");
            // The caller hangs up, with a reset when it has not read all.
            let _ = stream.read(&mut [0; 64]).await;
        });
        (addr, serving)
    }

    #[tokio::test]
    async fn a_port_is_known_by_its_answer() {
        let text = || Greeting::Bytes(Bytes::from_static(b"GET / HTTP/1.0\r\n\r\n"));
        for (answer, greeting, expected) in [
            (Some(&b"HTTP/1.0 200 OK\r\n"[..]), text(), Knock::Open),
            (Some(b""), text(), Knock::Open),
            (None, text(), Knock::Closed),
            (Some(b"N"), Greeting::Postgres, Knock::Postgres),
            (Some(b"S"), Greeting::Postgres, Knock::Postgres),
            (Some(b"N"), text(), Knock::Open),
            (Some(b"HTTP/1.1 400"), Greeting::Postgres, Knock::Open),
            (None, Greeting::Postgres, Knock::Closed),
        ] {
            let (addr, serving) = server(answer).await;
            assert_eq!(knock(&addr, &greeting, PATIENCE).await, expected, "{greeting:?} -> {answer:?}");
            serving.await.expect("the server saw no error");
        }
    }

    #[tokio::test]
    async fn a_port_without_a_listener_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound").to_string();
        drop(listener);
        assert_eq!(knock(&addr, &Greeting::Silence, PATIENCE).await, Knock::Refused);
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_unresolved() {
        assert_eq!(knock("nobody.invalid:80", &Greeting::Silence, PATIENCE).await, Knock::Unresolved);
    }
}
