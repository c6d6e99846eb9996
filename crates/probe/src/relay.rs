//! A server that passes on the bytes of each connection: whoever reaches it speaks with the identity of the pod it is in.

use std::{io, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// How long to wait after a connection that could not be accepted, for example for want of a file descriptor.
const BREATH: Duration = Duration::from_millis(50);

/// Passes on connections to `host:port`, which is looked up for each of them, until the future is dropped. What cannot be
/// passed on is closed: to its client that is a server that went away.
///
/// # Errors
/// When the listener has no address.
pub async fn serve(listener: TcpListener, to: String) -> io::Result<()> {
    listener.local_addr()?;
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                connections.spawn(pass_on(client, to.clone()));
            }
            Err(_) => sleep(BREATH).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn pass_on(mut client: TcpStream, to: String) -> io::Result<()> {
    let mut server = TcpStream::connect(to).await?;
    // Small requests would wait for one another's acknowledgement.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A relay to an address.
    async fn relay(to: String) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, to));
        TcpStream::connect(address).await.expect("it listens")
    }

    #[tokio::test]
    async fn bytes_go_both_ways_and_so_does_the_end() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut client = relay(server.local_addr().expect("an address").to_string()).await;
        let (mut served, _) = server.accept().await.expect("a connection");
        client.write_all(b"ask").await.expect("sent");
        client.shutdown().await.expect("ended");
        let mut heard = String::new();
        served.read_to_string(&mut heard).await.expect("all of it");
        served.write_all(b"answer").await.expect("sent");
        drop(served);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("all of it");
        assert_eq!((heard.as_str(), answer.as_str()), ("ask", "answer"));
    }

    #[tokio::test]
    async fn a_connection_that_leads_nowhere_is_closed() {
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
        let mut client = relay(closed.to_string()).await;
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0);
    }
}
