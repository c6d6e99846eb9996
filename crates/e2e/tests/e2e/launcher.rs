//! The laptop launcher: what it shows, how it starts, and that nothing is left when it ends.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use ::http::HeaderValue;
use anyhow::{Context, ensure};
use e2e::{
    binaries,
    connection::{Connection, Http},
    http::{self, Answer, get_request, post_request},
    launcher::Launcher,
    postgres::Postgres,
    process::{Finished, Process, Signal},
    relatives::{self, Relative},
    report::figure,
    shop,
    wait::{PATIENCE, eventually},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The flags of the ports, with the field of the ready line that shows where each came to be.
const PORTS: [(&str, &str); 6] = [
    ("--gateway-port", "gateway"),
    ("--user-port", "user_service"),
    ("--order-port", "order_service"),
    ("--gateway-admin-port", "gateway_admin"),
    ("--user-admin-port", "user_service_admin"),
    ("--order-admin-port", "order_service_admin"),
];

/// The best of a few starts has to do it: other tests run at the same time, and this is a development build.
const FIRST_ANSWER: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_fresh_folder_has_seeded_data_at_all_four_addresses() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let gateway = launcher.field("gateway");
    let reads = [
        (format!("{gateway}/api/users/1"), "user-service", "name"),
        (format!("{gateway}/api/orders/1"), "order-service", "lines"),
    ];
    for (url, service, field) in reads {
        let body = http::get(&url).await?.expect(200)?.json()?;
        ensure!(body["service"] == service && body["data"]["id"] == 1, "{body}");
        ensure!(!body["data"][field].is_null(), "{body}");
        ensure!(body.as_object().is_some_and(|body| body.len() == 2), "more than service and data: {body}");
    }
    for (service, path) in [("user_service", "/users/1"), ("order_service", "/orders/1")] {
        let body = http::get(&format!("{}{path}", launcher.field(service))).await?.expect(200)?.json()?;
        ensure!(body["id"] == 1, "{body}");
    }
    for (service, path) in [("user_service", "/orders/1"), ("gateway", "/users/1"), ("order_service", "/users/1")] {
        http::get(&format!("{}{path}", launcher.field(service))).await?.expect(404)?.expect_error_shape()?;
    }
    Ok(())
}

#[tokio::test]
async fn the_printed_token_and_no_less_allows_a_write() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let url = format!("{}/api/orders", launcher.field("gateway"));
    http::post(&url, &shop::new_order("TOKEN-1")).await?.expect(401)?.expect_error_shape()?;
    let order = write(&url, &shop::new_order("TOKEN-1"), launcher.field("token")).await?.expect(201)?.json()?;
    ensure!(order["service"] == "order-service" && shop::sku(&order["data"]) == "TOKEN-1", "{order}");
    Ok(())
}

#[tokio::test]
async fn the_gateway_answers_soon_after_the_start() -> anyhow::Result<()> {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let start = Instant::now();
        let launcher = spawn(&folder.path().join("data"), &["--gateway-port", &port.to_string()], "text")?;
        let addr: SocketAddr = ([127, 0, 0, 1], port).into();
        eventually(PATIENCE, "the gateway answers", async || {
            let mut connection = Connection::open(addr, Http::H1).await?;
            connection.send(get_request("/api/users/1")).await?.expect(200)
        })
        .await
        .with_context(|| launcher.log().tail())?;
        fastest = fastest.min(start.elapsed());
    }
    figure("launcher: from the start of the process to the first 200, best of 3 (ms)", fastest.as_millis());
    ensure!(fastest < FIRST_ANSWER, "{fastest:?}");
    Ok(())
}

