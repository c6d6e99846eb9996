//! What do the processes of a service use, and what are they short of?

use super::{app, namespace};
use crate::board::{Board, Row};
use crate::panel::{Panel, Unit};
use crate::profile::{self, PROCESS};
use crate::promql::{SCREEN, Series, aggregate, sum};

pub fn board() -> Board {
    let received = &profile::ALL[0].requests;
    Board {
        name: "runtime",
        title: "Shop / Runtime",
        description: "What do the processes of a service use, and what are they short of?",
        variables: vec![namespace(received), app(received)],
        rows: vec![
            Row { title: "Process", panels: process() },
            Row { title: "Runtime and database", panels: runtime() },
        ],
    }
}

fn series(metric: &str) -> Series {
    Series::new(metric, r#"namespace="$namespace",app="$app""#)
}

fn of_process(metric: &str) -> Series {
    series(metric).with(PROCESS)
}

fn each(what: &str) -> String {
    aggregate("max", &["version", "instance"], what)
}

const LEGEND: &str = "{{version}} {{instance}}";

fn process() -> Vec<Panel> {
    let started = of_process("process_start_time_seconds").text();
    vec![
        Panel::lines("CPU", Unit::Number, "Cores in use, by process.")
            .ask(LEGEND, each(&of_process("process_cpu_seconds_total").rate(SCREEN)))
            .or("no process"),
        Panel::lines("Memory", Unit::Bytes, "Resident memory, by process. The limit in the manifests is 128 MiB.")
            .ask(LEGEND, each(&of_process("process_resident_memory_bytes").text()))
            .worse_from(96.0 * 1024.0 * 1024.0, 128.0 * 1024.0 * 1024.0)
            .at_least(128.0 * 1024.0 * 1024.0)
            .or("no process"),
        Panel::lines("Open files", Unit::Share, "Open files and connections, of those that the process may have.")
            .ask(
                LEGEND,
                each(&format!("{} / {}", of_process("process_open_fds").text(), of_process("process_max_fds").text())),
            )
            .worse_from(0.7, 0.9)
            .up_to(1.0)
            .or("no process"),
        Panel::lines(
            "Starts",
            Unit::Count,
            "How often a process began anew in the last 10 minutes, at the same address.",
        )
        .ask(LEGEND, each(&format!("changes({}[10m])", started)))
        .worse_from(1.0, 3.0)
        .at_least(3.0)
        .or("no process"),
        Panel::lines("Age", Unit::Seconds, "Time since the start.")
            .ask(LEGEND, each(&format!("time() - {started}")))
            .or("no process"),
        Panel::lines(
            "Log lines dropped",
            Unit::Events,
            "Lines that nobody read in time; the process does not wait for its log.",
        )
        .ask(
            "{{version}}",
            format!(
                "{} or 0 * {}",
                sum(&["version"], &series("log_lines_dropped_total").rate(SCREEN)),
                sum(&["version"], &started)
            ),
        )
        .worse_from(0.001, 1.0)
        .at_least(1.0)
        .or("no process"),
    ]
}

fn runtime() -> Vec<Panel> {
    let busy =
        format!("{} / 1000 / {}", series("tokio_busy_milliseconds_total").rate(SCREEN), series("tokio_workers").text());
    vec![
        Panel::lines(
            "Workers busy",
            Unit::Share,
            "Time that the worker threads work. Near 100 % requests wait for a thread.",
        )
        .ask(LEGEND, each(&busy))
        .worse_from(0.7, 0.9)
        .up_to(1.0)
        .or("no process"),
        Panel::lines("Tasks waiting", Unit::Count, "Tasks that are ready and wait for a worker.")
            .ask(LEGEND, each(&series("tokio_global_queue_depth").text()))
            .worse_from(10.0, 100.0)
            .or("no process"),
        Panel::lines(
            "Tasks alive",
            Unit::Count,
            "Tasks that have not ended: about one a connection. A line that only climbs is a leak.",
        )
        .ask(LEGEND, each(&series("tokio_alive_tasks").text()))
        .or("no process"),
        Panel::lines(
            "Database connections",
            Unit::Count,
            "Connections of the pool. Solid: in use. Dotted: idle. Dashed: what the pool may have; in use near it for minutes, requests wait and then get 503.",
        )
        .wide(12)
        .ask(
            "{{version}} {{instance}} {{state}}",
            aggregate("max", &["version", "instance", "state"], &series("db_pool_connections").text()),
        )
        .ask("{{version}} limit", aggregate("max", &["version"], &series("db_pool_max_connections").text()))
        .or("no database"),
        Panel::lines("In flight", Unit::Count, "Requests that are being served, by route.").wide(12).ask(
            "{{version}} {{endpoint}}",
            sum(&["version", "endpoint"], &series("axum_http_requests_pending").text()),
        ),
    ]
}
