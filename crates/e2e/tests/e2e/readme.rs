//! The commands of README.md are run as they stand there, and their answers compared.

use std::process::Command;

use e2e::launcher::Launcher;
use e2e::report::figure;

const README: &str = include_str!("../../../../README.md");
/// Stands for text that differs from run to run.
const ANYTHING: char = '…';

/// A command, and what the page says that it prints.
#[derive(Debug)]
struct Step {
    command: String,
    prints: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_print_what_it_says() {
    let launcher = Launcher::start(&[], &[]).await.expect("the launcher starts");
    let steps = steps(README);
    assert!(steps.len() >= 10, "only {} commands were found", steps.len());
    for step in &steps {
        let printed = run(&launcher, &step.command);
        assert!(matches(&step.prints, &printed), "{}\nthe page: {}\nprinted:  {printed}", step.command, step.prints);
    }
    figure("commands of README.md run", steps.len());
}

#[test]
fn an_answer_that_differs_outside_the_gaps_is_noticed() {
    assert!(matches("{\"id\":\"err_…\"} …", "{\"id\":\"err_12\"} x"));
    for printed in ["{\"id\":\"12\"}", "{\"id\":\"err_12\"} x", "{\"id\":\"err_12\"}\n"] {
        assert!(!matches("{\"id\":\"err_…\"}", printed), "{printed}");
    }
}

/// The lines after `$ ` in the page's `console` blocks, each with the lines up to the next.
fn steps(page: &str) -> Vec<Step> {
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    let mut steps: Vec<Step> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), prints: String::new() }),
            (None, Some(step)) if step.prints.is_empty() => line.clone_into(&mut step.prints),
            (None, Some(step)) => step.prints = format!("{}\n{line}", step.prints),
            (None, None) => panic!("a block begins with an answer: {line}"),
        }
    }
    steps
}

/// Runs a command as the shell of a reader would, with the ports that the launcher took.
fn run(launcher: &Launcher, command: &str) -> String {
    let places = [
        ("localhost:8080", "gateway"),
        ("localhost:8081", "user_service"),
        ("localhost:8082", "order_service"),
        ("localhost:9080", "gateway_admin"),
        ("localhost:9081", "user_service_admin"),
        ("localhost:9082", "order_service_admin"),
    ];
    let command = places.iter().fold(command.to_owned(), |command, (page, field)| {
        command.replace(page, launcher.field(field).trim_start_matches("http://"))
    });
    let output = Command::new("bash").args(["-c", &command]).env("TOKEN", launcher.field("token")).output();
    let printed = String::from_utf8(output.expect("bash is there").stdout).expect("text").replace('\r', "");
    printed.trim_end().to_owned()
}

/// Whether `printed` is `page` with its gaps filled.
fn matches(page: &str, printed: &str) -> bool {
    let mut parts = page.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == parts.len();
        let found = if last { rest.ends_with(part).then(|| rest.len() - part.len()) } else { rest.find(part) };
        let Some(start) = found else { return false };
        rest = &rest[start + part.len()..];
    }
    rest.is_empty()
}
