//! Answers every request without a body with the same bytes, at the least cost: it shares a core with the load.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What user-service answers for its first user.
const BODY: &str =
    r#"{"id":1,"name":"Ada Lovelace","email":"ada@example.com","created_at":"2025-01-01T00:00:00.000Z"}"#;

pub(super) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = mesh_ready::server::listen(listen)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream));
    }
}

/// Ends without a word when the caller does.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-served-by: user-service/v1/bench\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{BODY}", BODY.len());
    let mut request = Vec::with_capacity(8 * 1024);
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"\r\n\r\n") {
            stream.write_all(answer.as_bytes()).await?;
            request.clear();
        }
    }
    Ok(())
}
