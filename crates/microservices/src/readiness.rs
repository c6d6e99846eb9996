//! Is a service ready: its admin port's `/readyz`, asked until it says yes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::child::Child;

const PATIENCE: Duration = Duration::from_secs(15);
const ASK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `child` is ready; the error shows what it is waiting for itself.
pub async fn wait(child: &Child) -> anyhow::Result<()> {
    let mut answer = String::new();
    let asked = async {
        loop {
            answer = ask(child.admin_addr).await.unwrap_or_else(|error| error.to_string());
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    if tokio::time::timeout(PATIENCE, asked).await.is_err() {
        let last = answer.lines().last().unwrap_or_default();
        bail!("{} is not ready after {PATIENCE:?}: {last} (--fresh begins with new data)", child.role.workload().name);
    }
    Ok(())
}

/// Three lines of HTTP to our own port: no reason for a client library.
async fn ask(admin: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
