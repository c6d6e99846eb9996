//! An outcome for people to read.

use std::fmt::Write;

use crate::{
    latency::Latency,
    outcome::{NONE, Outcome, Sample, service},
};

const HEADINGS: [&str; 9] =
    ["service", "version", "status", "answers", "share", "p50 ms", "p90 ms", "p99 ms", "max ms"];

/// The first columns are text and lean to the left, the others are numbers.
const TEXT_COLUMNS: usize = 3;

type Row = [String; HEADINGS.len()];

impl Outcome {
    /// The summary line, then a row for each service, version and status with its share of the service's answers (of all
    /// answers where no service is named), then the pods and the first things that went wrong. Ends with a line feed.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{self}\n");
        if self.answered > 0 {
            push_rows(&mut text, &self.rows());
            push_pods(&mut text, self);
        }
        if !self.samples.is_empty() {
            text.push_str("\nfirst failures and unexpected answers:\n");
        }
        for sample in &self.samples {
            let Sample { n, at_seconds, what, text: said } = sample;
            let line = format!("  request {n} at {at_seconds:.3} s: {what} {}", said.replace('\n', " "));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![HEADINGS.map(str::to_owned)];
        for (hop, by_status) in &self.latency_by_hop {
            let of_service: u64 =
                self.by_hop.iter().filter(|(other, _)| service(other) == service(hop)).map(|(_, n)| n).sum();
            let all = if hop == NONE { self.answered } else { of_service };
            let (service, version) = hop.split_once('/').unwrap_or((hop, ""));
            rows.extend(
                by_status.iter().map(|(status, latency)| row([service, version, &status.to_string()], latency, all)),
            );
        }
        rows.push(row(["all", "", ""], &self.latency, self.answered));
        rows
    }
}

fn row([service, version, status]: [&str; TEXT_COLUMNS], latency: &Latency, all: u64) -> Row {
    let ms = |ms: f64| format!("{ms:.1}");
    [
        service.to_owned(),
        version.to_owned(),
        status.to_owned(),
        latency.count().to_string(),
        format!("{:.2} %", 100.0 * latency.count() as f64 / all as f64),
        ms(latency.quantile_ms(0.5)),
        ms(latency.quantile_ms(0.9)),
        ms(latency.quantile_ms(0.99)),
        ms(latency.max_ms()),
    ]
}

fn push_rows(text: &mut String, rows: &[Row]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width);
    text.push('\n');
    for row in rows {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column < TEXT_COLUMNS { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
}

fn push_pods(text: &mut String, outcome: &Outcome) {
    let pods: Vec<_> = outcome.by_pod.iter().filter(|(pod, _)| *pod != NONE).collect();
    if !pods.is_empty() {
        text.push_str("\npods:\n");
    }
    let width = pods.iter().map(|(pod, _)| pod.len()).max().unwrap_or(0);
    for (pod, count) in pods {
        writeln!(text, "  {pod:width$}  {count}").expect("a text takes all");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::failure::Cause;

    use super::*;

    fn add(outcome: &mut Outcome, hop: &str, pod: &str, status: u16, count: u64) {
        for n in 0..count {
            let by_status = outcome.latency_by_hop.entry(hop.to_owned()).or_default();
            by_status.entry(status).or_default().record(Duration::from_millis(n % 10 + 1));
        }
        *outcome.by_hop.entry(hop.to_owned()).or_default() += count;
        *outcome.by_pod.entry(pod.to_owned()).or_default() += count;
    }

    #[test]
    fn it_shows_shares_and_latencies_by_service_version_and_status() {
        let mut outcome = Outcome { sent: 1001, answered: 1000, unexpected: 10, reconnects: 2, ..Outcome::default() };
        add(&mut outcome, "order-service/v1", "order-service/v1/a", 200, 890);
        add(&mut outcome, "order-service/v2", "order-service/v2/b", 200, 90);
        add(&mut outcome, "order-service/v2", "order-service/v2/b", 500, 10);
        add(&mut outcome, NONE, NONE, 429, 10);
        (0..1000).for_each(|n| outcome.latency.record(Duration::from_millis(n % 10 + 1)));
        outcome.failed.insert(Cause::Reset, 1);
        outcome.duration_seconds = 10.0;
        outcome.samples.push(Sample {
            n: 17,
            at_seconds: 0.17,
            what: "500".to_owned(),
            text: "{\n\"error\":1}".to_owned(),
        });
        let expected = "\
1001 sent, 1000 answered, 1 failed (1 reset), 10 unexpected, 2 reconnects in 10.0 s (100.1/s)

service        version  status  answers     share  p50 ms  p90 ms  p99 ms  max ms
none                    429          10    1.00 %     5.1     9.1    10.0    10.0
order-service  v1       200         890   89.90 %     5.1     9.1    10.0    10.0
order-service  v2       200          90    9.09 %     5.1     9.1    10.0    10.0
order-service  v2       500          10    1.01 %     5.1     9.1    10.0    10.0
all                                1000  100.00 %     5.1     9.1    10.0    10.0

pods:
  order-service/v1/a  890
  order-service/v2/b  100

first failures and unexpected answers:
  request 17 at 0.170 s: 500 { \"error\":1}
";
        assert_eq!(outcome.table(), expected);
    }

    #[test]
    fn without_answers_there_is_no_table() {
        let outcome = Outcome { sent: 3, failed: [(Cause::Refused, 3)].into(), ..Outcome::default() };
        assert_eq!(
            outcome.table(),
            "3 sent, 0 answered, 3 failed (3 refused), 0 unexpected, 0 reconnects in 0.0 s (0.0/s)\n"
        );
    }
}
