//! `docs/settings.md` says what every process can be told; it is made from the command lines, so it cannot drift.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p microservices` writes it anew.

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use mesh_ready::config;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");

const HEAD: &str = "# Settings

Each setting is an environment variable and a flag of the same name: `DRAIN_DELAY_MS=0` is `--drain-delay-ms 0`. Where the
table shows a flag there is no variable. The launcher passes the variables of the services on to all of them, except those
that can hold for one only: `LISTEN_ADDR`, `ADMIN_ADDR`, `SERVICE_VERSION`, `POD_NAME`, `DATABASE_URL`, `OTEL_SERVICE_NAME`.
A wrong value ends the process with exit code 2 before it opens a port, and the message names the variable.
This page is made from the programs themselves by a test of `crates/microservices`.
";

/// One row: where it is known, with which default, and what it means.
struct Row {
    known_to: Vec<&'static str>,
    defaults: Vec<String>,
    meaning: String,
}

#[test]
fn the_settings_page_says_what_the_programs_say() {
    let page = format!("{HEAD}\n## Services\n\n{}\n## Launcher\n\n{}", table(&services()), table(&launcher()));
    if option_env!("UPDATE_SNAPSHOTS") == Some("1") {
        std::fs::write(PAGE, &page).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(Path::new(PAGE)).unwrap_or_default();
    assert!(written == page, "docs/settings.md is not up to date; UPDATE_SNAPSHOTS=1 cargo test -p microservices");
}

#[test]
fn the_launchers_command_line_is_one_that_clap_accepts() {
    crate::args::Args::command().debug_assert();
}

fn services() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    collect(&mut rows, "api-gateway", &config::command::<api_gateway::Args>(&api_gateway::WORKLOAD));
    collect(&mut rows, "user-service", &config::command::<user_service::Args>(&user_service::WORKLOAD));
    collect(&mut rows, "order-service", &config::command::<order_service::Args>(&order_service::WORKLOAD));
    for row in rows.values_mut().filter(|row| row.known_to.len() == 3) {
        row.known_to = vec!["all"];
    }
    rows
}

fn launcher() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    collect(&mut rows, "microservices", &crate::args::Args::command());
    rows
}

fn collect(rows: &mut BTreeMap<String, Row>, program: &'static str, command: &Command) {
    let settings = command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()));
    for arg in settings {
        let row = rows.entry(name(arg)).or_insert_with(|| Row {
            known_to: Vec::new(),
            defaults: Vec::new(),
            meaning: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        });
        row.known_to.push(program);
        let default = arg.get_default_values().first().map(|value| format!("`{}`", value.to_string_lossy()));
        let default = default.filter(|_| arg.get_num_args().is_none_or(|n| n.takes_values()));
        row.defaults.extend(default.filter(|default| !row.defaults.contains(default)));
    }
}

/// The variable, or the flag when there is none.
fn name(arg: &Arg) -> String {
    let flag = arg.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    arg.get_env().map_or(flag, |env| env.to_string_lossy().into_owned())
}

fn table(rows: &BTreeMap<String, Row>) -> String {
    let line = |(name, row): (&String, &Row)| {
        let meaning = row.meaning.replace('\n', " ").replace('|', "\\|");
        format!("| `{name}` | {} | {} | {meaning} |\n", row.known_to.join(", "), row.defaults.join(", "))
    };
    let lines: String = rows.iter().map(line).collect();
    format!("| variable | known to | default | meaning |\n|---|---|---|---|\n{lines}")
}
