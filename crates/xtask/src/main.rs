//! Developer commands. `cargo xtask --help` lists them; each needs cargo alone unless it says otherwise.

mod bench;
mod ci;
mod cluster;
mod command;
mod dashboards;
mod files;
mod image;
mod ownership;
mod token;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Developer commands of this workspace.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Debug, Subcommand)]
enum Task {
    /// All that CI runs besides the tests: fmt, clippy, doc, deny, verify
    Ci(verify::VerifyArgs),
    /// Checks the project's own invariants: crate edges, thin services, one place each, file heads
    Verify(verify::VerifyArgs),
    /// Measures what a hop, a service, a start and an image cost, against peers in the same run
    Bench(bench::BenchArgs),
    /// Builds the images as OCI archives in target/images, without a container engine
    Image(image::ImageArgs),
    /// Writes the boards, recording rules and alerts into dashboards/, checks them, or asks a Prometheus about them
    Dashboards(dashboards::DashboardsArgs),
    /// Prints a bearer token for a demonstration cluster and puts its public key where the manifests want it
    Token(token::TokenArgs),
    /// Makes a kind cluster on this machine, installs a mesh and deploys everything into it
    Up(cluster::up::UpArgs),
    /// Deletes that cluster and all that is in it
    Down,
    /// Deploys everything into the current kubeconfig's cluster and waits for the first answer
    Deploy(cluster::deploy::DeployArgs),
    /// Applies a step of the canary, then measures and prints the share of each release
    Canary(cluster::canary::CanaryArgs),
    /// Constant load from outside: a table by service, version and status; fails when a request failed
    Load(cluster::load::LoadArgs),
    /// The executed proof against a deployed shop: one line an assertion, with what was measured
    E2e(cluster::e2e::E2eArgs),
    /// Spoils each manifest in turn, in a deployed shop, and sees the assertion fail that owns it
    Mutate(cluster::mutate::MutateArgs),
    /// Two results of `e2e --json` side by side: what each assertion measured on one mesh and on the other
    Compare(cluster::compare::CompareArgs),
}

fn main() -> ExitCode {
    let result = match Args::parse().task {
        Task::Ci(args) => ci::run(args),
        Task::Verify(args) => verify::run(args),
        Task::Bench(args) => bench::run(&args),
        Task::Image(args) => image::run(&args).map(drop),
        Task::Dashboards(args) => dashboards::run(&args),
        Task::Token(args) => token::run(&args),
        Task::Up(args) => cluster::up::run(&args),
        Task::Down => cluster::down::run(),
        Task::Deploy(args) => cluster::deploy::run(&args),
        Task::Canary(args) => cluster::canary::run(&args),
        Task::Load(args) => cluster::load::run(&args),
        Task::E2e(args) => cluster::e2e::run(&args),
        Task::Mutate(args) => cluster::mutate::run(&args),
        Task::Compare(args) => cluster::compare::run(&args),
    };
    result.map_or_else(
        |error| {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
