//! A wrong setting stops a process before it listens, with a message that says which one it was and what would be right.

mod table;

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use e2e::{http, process::Finished, report::figure, service::Service};
use tempfile::TempDir;

use table::{ANY_TEXT, KEY_FILES, LAUNCHER, Row, rows};

const SERVICES: [&str; 3] = ["user-service", "order-service", "api-gateway"];

/// How soon a process must have refused to start.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_wrong_value_is_refused_by_name_and_with_a_right_one() -> anyhow::Result<()> {
    let (mut wrong, mut slowest) = (Vec::new(), Duration::ZERO);
    let rows = rows();
    for &(program, row) in &rows {
        match expect_refused(program, row).await {
            Ok(elapsed) => slowest = slowest.max(elapsed),
            Err(error) => wrong.push(format!("{program} {}={:?}: {error:#}", row.0, row.1)),
        }
    }
    figure("settings: wrong values tried", rows.len());
    figure("settings: slowest refusal (ms)", slowest.as_millis());
    ensure!(wrong.is_empty(), "{} are not refused as they should be:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_key_file_that_cannot_be_meant_is_refused() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    for (what, content) in KEY_FILES {
        let path = folder.path().join("keys.json");
        fs::write(&path, content)?;
        expect_key_file_refused(&path).await.with_context(|| what)?;
    }
    expect_key_file_refused(folder.path()).await.context("a folder")
}

#[tokio::test]
async fn a_missing_key_file_setting_is_named() -> anyhow::Result<()> {
    let finished = Service::run("api-gateway", &["--jwks-file"], &[]).await?;
    expect_refusal(&finished, &["JWKS_FILE"])
}

