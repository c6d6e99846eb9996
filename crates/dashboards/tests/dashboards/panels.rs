//! The boards of the app's own metrics and three alerts, over real processes with planted faults: does every panel show
//! something, is it what was planted, and is somebody told?

use std::collections::BTreeMap;

use anyhow::ensure;
use dashboards::board::Board;
use dashboards::check::{self, Exclusions, Report, Window};
use dashboards::{boards, profile};
use e2e::report::figure;

use crate::planted::{PLANTED, expect_planted, recorded};
use crate::selectors;
use crate::shop::{RATE, SOON, Shop, freeze, spoil};
use crate::support::{Alertmanager, Prometheus, Webhook};

/// Four scrapes are the least; a busy machine may miss some.
const WINDOW: &str = "15s";

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn boards_show_and_alerts_tell_what_was_planted() -> anyhow::Result<()> {
    let webhook = Webhook::start().await?;
    let alertmanager = Alertmanager::start(&webhook).await?;
    let shop = Shop::start(&alertmanager).await?;
    expect_silence(&shop.prometheus).await?;

    let (percent, milliseconds) = PLANTED;
    spoil(&shop.canary, &format!("{milliseconds}ms:100"), &format!("503:{percent}")).await?;
    spoil(&shop.users, "", "500:10").await?;
    let load = shop.load("/api/orders/1", RATE)?;
    let users = shop.load("/api/users/1", RATE / 4.0)?;
    let rare = shop.touch_now_and_then();
    webhook.wait("CanaryWorseThanStable", "order-service", "firing", SOON).await?;
    let told = webhook.wait("CanarySlowerThanStable", "order-service", "firing", SOON).await?;
    ensure!(!told["annotations"].to_string().contains("{{"), "a template was not filled in: {told}");
    expect_panels(&shop.prometheus).await?;
    expect_planted(&shop).await?;
    rare.stop().await?;
    drop((load.stop().await, users.stop().await));

    spoil(&shop.canary, "", "").await?;
    expect_share(&shop).await?;
    let load = shop.load("/api/orders/1", RATE)?;
    let verdict = recorded("canary:verdict:state5m", "");
    shop.prometheus.wait(&verdict, SOON, |value| value == 1.0).await?;
    figure("verdict after the faults", "promote");
    for alert in ["CanaryWorseThanStable", "CanarySlowerThanStable"] {
        webhook.wait(alert, "order-service", "resolved", SOON).await?;
    }
    freeze(&shop.users, true)?;
    webhook.wait("TargetDown", "user-service", "firing", SOON).await?;
    freeze(&shop.users, false)?;
    webhook.wait("TargetDown", "user-service", "resolved", SOON).await?;
    figure("alerts told and taken back through Alertmanager", "3 of 3");
    expect_rolled_back_when_it_hangs(&shop).await?;
    shop.prometheus
        .wait("count(ALERTS{alertstate=\"firing\",namespace=\"shop\"})", SOON, |firing| firing > 0.0)
        .await?;
    selectors::expect_all_caught(&shop.prometheus, "app", "shop").await?;
    load.stop().await;
    Ok(())
}

/// A release that never answers answers no 5xx either: its callers give up, which is a failure too.
async fn expect_rolled_back_when_it_hangs(shop: &Shop) -> anyhow::Result<()> {
    spoil(&shop.canary, "60s:100", "").await?;
    let difference = recorded("canary:error_difference:ratio5m", "");
    let shown = shop.prometheus.wait(&difference, SOON, |value| value > 0.5).await?;
    shop.prometheus.wait(&recorded("canary:verdict:state5m", ""), SOON, |value| value == -1.0).await?;
    let answered = "sum(increase(axum_http_requests_total{app=\"order-service\",version=\"v2\",status=~\"5..\"}[10s]))";
    shop.prometheus.wait(answered, SOON, |count| count == 0.0).await?;
    figure("failures of a v2 that hangs beyond v1, when shown; verdict", format!("{shown:.2}, roll back"));
    Ok(())
}

