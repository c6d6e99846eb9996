//! `mesh-lint PATH...`: prints the findings and exits 0 (none), 1 (some) or 2 (could not read).

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use mesh_lint::output::{self, Format};
use mesh_lint::{Mesh, lint_all, read, rules};

/// Finds in Kubernetes manifests what a service mesh would accept and then ignore.
#[derive(Debug, Parser)]
#[command(version, after_help = "Exit status: 0 no finding, 1 findings, 2 something could not be read.")]
struct Args {
    /// Files, `-` for standard input, folders: their kustomizations are built where kubectl or kustomize is there, their other
    /// `*.yaml`, `*.yml` and `*.json` are read as they are, Helm charts are not. Files named together are looked at together.
    #[arg(required_unless_present_any = ["explain", "list"])]
    paths: Vec<PathBuf>,
    /// Whose rules apply: istio, linkerd, or auto for those that the manifests name.
    #[arg(long, default_value = "auto")]
    mesh: Mesh,
    /// text, json or sarif.
    #[arg(long, default_value = "text")]
    format: Format,
    /// Explain one rule, with a bad and a good example.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// List all rules.
    #[arg(long)]
    list: bool,
    /// Do not say how the input was read.
    #[arg(long, short)]
    quiet: bool,
    /// Set to anything, it keeps colours away.
    #[arg(long, env = "NO_COLOR", hide = true, default_value = "")]
    no_color: String,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("mesh-lint: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.list {
        return print(&output::list()).map(|()| ExitCode::SUCCESS);
    }
    if let Some(id) = &args.explain {
        let rule = rules::find(id).with_context(|| unknown(id))?;
        return print(&output::explain(rule)).map(|()| ExitCode::SUCCESS);
    }
    let input = read::read(&args.paths, stdin)?;
    let whole = input.unread.is_empty();
    if !args.quiet {
        input.notes.iter().for_each(|note| say(&format!("note: {note}")));
        if whole && input.bundles.iter().all(|bundle| bundle.objects().is_empty() && bundle.broken().is_empty()) {
            say("note: there is no object of Kubernetes in what was read");
        }
    }
    let findings = lint_all(&input.bundles, args.mesh);
    let colour = args.no_color.is_empty() && std::io::stdout().is_terminal();
    print(&match args.format {
        // What could not be read may hold some.
        Format::Text if findings.is_empty() && !whole => String::new(),
        Format::Text => output::text(&findings, colour),
        Format::Json => output::json(&findings),
        Format::Sarif => output::sarif(&findings),
    })?;
    // Last, and whatever was found in the rest: what nobody can build, nobody can apply.
    input.unread.iter().for_each(|why| say(&format!("mesh-lint: {why}")));
    Ok(ExitCode::from(if whole { u8::from(!findings.is_empty()) } else { 2 }))
}

fn unknown(id: &str) -> String {
    match rules::nearest(id) {
        Some(rule) => format!("there is no rule {id}; is {} meant? mesh-lint --list names all", rule.id),
        None => format!("there is no rule {id}; mesh-lint --list names all"),
    }
}

fn stdin() -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tells whoever listens; `eprintln!` would panic if nobody does.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints; whoever closes the pipe early has seen enough.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}
