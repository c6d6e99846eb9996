//! `--observe`: a Prometheus beside the three, with scrape and rule files made for them.
//!
//! The program is not part of this one: whoever has none is told what to install, before anything is started.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use dashboards::links::Links;
use dashboards::scrape::{Scale, Scraped, configuration, rule_files_with};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};

use crate::args::Args;
use crate::family::Family;
use crate::terminal;

/// What the label says where a cluster has a namespace.
const NAMESPACE: &str = "laptop";
const PROGRAM: &str = "prometheus";
const MISSING: &str = "--observe needs the program prometheus on PATH (Debian: apt-get install prometheus; macOS: brew install \
                       prometheus); without --observe everything else works";
/// Starts the program, and ends it when standard input is closed: by [`Observer::end`], or by the kernel when this process was
/// killed. A shell can do both, and Prometheus alone neither.
const LEASH: &str = r#"exec 3<&0; "$@" & p=$!; { cat <&3 >/dev/null; kill $p; } 2>/dev/null & wait $p"#;
const PATIENCE: Duration = Duration::from_secs(15);

/// The running Prometheus.
pub struct Observer {
    /// Where its page and its API are.
    pub addr: SocketAddr,
    process: Child,
    leash: Option<ChildStdin>,
}

/// Fails when there is no such program.
pub async fn check() -> anyhow::Result<()> {
    let mut command = Command::new(PROGRAM);
    let asked =
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    if asked.is_ok_and(|status| status.success()) { Ok(()) } else { bail!(MISSING) }
}

impl Observer {
    /// Starts it for these services, with its files and data in a folder beside theirs.
    pub async fn start(args: &Args, family: &Family) -> anyhow::Result<Self> {
        let folder = args.data.join(PROGRAM);
        write(&folder, family, &args.order_version)?;
        let mut process = command(&folder, args.prometheus_port).spawn().context("sh cannot be started")?;
        let leash = process.stdin.take();
        let output = process.stderr.take().context("its output is piped")?;
        let addr = tokio::time::timeout(PATIENCE, listening(output)).await;
        let addr = addr.unwrap_or_else(|_| bail!("it does not say within {PATIENCE:?} that it listens"));
        Ok(Self { addr: addr.context("prometheus does not start")?, process, leash })
    }

    /// Ends it and waits until it has written its data.
    pub async fn end(mut self) {
        self.leash = None;
        // Whatever is left of it afterwards is killed with this value.
        let _ = tokio::time::timeout(PATIENCE, self.process.wait()).await;
    }
}

fn write(folder: &Path, family: &Family, order_version: &str) -> anyhow::Result<()> {
    let version = |name: &str| if name == order_service::WORKLOAD.name { order_version } else { "v1" };
    let processes = family.iter().map(|child| {
        let app = child.role.workload().name;
        Scraped {
            app: app.to_owned(),
            version: version(app).to_owned(),
            namespace: NAMESPACE.to_owned(),
            admin: child.admin_addr,
        }
    });
    let configuration = configuration(&processes.collect::<Vec<_>>(), None);
    let links = Links { namespace: NAMESPACE.to_owned(), ..Links::default() };
    let files =
        rule_files_with(Scale::Laptop, &links).into_iter().chain([("prometheus.yml".to_owned(), configuration)]);
    for (path, text) in files {
        let path: PathBuf = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn command(folder: &Path, port: u16) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", LEASH, "sh", PROGRAM, "--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.args(["--storage.tsdb.retention.time=4d", "--enable-feature=exemplar-storage"]);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    // Ctrl-C goes to a terminal's whole group; this one is ended after the services.
    command.process_group(0).kill_on_drop(true);
    command
}

/// The address that it tells; its warnings are shown from then on.
async fn listening(output: ChildStderr) -> anyhow::Result<SocketAddr> {
    let mut lines = BufReader::new(output).lines();
    let mut last = String::new();
    while let Some(line) = lines.next_line().await? {
        let address = line.split("msg=\"Listening on\"").nth(1).and_then(|rest| rest.split("address=").nth(1));
        if let Some(address) = address {
            let addr = address.trim().parse().with_context(|| line.clone())?;
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    // Told to go, it says so as a warning.
                    let wanted = line.contains("exiting gracefully");
                    if !wanted
                        && ["level=warn", "level=error", "level=WARN", "level=ERROR"]
                            .iter()
                            .any(|level| line.contains(level))
                    {
                        terminal::print(&format!("prometheus: {line}"));
                    }
                }
            });
            return Ok(addr);
        }
        last = line;
    }
    bail!("{last}")
}
