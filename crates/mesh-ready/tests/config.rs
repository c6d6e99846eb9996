//! Wrong settings end a process with a message that names the variable and a right value.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};
use mesh_ready::{Workload, config};

const WORKLOAD: Workload = Workload { name: "probe", port: 7001, admin_port: 7002, versions: &["v1", "v2"] };

#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    mesh: mesh_ready::Args,
}

fn refusal(flag: &str, value: &str) -> String {
    let error = config::try_parse_from::<Args>(&WORKLOAD, ["probe", &format!("{flag}={value}")])
        .expect_err(&format!("{flag}={value} is wrong"));
    assert_eq!(error.exit_code(), 2, "{flag}={value}");
    error.to_string()
}

#[test]
fn a_wrong_value_is_refused_with_the_variable_and_a_right_value() {
    let cases = [
        ("--listen-addr", "8080", "0.0.0.0:8080"),
        ("--admin-addr", "localhost", "0.0.0.0:9080"),
        ("--service-version", "v3", "v1, v2"),
        ("--pod-name", "two words", "echo-v1-6c9f"),
        ("--pod-name", "", "echo-v1-6c9f"),
        ("--header-read-timeout-ms", "0", "75000"),
        ("--drain-delay-ms", "5s", "5000"),
        ("--drain-timeout-ms", "-1", "20000"),
        ("--upstream-timeout-ms", "1e3", "10000"),
        ("--upstream-connect-timeout-ms", "99999999999", "1000"),
        ("--rust-log", "loud", "info"),
        ("--rust-log", "mesh_ready=loud", "info"),
        ("--log-format", "xml", "json"),
        ("--otel-exporter-otlp-endpoint", "localhost:4317", "http://localhost:4317"),
        ("--otel-exporter-otlp-endpoint", "https://collector:4317", "http://localhost:4317"),
        ("--otel-traces-sampler", "sometimes", "parentbased_traceidratio"),
        ("--otel-traces-sampler-arg", "2", "0.01"),
        ("--otel-sdk-disabled", "maybe", "true"),
        ("--fault-latency", "10", "150ms:10"),
        ("--fault-status", "200:5", "503:5"),
    ];
    for (flag, value, right) in cases {
        let text = refusal(flag, value);
        let variable = flag.trim_start_matches("--").replace('-', "_").to_uppercase();
        assert!(text.contains(&format!("\n  {variable}: ")), "{flag}={value} does not name {variable}: {text}");
        assert!(text.contains(right), "{flag}={value} does not show {right}: {text}");
    }
}

#[test]
fn each_flag_is_also_the_variable_of_the_same_name() {
    let command = config::command::<Args>(&WORKLOAD);
    for arg in command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
        let long = arg.get_long().expect("a flag").replace('-', "_").to_uppercase();
        let env = arg.get_env().expect("a variable").to_string_lossy().into_owned();
        let value = arg.get_value_names().expect("a value")[0].to_string();
        assert_eq!(BTreeSet::from([&env, &value]), BTreeSet::from([&long]), "{arg}");
    }
}

#[test]
fn the_workload_gives_the_defaults() {
    let args: Args = config::try_parse_from(&WORKLOAD, ["probe"]).expect("no setting is required");
    assert_eq!(args.mesh.listen.listen_addr.port(), 7001);
    assert_eq!(args.mesh.listen.admin_addr.port(), 7002);
    assert_eq!(args.mesh.identity(&WORKLOAD).served_by(), "probe/v1/local");
}

#[test]
fn the_command_line_is_one_that_clap_accepts() {
    config::command::<Args>(&WORKLOAD).debug_assert();
    Args::command().build();
}
