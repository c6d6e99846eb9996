//! Asks one owner what it says about a spoiled tree, in a bounded time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{MutateArgs, copy::Copy};
use crate::command::{self, root};
use crate::files::File;
use crate::ownership::{Owner, Row};
use crate::verify;

/// What an owner said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It failed, and how.
    Red(String),
    /// It did not.
    Green(String),
}

/// Runs owners.
#[derive(Debug)]
pub struct Judge {
    program: PathBuf,
    token: String,
    fixed: [String; 3],
}

/// An assertion that looks for longer is told to end and counts as one that did not fail.
const PATIENCE: Duration = Duration::from_secs(240);
/// All assertions one after the other.
const CONTROL: Duration = Duration::from_secs(1800);
/// A mutation reaches proxies after some seconds, and an assertion that does not wait for it may be too early.
const TRIES: usize = 2;

impl Judge {
    /// Builds the proof and puts it aside, so that nothing that is built meanwhile takes part.
    pub fn new(args: &MutateArgs, token: String) -> anyhow::Result<Self> {
        let built = command::output("cargo build --quiet --package e2e --bin e2e --message-format json")?;
        let artifact = |line: &str| serde_json::from_str::<Value>(line).ok()?["executable"].as_str().map(PathBuf::from);
        let built = built.lines().filter_map(artifact).next_back().context("cargo has built no e2e")?;
        let program = root().join("target/mutate-e2e");
        fs::copy(&built, &program).with_context(|| built.display().to_string())?;
        let fixed = [
            format!("--mesh={}", args.mesh.name()),
            format!("--url={}", args.url),
            format!("--patience={}ms", args.patience.as_millis()),
        ];
        Ok(Self { program, token, fixed })
    }

    /// Asks all owners about the tree as it is: one that fails anyway proves nothing.
    pub fn control(&self, rows: &[&Row]) -> anyhow::Result<()> {
        let lines: BTreeSet<&str> = rows.iter().filter_map(|row| row.owner.line()).collect();
        let copy = Copy::new()?;
        for line in lines {
            let verdict = self.verify(copy.root(), line)?;
            ensure!(matches!(verdict, Verdict::Green(_)), "{line}: without any mutation {verdict:?}");
        }
        let names: BTreeSet<&str> = rows.iter().filter_map(|row| row.owner.assertion()).collect();
        if names.is_empty() {
            return Ok(());
        }
        println!("{} assertions without any mutation", names.len());
        let report = self.ask(&root(), &names, CONTROL)?;
        let failed: Vec<_> = assertions(&report).filter(|it| it["ok"] != true).map(|it| it["name"].clone()).collect();
        ensure!(failed.is_empty(), "without any mutation these fail: {failed:?}");
        ensure!(assertions(&report).count() == names.len(), "not all of them were run: {names:?}");
        Ok(())
    }

    /// An assertion of the executed proof.
    pub fn e2e(&self, tree: &Path, owner: Owner) -> anyhow::Result<Verdict> {
        let name = owner.assertion().context("verify is asked in another way")?;
        let mut verdict = Verdict::Green(String::new());
        for _ in 0..TRIES {
            let report = self.ask(tree, &BTreeSet::from([name]), PATIENCE)?;
            let result = assertions(&report).next().with_context(|| format!("{name} was not run"))?;
            let said = result["line"].as_str().unwrap_or_default().to_owned();
            verdict = if result["ok"] == false { Verdict::Red(said) } else { Verdict::Green(said) };
            if matches!(verdict, Verdict::Red(_)) {
                break;
            }
        }
        Ok(verdict)
    }

    /// A line of `cargo xtask verify`.
    pub fn verify(&self, tree: &Path, line: &str) -> anyhow::Result<Verdict> {
        let findings = verify::findings_below(tree, &manifests(tree)?, line)?;
        Ok(findings.into_iter().next().map_or_else(|| Verdict::Green("no finding".to_owned()), Verdict::Red))
    }

    fn ask(&self, tree: &Path, names: &BTreeSet<&str>, patience: Duration) -> anyhow::Result<Value> {
        let report = root().join("target/mutate-report.json");
        let _ = fs::remove_file(&report);
        let log = fs::File::create(root().join("target/mutate-e2e.log"))?;
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.fixed).arg("--manifests").arg(tree).arg("--json").arg(&report);
        command.args(names.iter().map(|name| format!("--only={name}"))).env("TOKEN", &self.token);
        let child = command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).spawn()?;
        end(child, patience)?;
        let text = fs::read_to_string(&report).context("the proof has not reported; see target/mutate-e2e.log")?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Waits, and tells it to end when that takes too long: it undoes what it has done.
#[expect(clippy::disallowed_methods, reason = "a command line tool has nothing else to do meanwhile")]
fn end(mut child: Child, patience: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            command::run(&format!("kill -TERM {}", child.id()))?;
            child.wait()?;
            bail!("it did not end within {patience:?}; see target/mutate-e2e.log");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn assertions(report: &Value) -> impl Iterator<Item = &Value> {
    report["assertions"].as_array().into_iter().flatten()
}

/// The manifests of a tree that git does not know.
fn manifests(tree: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![tree.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yaml") || path.ends_with(".gitignore") {
                let text = fs::read_to_string(&path)?;
                files.push(File { path: path.strip_prefix(tree)?.display().to_string(), text });
            }
        }
    }
    Ok(files)
}