#[tokio::test]
async fn an_unknown_flag_is_refused() -> anyhow::Result<()> {
    for program in programs() {
        let finished = Service::run(program, &["--no-such-flag"], &[]).await?;
        expect_refusal(&finished, &["--no-such-flag"]).with_context(|| program)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_variable() -> anyhow::Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let addr = taken.local_addr()?.to_string();
    for program in SERVICES {
        for variable in ["LISTEN_ADDR", "ADMIN_ADDR"] {
            let finished = Service::run(program, &[], &[(variable, &addr)]).await?;
            let text = finished.log.text();
            ensure!(finished.code.is_some_and(|code| code != 0), "{program}: {:?}\n{text}", finished.code);
            ensure!(text.contains(variable) && text.contains(&addr), "{program} {variable}:\n{text}");
            ensure!(!text.contains("Listening"), "{program} says that it listens:\n{text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("file");
    fs::write(&file, "")?;
    let data = file.display().to_string();
    let ports = LAUNCHER.iter().map(|row| (row.0, "0")).filter(|(variable, _)| variable.ends_with("_PORT"));
    let finished = Service::run("microservices", &["--data", &data], &ports.collect::<Vec<_>>()).await?;
    let text = finished.log.text();
    ensure!(finished.code.is_some_and(|code| code != 0), "{:?}\n{text}", finished.code);
    ensure!(text.contains("--data") && text.contains(&data) && !text.contains("Listening"), "{text}");
    Ok(())
}

#[tokio::test]
async fn every_flag_has_a_variable_of_its_name_and_is_in_the_table() -> anyhow::Result<()> {
    for program in programs() {
        let help = Service::run(program, &["--help"], &[]).await?;
        ensure!(help.code == Some(0), "{program} --help: {:?}", help.code);
        let documented = documented(&help.log.text());
        figure(&format!("settings: flags and variables of {program}"), documented.len());
        let any_text = ANY_TEXT.iter().map(|(variable, _)| (*variable).to_owned());
        let rows = rows().into_iter().filter(|row| row.0 == program).map(|(_, row)| row.0.to_owned());
        let tried: BTreeSet<String> = rows.chain(any_text.filter(|variable| documented.contains(variable))).collect();
        ensure!(documented == tried, "{program}: {:?}", documented.symmetric_difference(&tried).collect::<Vec<_>>());
    }
    Ok(())
}

/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>: an empty value is no value, and
/// booleans know no case.
#[tokio::test]
async fn the_standard_variables_have_their_standard_meaning() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    let empty = [
        "OTEL_SERVICE_NAME",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_SDK_DISABLED",
    ];
    let values = empty.map(|variable| (variable, "")).into_iter().chain([("OTEL_SDK_DISABLED", "TRUE")]);
    for (variable, value) in values {
        let started = Service::start("user-service", &[(variable, value)]).await;
        wrong.extend(started.err().map(|error| format!("{variable}={value:?}: {error:#}")));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_flag_wins_over_its_variable() -> anyhow::Result<()> {
    let wrong = Service::run("user-service", &["--drain-delay-ms", "soon"], &[("DRAIN_DELAY_MS", "0")]).await?;
    expect_refusal(&wrong, &["DRAIN_DELAY_MS", "soon"])
}

#[tokio::test]
async fn the_edges_of_each_range_are_right() -> anyhow::Result<()> {
    let env = [
        ("POD_NAME", "a"),
        ("DRAIN_DELAY_MS", "0"),
        ("DRAIN_TIMEOUT_MS", "1"),
        ("DATABASE_MAX_CONNECTIONS", "1"),
        ("DATABASE_ACQUIRE_TIMEOUT_MS", "60000"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
        ("FAULT_LATENCY", ""),
        ("FAULT_STATUS", "503:0"),
        ("RUST_LOG", "off"),
    ];
    let service = Service::start_ready("user-service", &env).await?;
    http::get(&format!("{}/users/1", service.url())).await?.expect(200)?;
    Ok(())
}

fn programs() -> [&'static str; 4] {
    let [users, orders, gateway] = SERVICES;
    [users, orders, gateway, "microservices"]
}

async fn expect_refused(program: &str, (name, value, right): Row) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let finished = if name.starts_with("--") {
        Service::run(program, &[name, value], &[]).await?
    } else {
        Service::run(program, &[], &[(name, value)]).await?
    };
    let elapsed = start.elapsed();
    expect_refusal(&finished, &[name, right])?;
    ensure!(elapsed < DEADLINE, "it took {elapsed:?}");
    Ok(elapsed)
}

fn expect_refusal(finished: &Finished, words: &[&str]) -> anyhow::Result<()> {
    let text = finished.log.text();
    ensure!(finished.code == Some(2), "exit code {:?}:\n{text}", finished.code);
    ensure!(!text.contains("Listening"), "it says that it listens:\n{text}");
    for word in words {
        ensure!(text.contains(word), "{word:?} is not in:\n{text}");
    }
    Ok(())
}

async fn expect_key_file_refused(path: &Path) -> anyhow::Result<()> {
    let path = path.display().to_string();
    let finished = Service::run("api-gateway", &[], &[("JWKS_FILE", &path)]).await?;
    let text = finished.log.text();
    ensure!(finished.code.is_some_and(|code| code != 0), "{:?}\n{text}", finished.code);
    ensure!(text.contains("JWKS_FILE") && text.contains(&path) && !text.contains("Listening"), "{text}");
    Ok(())
}

/// What a help text says can be set: the variable of each flag that takes a value, which must have the flag's name, or the
/// flag itself when it has no variable.
fn documented(help: &str) -> BTreeSet<String> {
    let mut flags: Vec<(String, Option<String>)> = Vec::new();
    for line in help.lines().map(str::trim) {
        if let Some((flag, _)) = line.strip_prefix("--").and_then(|rest| rest.split_once(" <")) {
            flags.push((format!("--{flag}"), None));
        }
        if let (Some(rest), Some((_, variable))) = (line.strip_prefix("[env: "), flags.last_mut()) {
            *variable = rest.trim_end_matches(']').split('=').next().map(str::to_owned);
        }
    }
    let name = |(flag, variable): (String, Option<String>)| {
        let own = flag.trim_start_matches("--").to_ascii_uppercase().replace('-', "_");
        variable.map_or(flag, |variable| if variable == own { own } else { format!("{variable} for the flag {own}") })
    };
    flags.into_iter().map(name).collect()
}
