//! One step of a canary: apply the file, wait until callers see it, measure the share of each release.

pub mod state;
pub mod step;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use probe::{Band, Confidence, Outcome, Plan, Rate};
use tokio::sync::Notify;

use self::step::{Expectation, Step};
use super::{Mesh, kubectl, standing};

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
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,
}

const CANARY: &str = "order-service/v2";
const SETTLE: Duration = Duration::from_secs(45);
const TELL_EVERY: Duration = Duration::from_secs(3);
const SAMPLE: u64 = 200;
/// So many requests without any answer are enough to know.
const SILENCE: u64 = 8;

/// Applies and measures. Fails when the share of v2 lies outside its binomial band.
pub fn run(args: &CanaryArgs) -> anyhow::Result<()> {
    let step = Step::of(args.mesh, &args.step)?;
    standing::check(args.mesh)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(answers(args))?;
    let changed = kubectl::apply(&step.yaml)?;
    println!("{}", if changed.is_empty() { "unchanged".to_owned() } else { changed.join("\n") });
    runtime.block_on(async {
        for expectation in &step.expectations {
            let outcome = settled(args, expectation).await?;
            println!("\n{}\n{}", expectation.caller, outcome.table());
            judge(&outcome, expectation.share)?;
        }
        Ok(())
    })
}

/// Fails when nobody is there to be measured. An answer of whatever status will do: the step may be what mends it.
async fn answers(args: &CanaryArgs) -> anyhow::Result<()> {
    let plan = plan(args, None)?;
    let why = || format!("{} does not answer, so nothing was applied; where does the gateway? (--url)", plan.url);
    probe::call(&plan).await.map(drop).with_context(why)
}

/// Measures once callers see the step: proxies learn of it one after the other.
async fn settled(args: &CanaryArgs, wanted: &Expectation) -> anyhow::Result<Outcome> {
    println!("waiting until {} see the step, at most {} s", wanted.caller, SETTLE.as_secs());
    let deadline = Instant::now() + SETTLE;
    let mut told = Instant::now();
    loop {
        let sample = measure(args, wanted.header, SAMPLE).await?;
        if is_right(&sample, wanted.share) || Instant::now() > deadline {
            return measure(args, wanted.header, args.count).await;
        }
        if told.elapsed() > TELL_EVERY {
            eprintln!("  not yet: {}", said(&sample));
            told = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Sends so many requests. Fails as soon as it is clear that nobody answers.
async fn measure(args: &CanaryArgs, header: Option<&'static str>, count: u64) -> anyhow::Result<Outcome> {
    let mut plan = plan(args, header)?;
    plan.count = Some(count);
    let silence = Arc::new(Notify::new());
    let told = silence.clone();
    let watch = |so_far: &Outcome| {
        eprintln!("  {so_far}");
        if is_silent(so_far) {
            told.notify_one();
        }
    };
    let outcome = probe::run_until(plan, silence.notified(), watch).await;
    if is_silent(&outcome) {
        bail!("nobody answers at {} any more: {}", args.url, said(&outcome));
    }
    Ok(outcome)
}

fn plan(args: &CanaryArgs, header: Option<&'static str>) -> anyhow::Result<Plan> {
    let mut plan = Plan::new(format!("http://{}/api/orders/1", args.url.authority()).parse()?);
    plan.headers
        .extend(header.map(|value| ("x-canary".parse().expect("a header name"), value.parse().expect("a value"))));
    plan.rate = Rate::Closed { workers: 8 };
    Ok(plan)
}

fn is_silent(outcome: &Outcome) -> bool {
    outcome.answered == 0 && outcome.failures() >= SILENCE
}

/// What a load has seen, in a line.
fn said(outcome: &Outcome) -> String {
    let share =
        outcome.share(CANARY).map_or("no answer of order-service".to_owned(), |it| format!("v2 {:.1} %", it * 100.0));
    let first = outcome.samples.first().map(|it| format!("; first trouble: {} {}", it.what, it.text.trim()));
    format!("{share}{}", first.unwrap_or_default())
}

fn is_right(outcome: &Outcome, wanted: f64) -> bool {
    let band = Band::new(Confidence::Thorough, wanted, outcome.answered);
    outcome.is_flawless() && outcome.share(CANARY).is_some_and(|share| band.holds(share))
}

fn judge(outcome: &Outcome, wanted: f64) -> anyhow::Result<()> {
    let Some(share) = outcome.share(CANARY) else { bail!("no answer came from order-service") };
    let half = Band::new(Confidence::Thorough, wanted, outcome.answered).half() * 100.0;
    let (percent, count) = (share * 100.0, outcome.answered);
    println!("v2: {percent:.2} % of {count}, expected {:.0} % +- {half:.2} (99.9 %)", wanted * 100.0);
    if !outcome.is_flawless() {
        bail!("some requests failed");
    }
    if is_right(outcome, wanted) { Ok(()) } else { bail!("the share of v2 is not what the step asks for") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(v1: u64, v2: u64) -> Outcome {
        let by_hop = [("order-service/v1".to_owned(), v1), (CANARY.to_owned(), v2)].into();
        Outcome { sent: v1 + v2, answered: v1 + v2, by_hop, ..Outcome::default() }
    }

    #[test]
    fn a_share_outside_its_band_is_noticed() {
        for (v1, v2, wanted, right) in [
            (4500, 500, 0.1, true),
            (4569, 431, 0.1, true),
            (4580, 420, 0.1, false),
            (5000, 0, 0.0, true),
            (4999, 1, 0.0, false),
            (1, 4999, 1.0, false),
            (0, 0, 0.0, false),
        ] {
            assert_eq!(is_right(&outcome(v1, v2), wanted), right, "{v1}:{v2} for {wanted}");
        }
    }

    #[test]
    fn without_an_answer_there_is_no_share_to_print() {
        let nothing = outcome(0, 0);
        assert_eq!(judge(&nothing, 0.1).expect_err("nothing came").to_string(), "no answer came from order-service");
    }

    #[tokio::test]
    async fn a_measurement_ends_when_nobody_answers() {
        // Port 0 of the machine: a connection to it is refused.
        let url: probe::Target = "http://127.0.0.1:0".parse().expect("a URL");
        let args = CanaryArgs { mesh: Mesh::Istio, step: "90-10".to_owned(), url, count: 20 };
        let said = answers(&args).await.expect_err("nobody").to_string();
        assert!(said.contains("nothing was applied"), "{said}");
        let said = measure(&args, None, args.count).await.expect_err("nobody").to_string();
        assert!(said.starts_with("nobody answers at http://127.0.0.1:0/ any more"), "{said}");
    }
}
