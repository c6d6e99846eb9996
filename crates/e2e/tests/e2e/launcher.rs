//! The laptop launcher: what it shows, how it starts, and that nothing is left when it ends.

mod ends;
mod keeps;
mod refuses;
mod shows;

use std::{net::TcpListener, path::Path, process::Command};

use ::http::HeaderValue;
use e2e::{
    binaries,
    http::{self, Answer, post_request},
    process::Process,
};
use serde_json::Value;

/// The flags of the ports, with the field of the ready line that shows where each came to be.
const PORTS: [(&str, &str); 6] = [
    ("--gateway-port", "gateway"),
    ("--user-port", "user_service"),
    ("--order-port", "order_service"),
    ("--gateway-admin-port", "gateway_admin"),
    ("--user-admin-port", "user_service_admin"),
    ("--order-admin-port", "order_service_admin"),
];

async fn write(url: &str, body: &Value, token: &str) -> anyhow::Result<Answer> {
    let mut request = post_request(url, body);
    request.headers_mut().insert("authorization", HeaderValue::try_from(format!("Bearer {token}"))?);
    http::send(request).await
}

fn spawn(data: &Path, args: &[&str], log_format: &str) -> anyhow::Result<Process> {
    Process::spawn("microservices", &mut command(data, args, log_format)?)
}

/// On any free ports but for those in `args`.
fn command(data: &Path, args: &[&str], log_format: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(binaries::path("microservices")?);
    for (flag, _) in PORTS.iter().filter(|(flag, _)| !args.contains(flag)) {
        command.args([flag, "0"]);
    }
    command.args(["--log-format", log_format, "--data"]).arg(data).args(args);
    Ok(command)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
