//! The commands, their output and their exit codes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use probe::{Outcome, echo::Received};

/// An echo server of the binary, ended with the test.
struct Echo {
    child: Child,
    url: String,
    addr: String,
}

impl Echo {
    fn start(args: &[&str]) -> Self {
        let mut command = command(&["echo", "--listen", "127.0.0.1:0"]);
        let mut child = command.args(args).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        let addr = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, url: format!("http://{addr}"), addr }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(args);
    command
}

fn probe(args: &[&str]) -> Output {
    command(args).output().expect("it starts")
}

fn code(args: &[&str]) -> i32 {
    probe(args).status.code().expect("it ends by itself")
}

fn stdout(args: &[&str]) -> String {
    String::from_utf8(probe(args).stdout).expect("text")
}

#[test]
fn load_ends_with_0_only_when_every_answer_is_as_expected() {
    let (good, bad) = (Echo::start(&[]), Echo::start(&["--status", "503"]));
    assert_eq!(code(&["load", &good.url, "--count", "5"]), 0);
    assert_eq!(code(&["load", &bad.url, "--count", "5"]), 1);
    assert_eq!(code(&["load", &bad.url, "--count", "5", "--expect", "200,503"]), 0);
    assert_eq!(code(&["load", &good.url, "--count", "5", "--expect", "201"]), 1);
    assert_eq!(code(&["load", "http://127.0.0.1:1", "--count", "5"]), 1);
    assert_eq!(code(&["load", "https://127.0.0.1:1"]), 2);
}

#[test]
fn load_writes_the_table_to_stderr_and_one_line_of_json_to_stdout() {
    let echo = Echo::start(&["--delay-ms", "5"]);
    let args = ["load", &echo.url, "--count", "20", "--workers", "4", "--http", "h2c", "--json"];
    let output = probe(&args);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let outcome: Outcome = serde_json::from_str(&out).expect(&out);
    assert_eq!((outcome.answered, out.lines().count()), (20, 1));
    assert!(outcome.latency.quantile_ms(0.5) >= 5.0, "{err}");
    assert!(err.starts_with("20 sent, 20 answered, 0 failed") && err.contains("p99 ms"), "{err}");
    assert_eq!(stdout(&args[..8]), "", "no JSON unless asked for");
}

#[test]
fn load_that_is_interrupted_tells_what_it_has_counted() {
    let echo = Echo::start(&[]);
    let mut child =
        command(&["load", &echo.url, "--rate", "50", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.as_mut().expect("it starts");
    let mut progress = String::new();
    BufReader::new(child.stderr.as_mut().expect("piped")).read_line(&mut progress).expect("a line");
    terminate(child);
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{progress}");
    assert!(serde_json::from_str::<Outcome>(&line).expect("an outcome").answered >= 20, "{line}");
}

#[test]
fn get_shows_any_answer_and_ends_with_3_without_one() {
    let echo = Echo::start(&["--status", "404"]);
    let url = format!("{}/users/1?a=b", echo.url);
    let output = probe(&["get", &url, "--method", "POST", "--header", "x-canary: v2", "--data", r#"{"a":1}"#]);
    let text = String::from_utf8(output.stdout).expect("text");
    let (head, body) = text.split_once("\n\n").expect("head and body");
    assert_eq!(output.status.code(), Some(0));
    assert!(head.starts_with("HTTP/1.1 404 Not Found\ncontent-type: application/json\n"), "{head}");
    let received: Received = serde_json::from_str(body).expect("JSON");
    assert_eq!(
        (received.method.as_str(), received.path.as_str(), received.body.as_str()),
        ("POST", "/users/1?a=b", r#"{"a":1}"#)
    );
    assert_eq!((received.headers["x-canary"].as_str(), received.headers["host"].as_str()), ("v2", echo.addr.as_str()));
    assert_eq!(received.headers["content-type"], "application/json");

    let output = probe(&["get", "http://127.0.0.1:1/"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.starts_with("no answer: refused: "), "{why}");
}

#[test]
fn get_speaks_h2c_with_an_authority() {
    let echo = Echo::start(&[]);
    let text = stdout(&["get", &echo.url, "--http", "h2c", "--header", "host: shop.example"]);
    assert!(text.starts_with("HTTP/2.0 200 OK\n") && text.contains(r#""version":"HTTP/2.0""#), "{text}");
}

#[test]
fn tcp_says_a_word_and_always_ends_with_0() {
    let echo = Echo::start(&[]);
    for (args, word) in [
        (vec![echo.addr.as_str(), "--timeout", "100ms"], "open\n"),
        (vec![echo.addr.as_str(), "--send", r"GET / HTTP/1.1\r\n\r\n"], "open\n"),
        (vec![echo.addr.as_str(), "--postgres"], "open\n"),
        (vec!["127.0.0.1:1"], "refused\n"),
        (vec!["nobody.invalid:1"], "unresolved\n"),
    ] {
        let output = probe(&[&["tcp"], args.as_slice()].concat());
        assert_eq!(
            (String::from_utf8_lossy(&output.stdout).as_ref(), output.status.code()),
            (word, Some(0)),
            "{args:?}"
        );
    }
}

#[test]
fn idle_and_echo_end_well_when_told_to() {
    let mut echo = Echo::start(&[]);
    terminate(&echo.child);
    assert_eq!(echo.child.wait().expect("it ends").code(), Some(0));

    let mut idle = command(&["idle"]).spawn().expect("it starts");
    // It has no output to wait for: the kernel says when it has its handler.
    let status = format!("/proc/{}/status", idle.id());
    while !catches_terminate(&std::fs::read_to_string(&status).expect("it runs")) {
        std::thread::yield_now();
    }
    terminate(&idle);
    assert_eq!(idle.wait().expect("it ends").code(), Some(0));
}

fn terminate(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
}

fn catches_terminate(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("the line is there");
    u64::from_str_radix(caught.trim(), 16).expect("hex") & (1 << 14) != 0
}

#[test]
fn collect_says_where_it_listens_and_ends_well_when_told_to() {
    let mut command = command(&["collect", "--otlp", "127.0.0.1:0", "--json", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
    let json = line.trim().split("JSON on ").nth(1).expect(&line);
    let told = stdout(&["get", &format!("http://{json}/spans")]);
    assert!(told.contains(r#"{"received":0,"forgotten":0}"#), "{told}");
    terminate(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
