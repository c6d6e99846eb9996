//! One step of a canary: apply the file, wait until callers see it, measure the share of each release.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use probe::{Outcome, Plan, Rate};

use super::{Mesh, kubectl};
use crate::command::root;

/// Which step, and how well it is measured.
#[derive(Clone, Debug, clap::Args)]
pub struct CanaryArgs {
    /// istio or linkerd
    pub mesh: Mesh,
    /// 100-0, 90-10, 50-50, 0-100, by-header or mirror: a file of the folder canary of the mesh
    pub step: String,
    /// Address of the gateway
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: probe::Target,
    /// Requests that are measured
    #[arg(long, default_value = "2000")]
    pub count: u64,
}

const STABLE: &str = "order-service/v1";
const CANARY: &str = "order-service/v2";
/// 99.9 % of all measurements of a right split lie within so many standard deviations.
const DEVIATIONS: f64 = 3.29;
const SETTLE: Duration = Duration::from_secs(45);

/// Applies and measures. Fails when the share of v2 lies outside its binomial band.
pub fn run(args: &CanaryArgs) -> anyhow::Result<()> {
    kubectl::check()?;
    let path = root().join(format!("mesh/{}/canary/{}.yaml", args.mesh.name(), args.step));
    let yaml = std::fs::read_to_string(&path).with_context(|| format!("{} is no step", path.display()))?;
    let changed = kubectl::apply(&yaml)?;
    println!("{}", if changed.is_empty() { "unchanged".to_owned() } else { changed.join("\n") });
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        for (caller, header, expected) in expectations(&args.step)? {
            let outcome = settled(args, header, expected).await?;
            println!("\n{caller}\n{}", outcome.table());
            judge(&outcome, expected)?;
        }
        Ok(())
    })
}

/// Who calls, with which `x-canary`, and the share of v2 that they must see.
fn expectations(step: &str) -> anyhow::Result<Vec<(&'static str, Option<&'static str>, f64)>> {
    let with = |share| ("callers with x-canary: v2", Some("v2"), share);
    let without = |share| ("callers without x-canary", None, share);
    match step {
        "by-header" => Ok(vec![with(1.0), without(0.0)]),
        // A mirrored request is answered to nobody.
        "mirror" => Ok(vec![without(0.0)]),
        weights => Ok(vec![without(weight(weights)?)]),
    }
}

/// The share of v2 in a name such as `90-10`.
fn weight(step: &str) -> anyhow::Result<f64> {
    let weights = step.split_once('-').and_then(|(v1, v2)| Some((v1.parse::<u8>().ok()?, v2.parse::<u8>().ok()?)));
    match weights {
        Some((v1, v2)) if v1.checked_add(v2) == Some(100) => Ok(f64::from(v2) / 100.0),
        _ => bail!("{step} is no step: two weights that add up to 100, by-header or mirror"),
    }
}

/// Measures once callers see the step: proxies learn of it one after the other.
async fn settled(args: &CanaryArgs, header: Option<&'static str>, expected: f64) -> anyhow::Result<Outcome> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let sample = measure(args, header, 200).await?;
        if within(&sample, expected) || Instant::now() > deadline {
            return measure(args, header, args.count).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn measure(args: &CanaryArgs, header: Option<&'static str>, count: u64) -> anyhow::Result<Outcome> {
    let mut plan = Plan::new(format!("http://{}/api/orders/1", args.url.authority()).parse()?);
    plan.headers
        .extend(header.map(|value| ("x-canary".parse().expect("a header name"), value.parse().expect("a value"))));
    plan.rate = Rate::Closed { workers: 8 };
    plan.count = Some(count);
    Ok(probe::run(plan, |_| {}).await)
}

/// The share of v2 among the answers that a release gave.
fn share(outcome: &Outcome) -> (f64, f64) {
    let hits = |release: &str| outcome.by_hop.get(release).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
    let (v1, v2) = (hits(STABLE) as f64, hits(CANARY) as f64);
    (v2 / (v1 + v2), v1 + v2)
}

fn band(expected: f64, count: f64) -> f64 {
    DEVIATIONS * (expected * (1.0 - expected) / count).sqrt()
}

fn within(outcome: &Outcome, expected: f64) -> bool {
    let (share, count) = share(outcome);
    outcome.is_flawless() && count > 0.0 && (share - expected).abs() <= band(expected, count)
}

fn judge(outcome: &Outcome, expected: f64) -> anyhow::Result<()> {
    let (share, count) = share(outcome);
    let (share, band, expected_share) = (share * 100.0, band(expected, count) * 100.0, expected * 100.0);
    println!("v2: {share:.2} % of {count:.0}, expected {expected_share:.0} % +- {band:.2} (99.9 %)");
    if !outcome.is_flawless() {
        bail!("some requests failed");
    }
    if within(outcome, expected) { Ok(()) } else { bail!("the share of v2 is not what the step asks for") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(v1: u64, v2: u64) -> Outcome {
        let by_hop = [(STABLE.to_owned(), v1), (CANARY.to_owned(), v2)].into();
        Outcome { sent: v1 + v2, answered: v1 + v2, by_hop, ..Outcome::default() }
    }

    #[test]
    fn a_share_outside_its_band_is_noticed() {
        for (v1, v2, expected, right) in [
            (4500, 500, 0.1, true),
            (4569, 431, 0.1, true),
            (4580, 420, 0.1, false),
            (5000, 0, 0.0, true),
            (4999, 1, 0.0, false),
            (1, 4999, 1.0, false),
            (0, 0, 0.0, false),
        ] {
            assert_eq!(within(&outcome(v1, v2), expected), right, "{v1}:{v2} for {expected}");
        }
    }

    #[test]
    fn weights_that_do_not_add_up_are_no_step() {
        assert!(weight("90-10").is_ok_and(|share| (share - 0.1).abs() < 1e-9));
        for wrong in ["90-20", "90", "a-b", "300-56", ""] {
            assert!(weight(wrong).is_err(), "{wrong}");
        }
    }
}