#[tokio::test]
async fn the_text_shows_every_address_the_curls_and_a_token() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let launcher = spawn(&folder.path().join("data"), &[], "text")?;
    let log = launcher.log().clone();
    eventually(PATIENCE, "the welcome ends", async || {
        ensure!(log.text().contains("Ctrl-C"), "{}", log.tail());
        Ok(())
    })
    .await?;
    let text = log.text();
    let curls: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("curl http://")).collect();
    for path in ["/api/users/1", "/api/orders/1", "/users/1", "/orders/1"] {
        let curl = curls.iter().find(|curl| curl.split_once('/').is_some_and(|(_, rest)| format!("/{rest}") == path));
        let curl = curl.with_context(|| format!("no curl for {path}: {curls:?}"))?;
        http::get(&format!("http://{curl}")).await?.expect(200)?;
    }
    let token = text.lines().find_map(|line| line.trim().strip_prefix("export TOKEN=")).context("no token")?;
    let gateway = curls[0].split('/').next().context("an address")?;
    write(&format!("http://{gateway}/api/orders"), &shop::new_order("TEXT-1"), token).await?.expect(201)?;
    for service in ["api-gateway", "user-service", "order-service"] {
        let line = text.lines().find(|line| line.trim().starts_with(service) && line.contains("admin http://"));
        let admin = line.and_then(|line| line.split("admin ").nth(1)).with_context(|| format!("no {service}"))?;
        http::get(&format!("{}/livez", admin.trim())).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_flag_that_changes_it() -> anyhow::Result<()> {
    for (flag, _) in PORTS {
        let taken = TcpListener::bind("127.0.0.1:0")?;
        let port = taken.local_addr()?.port().to_string();
        expect_refused(&[flag, &port], &[&port, flag]).await.with_context(|| flag.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_port_that_two_of_them_want_is_named_with_its_flag() -> anyhow::Result<()> {
    let port = free_port()?.to_string();
    expect_refused(&["--user-port", &port, "--order-port", &port], &[&port, "--order-port"]).await
}

#[tokio::test]
async fn a_wrong_setting_of_a_service_ends_the_start_and_is_named() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut command = command(&folder.path().join("data"), &[], "json")?;
    let finished = Process::run("microservices", command.env("RATE_LIMIT_BURST", "0"), PATIENCE).await?;
    expect_failure(&finished, &["RATE_LIMIT_BURST", "400"])
}

#[tokio::test]
async fn a_signal_ends_all_of_them_in_order() -> anyhow::Result<()> {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let mut launcher = Launcher::start(&[], &[]).await?;
        let family = Family::of(&launcher)?;
        let start = Instant::now();
        launcher.signal(signal)?;
        let status = launcher.wait_exit().await?;
        figure(&format!("launcher: all ended after {signal:?} (ms)"), start.elapsed().as_millis());
        ensure!(status.code() == Some(0), "{status}: {}", launcher.log().tail());
        family.expect_gone().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_end_of_one_ends_all_with_its_code() -> anyhow::Result<()> {
    for service in ["user-service", "order-service", "api-gateway"] {
        for (signal, code) in [("KILL", 137), ("TERM", 0)] {
            let mut launcher = Launcher::start(&[], &[]).await?;
            let family = Family::of(&launcher)?;
            kill(signal, family.pid(service)?)?;
            let status = launcher.wait_exit().await?;
            let tail = launcher.log().tail();
            ensure!(status.code() == Some(code), "{service}, SIG{signal}: {status}\n{tail}");
            ensure!(launcher.log().text().contains(service), "it does not say which one ended:\n{tail}");
            family.expect_gone().await.with_context(|| format!("{service}, SIG{signal}"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_launcher_that_is_killed_leaves_no_child() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let family = Family::of(&launcher)?;
    let start = Instant::now();
    kill("KILL", launcher.pid())?;
    family.expect_gone().await?;
    figure("launcher: no child left after it was killed (ms)", start.elapsed().as_millis());
    Ok(())
}

#[tokio::test]
async fn a_second_start_keeps_what_was_written_and_a_fresh_one_does_not() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    // A folder's name is the user's choice, also where it would mean something in a URL.
    let data = folder.path().join("my data #1 100%25?");
    let (written, seed) = write_and_end(&data, &[]).await?;
    let again = start(&data, &[]).await?;
    ensure!(orders(&again).await?.contains(&written), "{written} is lost");
    end(again).await?;
    let fresh = start(&data, &["--fresh"]).await?;
    ensure!(orders(&fresh).await? == seed, "not the seed alone: {:?}", orders(&fresh).await?);
    end(fresh).await
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_postgresql_server_takes_the_place_of_the_files() -> anyhow::Result<()> {
    let postgres = Postgres::start().await?;
    let url = postgres.url("");
    let folder = TempDir::new()?;
    let data = folder.path().join("data");
    let server = ["--postgres", url.as_str()];
    let (written, seed) = write_and_end(&data, &server).await?;
    let count = postgres.query("order_service", "SELECT COUNT(*) FROM orders").await?;
    ensure!(count == (seed.len() + 1).to_string(), "{count} orders in the server");
    let files: Vec<_> = std::fs::read_dir(&data)?.flatten().map(|entry| entry.file_name()).collect();
    ensure!(!files.iter().any(|file| file.to_string_lossy().contains(".db")), "files beside the server: {files:?}");
    let again = start(&data, &server).await?;
    ensure!(orders(&again).await?.contains(&written), "{written} is lost");
    end(again).await?;
    let fresh = start(&data, &[server[0], server[1], "--fresh"]).await?;
    ensure!(orders(&fresh).await? == seed, "not the seed alone");
    end(fresh).await
}

/// The children of a running launcher.
struct Family {
    children: Vec<Relative>,
    admin_addrs: Vec<SocketAddr>,
}

impl Family {
    fn of(launcher: &Launcher) -> anyhow::Result<Self> {
        let children = relatives::children(launcher.pid())?;
        ensure!(children.len() == 3, "three children expected: {children:?}");
        let admin = |(_, field): &(&str, &str)| launcher.field(field).trim_start_matches("http://").parse();
        Ok(Self { children, admin_addrs: PORTS.iter().map(admin).collect::<Result<_, _>>()? })
    }

    fn pid(&self, service: &str) -> anyhow::Result<u32> {
        let child = self.children.iter().find(|child| child.command.ends_with(service));
        Ok(child.with_context(|| format!("no {service} in {:?}", self.children))?.pid)
    }

    async fn expect_gone(&self) -> anyhow::Result<()> {
        eventually(PATIENCE, "no child is left", async || {
            for child in &self.children {
                ensure!(!relatives::lives(child)?, "{child:?} lives");
            }
            for addr in &self.admin_addrs {
                ensure!(tokio::net::TcpStream::connect(addr).await.is_err(), "somebody listens on {addr}");
            }
            Ok(())
        })
        .await
    }
}

/// Runs a launcher that must fail, with all of these words in its message and without a child that outlives it.
async fn expect_refused(args: &[&str], words: &[&str]) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut command = command(&folder.path().join("data"), args, "json")?;
    expect_failure(&Process::run("microservices", &mut command, PATIENCE).await?, words)
}

fn expect_failure(finished: &Finished, words: &[&str]) -> anyhow::Result<()> {
    let text = finished.log.text();
    ensure!(finished.code.is_some_and(|code| code != 0), "{:?}: {text}", finished.code);
    for word in words {
        ensure!(text.contains(word), "{word:?} is not in:\n{text}");
    }
    for line in finished.log.since(0) {
        let Some(addr) = line["addr"].as_str() else { continue };
        let addr: SocketAddr = addr.parse()?;
        ensure!(std::net::TcpStream::connect(addr).is_err(), "{} is left on {addr}", line["service"]);
    }
    Ok(())
}

async fn write_and_end(data: &Path, args: &[&str]) -> anyhow::Result<(i64, Vec<i64>)> {
    let launcher = start(data, args).await?;
    let seed = orders(&launcher).await?;
    ensure!(!seed.is_empty(), "the seed has orders");
    let url = format!("{}/api/orders", field(&launcher, "gateway"));
    let order = write(&url, &shop::new_order("KEPT-1"), field(&launcher, "token")).await?.expect(201)?.json()?;
    end(launcher).await?;
    Ok((order["data"]["id"].as_i64().context("an id")?, seed))
}

async fn orders(launcher: &(Process, Value)) -> anyhow::Result<Vec<i64>> {
    let orders = shop::all(&format!("{}/orders", field(launcher, "order_service"))).await?;
    Ok(orders.iter().filter_map(|order| order["id"].as_i64()).collect())
}

async fn write(url: &str, body: &Value, token: &str) -> anyhow::Result<Answer> {
    let mut request = post_request(url, body);
    request.headers_mut().insert("authorization", HeaderValue::try_from(format!("Bearer {token}"))?);
    http::send(request).await
}

fn field<'a>((_, ready): &'a (Process, Value), name: &str) -> &'a str {
    ready[name].as_str().unwrap_or_default()
}

/// Starts one on a folder that outlives it, and waits until it is ready.
async fn start(data: &Path, args: &[&str]) -> anyhow::Result<(Process, Value)> {
    let mut process = spawn(data, args, "json")?;
    let ready = json!("microservices");
    let line = process.wait_started(|log| log.find("message", "ready").into_iter().find(|l| l["service"] == ready));
    let line = line.await?;
    Ok((process, line))
}

async fn end((mut process, _): (Process, Value)) -> anyhow::Result<()> {
    process.signal(Signal::Terminate)?;
    let status = process.wait_exit(PATIENCE).await?;
    ensure!(status.code() == Some(0), "{status}: {}", process.log().tail());
    Ok(())
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

fn kill(signal: &str, pid: u32) -> anyhow::Result<()> {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status()?;
    ensure!(status.success(), "kill -{signal} {pid} failed");
    Ok(())
}
