//! How seldom is a canary called worse that is as good as the stable release? Every outcome of both is weighed by its exact
//! (binomial) probability: the normal curve behind the significance is none of few failures.

use dashboards::rules::{ENOUGH, ENOUGH_FAILURES, TOLERATED, WORSE};
use e2e::report::figure;

/// Requests of v2, and how many times as many v1 gets.
const SIZES: [u32; 9] = [ENOUGH, 117, 162, 268, 310, 342, 443, 500, 1000];
const UNEVEN: [u32; 5] = [1, 4, 9, 99, 999];
/// From far below the promise of 99.9 % to half of all requests.
const SHARES: [f64; 22] = [
    0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0038, 0.0044, 0.005, 0.0058, 0.0066, 0.0088, 0.0116, 0.0133, 0.0176,
    0.025, 0.04, 0.07, 0.12, 0.2, 0.35, 0.5,
];

/// What comes of `requests` that fail by chance with this share: how probable each number of failures is, up to where it is next to
/// nothing.
fn outcomes(requests: u32, share: f64) -> Vec<f64> {
    let mut log = f64::from(requests) * (-share).ln_1p();
    let odds = (share / (1.0 - share)).ln();
    let mut all = vec![log.exp()];
    for failures in 1..=requests {
        log += (f64::from(requests - failures + 1) / f64::from(failures)).ln() + odds;
        all.push(log.exp());
        if log < -60.0 && f64::from(failures) > f64::from(requests) * share {
            break;
        }
    }
    all
}

/// As the rules decide.
fn is_worse(failures: u32, requests: u32, stable: u32, of: u32, least: u32) -> bool {
    let [failures, requests, stable, of, least] = [failures, requests, stable, of, least].map(f64::from);
    let difference = failures / requests - stable / of;
    let pooled = (failures + stable) / (requests + of);
    let uncertainty = (pooled * (1.0 - pooled) * (1.0 / requests + 1.0 / of)).sqrt();
    failures >= least && difference > TOLERATED && difference > f64::from(WORSE) * uncertainty
}

/// How probable it is that v2 is called worse.
fn wrong(requests: u32, times: u32, share: f64, least: u32) -> f64 {
    let of = requests * times;
    let (canary, stable) = (outcomes(requests, share), outcomes(of, share));
    let mut tail = vec![0.0; canary.len() + 1];
    for (at, probability) in canary.iter().enumerate().rev() {
        tail[at] = tail[at + 1] + probability;
    }
    // The more v1 fails, the more v2 has to.
    let (mut bound, mut sum) = (0, 0.0);
    for (failures, probability) in (0..).zip(stable) {
        while bound <= requests && !is_worse(bound, requests, failures, of, least) {
            bound += 1;
        }
        sum += probability * tail.get(usize::try_from(bound).expect("it is small")).unwrap_or(&0.0);
    }
    sum
}

/// Once in how many looks, at worst.
fn once_in(times: &[u32], shares: &[f64]) -> f64 {
    let each = times.iter().flat_map(|times| SIZES.map(|size| (*times, size)));
    let worst =
        each.flat_map(|(times, size)| shares.iter().map(move |share| wrong(size, times, *share, ENOUGH_FAILURES)));
    1.0 / worst.fold(0.0, f64::max)
}

#[test]
fn a_canary_that_is_as_good_is_called_worse_as_seldom_as_the_alert_says() {
    let even = once_in(&UNEVEN[..1], &SHARES);
    // The rarer the failures are, the worse is the normal curve: above 2.5 % of them it errs less often.
    let uneven = once_in(&UNEVEN, &SHARES[..16]);
    let promised = once_in(&UNEVEN, &SHARES[..2]);
    let few = 1.0 / wrong(ENOUGH, 9, 0.001, 1);
    figure(
        "called worse by chance: as many requests, few of them, promise kept",
        format!("once in {even:.0}, {uneven:.0}, {promised:.0}"),
    );
    assert!((600.0..700.0).contains(&even), "the alert says once in 600 looks: {even}");
    assert!((60.0..90.0).contains(&uneven), "the alert says once in 60 looks: {uneven}");
    assert!((10_000.0..20_000.0).contains(&promised), "the alert says once in 10 000 looks: {promised}");
    assert!((276.0..278.0).contains(&few), "without a minimum of failures it is once in 277 looks: {few}");
}
