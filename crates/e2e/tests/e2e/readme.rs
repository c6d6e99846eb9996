//! The commands of README.md are run as they stand there, and their answers compared.

use std::path::Path;
use std::process::{Command, Output};

use e2e::launcher::Launcher;
use e2e::page::{Step, matches};
use e2e::pages;
use e2e::report::figure;

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_print_what_it_says() {
    let launcher = Launcher::start(&[], &[]).await.expect("the launcher starts");
    let steps = pages::on_a_laptop();
    for step in &steps {
        compare(step, &ask(&launcher, &step.command));
    }
    figure("commands of README.md run", steps.len());
}

/// Where nothing can be pulled, `BASH_ENV` may name a file with functions that add to `kind`, `istioctl` and `cargo` what it
/// takes there.
#[test]
#[ignore = "makes two clusters with kind and deletes them: needs a Docker engine, kind, kubectl, istioctl and ten minutes"]
fn the_commands_of_the_readme_make_a_cluster_on_kind() {
    bash("cargo xtask down", &[]);
    for step in pages::on_kind() {
        let output = bash(&step.command, &[]);
        let printed = text(&output);
        assert!(output.status.success(), "{}: {}\n{printed}", step.command, output.status);
        compare(&step, &printed);
    }
    bash("cargo xtask down", &[]);
}

fn compare(step: &Step, printed: &str) {
    if let Some(page) = &step.prints {
        assert!(matches(page, printed), "{}\nthe page: {page}\nprinted:  {printed}", step.command);
    }
}

/// Runs a command with the ports that the launcher took.
fn ask(launcher: &Launcher, command: &str) -> String {
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
    text(&bash(&command, &[("TOKEN", launcher.field("token"))]))
}

/// Runs a command as the shell of a reader would, at the root of the repository.
fn bash(command: &str, env: &[(&str, &str)]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new("bash").args(["-c", command]).envs(env.iter().copied()).current_dir(root).output();
    output.expect("bash is there")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).replace('\r', "").trim_end().to_owned()
}
