//! `kubectl`, as a person would call it: what works here works by hand.

use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use super::mesh::root;

/// Longer than any single command should take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Fails with what to do when kubectl or the cluster is not there.
pub async fn check() -> anyhow::Result<()> {
    let answered = run(&["get", "--raw", "/readyz", "--request-timeout=5s"]).await;
    answered.context("no cluster answers kubectl; which one does KUBECONFIG name?").map(drop)
}

/// A command that is not run yet. It ends with the value that it becomes.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new("kubectl");
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What it prints; an error holds what it complained about.
pub async fn run(args: &[&str]) -> anyhow::Result<String> {
    let output = output(args).await?;
    ensure!(output.status.success(), "{}: {}", line(args), complaint(&output));
    Ok(String::from_utf8(output.stdout)?)
}

/// What it prints and how it ends, whatever that is.
pub async fn output(args: &[&str]) -> anyhow::Result<Output> {
    let output = timeout(PATIENCE, command(args).output()).await;
    output.with_context(|| format!("{}: not within {PATIENCE:?}", line(args)))?.context("kubectl cannot be started")
}

/// What it prints after it has read something.
pub async fn feed(args: &[&str], input: &str) -> anyhow::Result<String> {
    let output = feed_for_output(args, input).await?;
    ensure!(output.status.success(), "{}: {}", line(args), complaint(&output));
    Ok(String::from_utf8(output.stdout)?)
}

/// What it prints and how it ends, whatever that is, after it has read something.
pub async fn feed_for_output(args: &[&str], input: &str) -> anyhow::Result<Output> {
    let pipes =
        |command: &mut Command| command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = pipes(&mut command(args)).context("kubectl cannot be started")?;
    let mut stdin = child.stdin.take().context("its input is piped")?;
    let written = async { stdin.write_all(input.as_bytes()).await.map(|()| drop(stdin)) };
    let both = timeout(PATIENCE, async { tokio::join!(written, child.wait_with_output()) }).await;
    Ok(both.with_context(|| format!("{}: not within {PATIENCE:?}", line(args)))?.1?)
}

/// What it prints with `-o json`.
pub async fn json(args: &[&str]) -> anyhow::Result<Value> {
    let text = run(&[args, &["-o", "json"]].concat()).await?;
    serde_json::from_str(&text).with_context(|| line(args))
}

/// The items of a list.
pub async fn items(args: &[&str]) -> anyhow::Result<Vec<Value>> {
    match json(args).await?.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => bail!("{}: no list", line(args)),
    }
}

/// Applies objects.
pub async fn apply(objects: &[Value]) -> anyhow::Result<()> {
    feed(&["apply", "-f", "-"], &list(objects)).await.map(drop)
}

/// Objects as one document.
pub fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// The objects of a kustomization of this repository.
pub async fn rendered(folder: &str) -> anyhow::Result<Vec<Value>> {
    objects(&run(&["kustomize", &root().join(folder).to_string_lossy()]).await?, &[]).await
}

/// The objects of one kind in a kustomization. The cluster needs to know no other kind in it.
pub async fn rendered_of(folder: &str, kind: &str) -> anyhow::Result<Vec<Value>> {
    let yaml = run(&["kustomize", &root().join(folder).to_string_lossy()]).await?;
    let of_kind = |text: &&str| text.lines().any(|line| line.strip_prefix("kind: ") == Some(kind));
    let documents: Vec<_> = yaml.split("\n---\n").filter(of_kind).collect();
    if documents.is_empty() { Ok(Vec::new()) } else { objects(&documents.join("\n---\n"), &[]).await }
}

/// The objects of YAML, with what these arguments add, such as a namespace.
pub async fn objects(yaml: &str, args: &[&str]) -> anyhow::Result<Vec<Value>> {
    let all = [&["create", "--dry-run=client", "-o", "json", "-f", "-"], args].concat();
    parse(&feed(&all, yaml).await?)
}

/// The objects of what kubectl prints: one, several one after the other, or a list.
pub fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let mut document = document.context("kubectl did not print JSON")?;
        match document.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => objects.extend(items),
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

fn line(args: &[&str]) -> String {
    format!("kubectl {}", args.join(" "))
}

fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    if text.trim().is_empty() { output.status.to_string() } else { text.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_in_all_that_kubectl_prints() {
        assert_eq!(parse("").expect("nothing"), Vec::<Value>::new());
        assert_eq!(parse(r#"{"a":1}"#).expect("one"), [json!({"a": 1})]);
        let names = |text: &str| -> Vec<String> {
            parse(text).expect("JSON").iter().map(|object| object["name"].as_str().unwrap_or("").to_owned()).collect()
        };
        assert_eq!(names(r#"{"name":"a"}"#), ["a"]);
        assert_eq!(names("{\"name\":\"a\"}\n{\"name\":\"b\"}\n"), ["a", "b"]);
        assert_eq!(names(r#"{"kind":"List","items":[{"name":"a"},{"name":"b"}]}"#), ["a", "b"]);
    }
}
