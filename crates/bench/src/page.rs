//! How does a reader see it: tables for a terminal, and a page in Markdown.

use std::fmt::Write;

use crate::figure::{Bar, Figure, Report, Row};

/// How to read it, for whoever has not measured anything before.
const READING: &str = "\
Compare within this page, not with another: each ratio is taken between two measurements of one round, seconds apart on
the same core, and the median of the rounds is shown with its quartiles. CPU is the kernel's account of the time that the
threads of a process were on a core, system calls included, so a wait costs nothing and a slow caller does not matter.
Instructions are callgrind's count in user space alone; they are the same on a busy machine and so they judge a change of
the code best. Each server has one core, load and backend have another, every answer was looked at before it was timed, and
peers run with kept connections and otherwise as they come. A bar is what this project wants of itself: a figure beyond
it is shown as missed and not left out.
";

/// Why bars are missed, which no run of the benchmark finds out by itself.
const LEFT: &str = include_str!("left.md");

/// The table of one row, for a terminal.
#[must_use]
pub fn row(row: Row, figures: &[Figure]) -> String {
    let mut text = format!("\n{}\n", row.question());
    for figure in figures {
        let Cells { number, spread, bar, verdict } = cells(figure);
        let _ =
            writeln!(text, "  {:<52} {number:>12} {:<15} {spread:<23} {bar:<12} {verdict}", figure.what, figure.unit);
    }
    text
}

/// How many bars hold, and what is absent.
#[must_use]
pub fn summary(report: &Report) -> String {
    let judged: Vec<bool> = report.figures.iter().filter_map(Figure::holds).collect();
    let held = judged.iter().filter(|held| **held).count();
    let mut text = format!("{held} of {} bars hold; load {:?}\n", judged.len(), report.machine.load);
    for why in &report.absent {
        let _ = writeln!(text, "absent: {why}");
    }
    text
}

/// `docs/performance.md`.
#[must_use]
pub fn whole(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "# Performance\n\nMade by `cargo xtask bench --page`; every number is from one run.\n\n## How to read it\n\n{READING}\n\
         ## The machine\n\n{}, {} cores, {} GiB, Linux {}, {}. Load average {} at the start, {} at the end.\n",
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.kernel,
        machine.rustc,
        machine.load[0],
        machine.load[1],
    );
    for row in Row::ALL {
        let figures: Vec<&Figure> = report.figures.iter().filter(|figure| figure.row == row).collect();
        if !figures.is_empty() {
            let _ = write!(
                text,
                "\n## {}\n\n| | figure | unit | quartiles | bar | |\n|---|--:|---|---|---|---|\n",
                row.question()
            );
            figures.iter().for_each(|figure| text.push_str(&line(figure)));
        }
    }
    if report.figures.iter().any(|figure| figure.holds() == Some(false)) {
        text.push_str(LEFT);
    }
    if !report.absent.is_empty() {
        text.push_str("\n## Not measured\n\n");
        for why in &report.absent {
            let _ = writeln!(text, "- {why}");
        }
    }
    text
}

struct Cells {
    number: String,
    spread: String,
    bar: String,
    verdict: &'static str,
}

fn line(figure: &Figure) -> String {
    let Cells { number, spread, bar, verdict } = cells(figure);
    format!("| {} | {number} | {} | {spread} | {bar} | {verdict} |\n", figure.what, figure.unit)
}

fn cells(figure: &Figure) -> Cells {
    let spread = figure.spread;
    let same = spread.low == spread.high;
    Cells {
        number: number(spread.median),
        spread: if same { String::new() } else { format!("{} to {}", number(spread.low), number(spread.high)) },
        bar: match figure.bar {
            Some(Bar::AtMost(most)) => format!("<= {}", number(most)),
            Some(Bar::AtLeast(least)) => format!(">= {}", number(least)),
            None => String::new(),
        },
        verdict: match figure.holds() {
            Some(true) => "holds",
            Some(false) => "missed",
            None => "",
        },
    }
}

/// Three significant digits, or all of a whole number.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 | 100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use crate::stats::Spread;

    use super::*;

    #[test]
    fn a_figure_shows_its_spread_its_bar_and_whether_it_holds() {
        let spread = Spread { low: 1.25, median: 1.5, high: 1.75 };
        let figure = Figure::new(Row::Hop, "a / b", "x", spread).should_be(Bar::AtMost(1.4));
        assert_eq!(line(&figure), "| a / b | 1.50 | x | 1.25 to 1.75 | <= 1.40 | missed |\n");
        let exact = Figure::new(Row::Image, "i", "MB", Spread::exact(2.5)).should_be(Bar::AtMost(4.0));
        assert_eq!(line(&exact), "| i | 2.50 | MB |  | <= 4.00 | holds |\n");
    }

    #[test]
    fn numbers_have_three_digits_that_mean_something() {
        assert_eq!([0.0, 1.234, 12.34, 35_999.6].map(number), ["0", "1.23", "12.3", "36000"]);
    }
}
