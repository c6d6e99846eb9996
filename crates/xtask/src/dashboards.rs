//! Writes what operators see into `dashboards/`, says whether the files are what the definition says, or asks a Prometheus
//! whether every panel shows something.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, bail, ensure};
use clap::Args;
use dashboards::check::{self, Exclusions, Report, Window};
use dashboards::links::{GRAFANA_BASE, Links, NAMESPACE, RUNBOOK_BASE};
use dashboards::{Artifact, artifacts, artifacts_with, boards};
use probe::{Plan, Target};
use serde_json::Value;

use crate::command::root;
use crate::files;

/// What `cargo xtask dashboards` can be told.
#[derive(Args, Clone, Debug)]
pub struct DashboardsArgs {
    /// Writes nothing; fails when a file is not what the definition says
    #[arg(long)]
    check: bool,
    /// Where docs/runbook.md can be read: every alert's runbook_url begins with it
    #[arg(long, value_name = "URL", default_value = RUNBOOK_BASE)]
    runbook_base: String,
    /// Where Grafana answers: every alert's dashboard_url begins with it
    #[arg(long, value_name = "URL", default_value = GRAFANA_BASE)]
    grafana_base: String,
    /// Where the shop's processes run: what an alert says that nobody measures
    #[arg(long, value_name = "NAME", default_value = NAMESPACE)]
    namespace: String,
    /// Asks this Prometheus every query of every board, for example http://127.0.0.1:9090, and says which show nothing
    #[arg(long, value_name = "URL", conflicts_with = "check")]
    ask: Option<String>,
    /// Only these boards, for example overview; all by default
    #[arg(long, value_name = "BOARD", requires = "ask")]
    board: Vec<String>,
    /// Fixes a variable of the boards, for example namespace=shop
    #[arg(long, value_name = "NAME=VALUE", requires = "ask")]
    set: Vec<String>,
    /// What `$__rate_interval` stands for
    #[arg(long, value_name = "DURATION", requires = "ask", default_value = "1m")]
    window: String,
}

/// Runs it.
pub fn run(args: &DashboardsArgs) -> anyhow::Result<()> {
    match &args.ask {
        Some(url) => ask(url, args),
        None if args.check => check_with(&args.links()),
        None => write(&args.links()),
    }
}

impl DashboardsArgs {
    fn links(&self) -> Links {
        Links {
            runbook: self.runbook_base.clone(),
            grafana: self.grafana_base.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

fn write(links: &Links) -> anyhow::Result<()> {
    for Artifact { path, text } in artifacts_with(links) {
        let file = root().join(&path);
        fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
        fs::write(&file, text).with_context(|| format!("{path} cannot be written"))?;
    }
    stale()?.iter().try_for_each(|path| fs::remove_file(root().join(path)).with_context(|| format!("{path} is stale")))
}

/// Fails when the definition and the files differ.
pub fn check() -> anyhow::Result<()> {
    check_with(&Links::default())
}

fn check_with(links: &Links) -> anyhow::Result<()> {
    let differs =
        |artifact: &Artifact| fs::read_to_string(root().join(&artifact.path)).ok().as_ref() != Some(&artifact.text);
    let mut wrong: Vec<_> = artifacts_with(links).into_iter().filter(differs).map(|artifact| artifact.path).collect();
    wrong.extend(stale()?);
    ensure!(wrong.is_empty(), "not what crates/dashboards says: {}; run cargo xtask dashboards", wrong.join(", "));
    println!("ok     dashboards/ is what crates/dashboards says");
    Ok(())
}

/// Files where generated ones are, which nothing generates any more.
fn stale() -> anyhow::Result<Vec<String>> {
    let made: Vec<_> = artifacts().into_iter().map(|artifact| artifact.path).collect();
    let folders = ["dashboards/rules/", "dashboards/alerts/"];
    let is_generated = |path: &str| match path.strip_prefix("dashboards/") {
        Some(rest) if rest.ends_with(".json") => !rest.contains('/'),
        _ => folders.iter().any(|folder| path.starts_with(folder)),
    };
    let there = files::all(&[".json", ".yaml"])?.into_iter().map(|file| file.path);
    Ok(there.filter(|path| is_generated(path) && !made.contains(path)).collect())
}

#[tokio::main]
async fn ask(url: &str, args: &DashboardsArgs) -> anyhow::Result<()> {
    let text = fs::read_to_string(root().join("dashboards/exclusions.txt")).context("dashboards/exclusions.txt")?;
    let exclusions = Exclusions::parse(&text).map_err(anyhow::Error::msg)?;
    let chosen: Option<BTreeMap<_, _>> = args.set.iter().map(|pair| pair.split_once('=')).collect();
    let chosen = chosen.context("--set wants NAME=VALUE")?;
    let mut report = Report::default();
    for board in
        boards::all().iter().filter(|board| args.board.is_empty() || args.board.iter().any(|name| name == board.name))
    {
        let asked =
            check::board(board, Window(&args.window), &exclusions, &chosen, async |expr: &str| query(url, expr).await);
        match asked.await {
            Ok(asked) => {
                println!("{}: {asked}", board.name);
                report.merge(asked);
            }
            Err(Failure(wrong)) => report.failed.push(wrong),
        }
    }
    println!("{report}");
    if report.failed.is_empty() { Ok(()) } else { bail!("{} queries show nothing", report.failed.len()) }
}

/// What went wrong, in one line.
struct Failure(String);

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self(text)
    }
}

async fn query(url: &str, expr: &str) -> Result<Value, Failure> {
    let target: Target = format!("{url}/api/v1/query?query={}", encoded(expr))
        .parse()
        .map_err(|error| Failure(format!("{url}: {error}")))?;
    let answer = probe::call(&Plan::new(target)).await.map_err(|error| Failure(format!("{url}: {error:?}")))?;
    let answer: Value = serde_json::from_str(&answer.text()).map_err(|error| Failure(format!("{url}: {error}")))?;
    match answer["status"].as_str() {
        Some("success") => Ok(answer["data"]["result"].clone()),
        _ => Err(Failure(format!("{expr}: {}", answer["error"]))),
    }
}

/// A query as part of a URL.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