pub fn app_boards() -> Vec<Board> {
    boards::all().into_iter().filter(|board| !board.name.contains("istio") && !board.name.contains("linkerd")).collect()
}

/// Without traffic a panel says so: no query gives what is no number.
async fn expect_silence(prometheus: &Prometheus) -> anyhow::Result<()> {
    // What tells the configured weights is scraped as well, and no process.
    prometheus.wait("count(up{job=\"shop\"} == 1)", SOON, |up| up == 4.0).await?;
    let chosen = BTreeMap::from([
        ("__rate_interval".to_owned(), WINDOW.to_owned()),
        ("namespace".to_owned(), "shop".to_owned()),
        ("app".to_owned(), "order-service".to_owned()),
    ]);
    let mut quiet = 0;
    for board in app_boards() {
        for target in board.panels().flat_map(|panel| &panel.targets) {
            let result = prometheus.query(&check::resolved(&target.expr, &chosen).map_err(anyhow::Error::msg)?).await?;
            let text = result.to_string();
            ensure!(!text.contains("NaN") && !text.contains("Inf"), "{}: {}: {text}", board.name, target.expr);
            quiet += 1;
        }
    }
    figure("queries without NaN when nobody asks", format!("{quiet} of {quiet}"));
    Ok(())
}

/// Every query of every board of the app gives something.
async fn expect_panels(prometheus: &Prometheus) -> anyhow::Result<()> {
    let mut report = Report::default();
    let chosen = BTreeMap::from([("namespace", "shop")]);
    for board in app_boards() {
        let ask = async |expr: &str| prometheus.query(expr).await.map_err(|error| format!("{error:#}"));
        let one = check::board(&board, Window(WINDOW), &Exclusions::default(), &chosen, ask).await;
        report.merge(one.map_err(anyhow::Error::msg)?);
    }
    figure("boards of the app", &report);
    let series = prometheus.number("max(scrape_samples_scraped{job=\"shop\"})").await?;
    let seconds = prometheus.number("max(scrape_duration_seconds{job=\"shop\"})").await?;
    figure("scrape of a process: series at most, seconds at most", format!("{series}, {seconds:.4}"));
    ensure!(series <= 400.0, "a process has {series} series");
    ensure!(report.failed.is_empty(), "{report}");
    Ok(())
}

/// The share on the board is the one that the load generator counted, and the counts are the same to the last request.
async fn expect_share(shop: &Shop) -> anyhow::Result<()> {
    let releases = [("v1", &shop.stable), ("v2", &shop.canary)];
    let mut before = Vec::new();
    for (version, service) in releases {
        before.push(shop.counted(version, service).await?);
    }
    let mut load = shop.load_of("/api/orders/1", RATE, Some((RATE * 25.0) as u64))?;
    load.ended().await;
    let share = profile::ALL[0].share(WINDOW).replace("$namespace", "shop").replace("$app", "order-service");
    let of_v2 = format!("sum(({share}) and on (version) group by (version) (up{{version=\"v2\"}}))");
    let shown = shop.prometheus.number(&of_v2).await?;
    let outcome = load.stop().await;
    let counted = outcome.share("order-service/v2").unwrap_or_default();
    figure("share of v2: shown, counted by the load", format!("{shown:.4}, {counted:.4}"));
    ensure!((shown - counted).abs() < 0.01, "{shown} is shown, {counted} was counted");
    for ((version, service), before) in releases.into_iter().zip(before) {
        let answered = outcome.by_hop.get(&format!("order-service/{version}")).copied().unwrap_or_default();
        let on_board = shop.counted(version, service).await? - before;
        figure(&format!("requests of {version}: counted by the load, on the board"), format!("{answered}, {on_board}"));
        ensure!(on_board == answered as f64, "{answered} were answered by {version}, {on_board} are on the board");
    }
    Ok(())
}
