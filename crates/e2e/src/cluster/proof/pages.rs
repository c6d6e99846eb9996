//! The commands of README.md and mesh/README.md do on this cluster what the pages say.

mod overlay;

use std::{process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use e2e::{
    page::{Step, counts, matches},
    pages,
};
use probe::{Band, Confidence};
use tokio::{process::Command, time::timeout};

use self::overlay::Overlay;
use crate::cluster::{
    assertion::{Assertion, Needs},
    context::{Cluster, SETTLE, expect, until},
    kubectl,
    measured::Measured,
    mesh::{Mesh, root},
};

/// Longer than any single command should take.
const PATIENCE: Duration = Duration::from_secs(240);

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("pages/istio", Needs::Only(Mesh::Istio), |cluster| follow(cluster, pages::on_istio())),
        Assertion::new("pages/linkerd", Needs::Only(Mesh::Linkerd), |cluster| follow(cluster, pages::on_linkerd())),
    ]
}

/// Runs the commands one after the other. What they change is noted first, so that a page that stops half way is undone.
async fn follow(cluster: Arc<Cluster>, steps: Vec<Step>) -> anyhow::Result<Measured> {
    remember(&cluster).await?;
    let overlay = Overlay::of(&format!("mesh/overlays/{}-kind", cluster.mesh)).await?;
    for step in &steps {
        let command = here(&cluster, &overlay, &step.command);
        match &step.prints {
            None => run(&command).await.map(drop)?,
            // Proxies learn of a change one after the other.
            Some(page) => until(SETTLE, "what the page shows", || compare(&command, page)).await?,
        }
    }
    until(SETTLE, "an answer afterwards", || answers(&cluster)).await?;
    let compared = steps.iter().filter(|step| step.prints.is_some()).count();
    Ok(format!("{} commands of the pages run, the answers of {compared} are those of the page", steps.len()).into())
}

/// Notes all objects of the mesh's kinds that the pages touch.
async fn remember(cluster: &Cluster) -> anyhow::Result<()> {
    let mut objects = kubectl::rendered(&format!("mesh/overlays/{}-kind", cluster.mesh)).await?;
    if cluster.mesh == Mesh::Istio {
        objects.extend(kubectl::rendered("mesh/istio/gateway-api").await?);
    }
    let kinds = ["networking.istio.io/", "gateway.networking.k8s.io/", "policy.linkerd.io/"];
    objects.retain(|object| {
        object["apiVersion"].as_str().is_some_and(|version| kinds.iter().any(|kind| version.starts_with(kind)))
    });
    cluster.changes.remember(&objects).await
}

/// A command of a page, for this cluster: where it answers, and with the images that it was given.
fn here(cluster: &Cluster, overlay: &Overlay, command: &str) -> String {
    command
        .replace("http://127.0.0.1:8080", &format!("http://{}", cluster.url.authority()))
        .replace("cargo xtask canary", &format!("cargo xtask canary --url http://{}", cluster.url.authority()))
        .replace(&format!("-k {}", overlay.folder), &format!("-k {}", overlay.stand_in().display()))
}

async fn compare(command: &str, page: &str) -> anyhow::Result<()> {
    let printed = run(command).await?;
    ensure!(agree(page, &printed), "{command}\nthe page: {page}\nprinted:  {printed}");
    Ok(())
}

/// Whether this is what the page shows. Counts may differ as much as two draws do.
fn agree(page: &str, printed: &str) -> bool {
    let (Some(shown), Some(seen)) = (counts(page), counts(printed)) else { return matches(page, printed) };
    let total = |counts: &[(&str, u32)]| counts.iter().map(|(_, count)| count).sum::<u32>();
    let (all, whats) =
        (total(&shown), |counts: &[(&str, u32)]| counts.iter().map(|it| it.0.to_owned()).collect::<Vec<_>>());
    let near = |(shown, seen): (&(&str, u32), &(&str, u32))| {
        let share = |count: u32| f64::from(count) / f64::from(all);
        // Both are draws, so their difference is as wide as a draw of half as many requests.
        Band::new(Confidence::Gate, share(shown.1), u64::from(all / 2)).holds(share(seen.1))
    };
    all == total(&seen) && whats(&shown) == whats(&seen) && shown.iter().zip(&seen).all(near)
}

/// Runs a command as the shell of a reader would and returns what it prints.
async fn run(command: &str) -> anyhow::Result<String> {
    let mut bash = Command::new("bash");
    bash.args(["-c", command]).current_dir(root()).stdin(Stdio::null()).kill_on_drop(true);
    let output =
        timeout(PATIENCE, bash.output()).await.with_context(|| format!("{command}: not within {PATIENCE:?}"))?;
    let output = output.context("bash cannot be started")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command}: {}\n{}", output.status, complaint.trim_end());
    Ok(String::from_utf8(output.stdout)?.replace('\r', "").trim_end().to_owned())
}

async fn answers(cluster: &Cluster) -> anyhow::Result<()> {
    expect(&cluster.get("/api/orders/1").await?, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_differ_as_two_draws_do() {
        let page = "    458 a\n     42 b";
        for (printed, agrees) in [
            ("    446 a\n     54 b", true),
            ("    470 a\n     30 b", true),
            ("    250 a\n    250 b", false),
            ("    499 a\n      1 b", false),
            ("    500 a", false),
            ("     42 a\n    458 b", false),
            ("    458 a\n     42 c", false),
            ("    458 a\n     41 b", false),
            ("nothing", false),
        ] {
            assert_eq!(agree(page, printed), agrees, "{printed}");
        }
    }
}
