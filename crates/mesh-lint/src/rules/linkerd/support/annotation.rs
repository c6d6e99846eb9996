//! Which annotations does Linkerd read, where, and what do their values look like?

use crate::bundle::Bundle;
use crate::model::Workload;
use crate::object::Object;
use crate::yaml::Entry;

/// The annotations of a Service or a route that hold a duration.
pub const TIME_ANNOTATIONS: [&str; 9] = [
    "retry.linkerd.io/timeout",
    "timeout.linkerd.io/request",
    "timeout.linkerd.io/response",
    "timeout.linkerd.io/idle",
    "balancer.linkerd.io/failure-accrual-consecutive-min-penalty",
    "balancer.linkerd.io/failure-accrual-consecutive-max-penalty",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-window",
    "balancer.alpha.linkerd.io/load-biaser-penalty",
    "balancer.alpha.linkerd.io/load-biaser-max-retry-after",
];

/// How the annotations about balancing and circuit breaking begin.
pub const BALANCER: [&str; 2] = ["balancer.linkerd.io/", "balancer.alpha.linkerd.io/"];

/// Whether Linkerd reads it as a duration: whole number and unit, or a bare zero.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    milliseconds(text).is_some()
}

/// A duration as Linkerd's policy controller reads it.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let number: u64 = text[..text.len() - unit.len()].parse().ok()?;
    let factor = match unit {
        "" if number == 0 => 0,
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A duration as Go reads it: parts of number and unit, fractions too, no days. The injector is written in Go.
#[must_use]
pub fn go_millis(text: &str) -> Option<f64> {
    let mut rest = text.trim_start_matches('+');
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').filter(|&end| end > 0)?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|it: char| it.is_ascii_digit() || it == '.').map_or(rest.len(), |at| end + at);
        total += number * go_unit(&rest[end..unit_end])?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

fn go_unit(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-6,
        "us" | "µs" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        _ => return None,
    })
}

/// Whether Go reads it as a boolean.
#[must_use]
pub fn is_go_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True" | "0" | "f" | "F" | "false" | "FALSE" | "False")
}

/// Whether the key is about retries.
#[must_use]
pub fn is_retry(key: &str) -> bool {
    key.starts_with("retry.linkerd.io/")
}

/// The ranges of a list of ports; the part that cannot be read is the error.
pub fn ports(text: &str) -> Result<Vec<(i64, i64)>, &str> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| range(part).ok_or(part)).collect()
}

fn range(part: &str) -> Option<(i64, i64)> {
    let (from, to) = part.split_once('-').unwrap_or((part, part));
    let (from, to): (u16, u16) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from > 0 && from <= to).then_some((from.into(), to.into()))
}

/// The annotations of an object's own metadata.
#[must_use]
pub fn annotations(object: &Object) -> &[Entry] {
    object["metadata"]["annotations"].entries()
}

/// Each annotation that the injector reads: those of Namespaces and of pods.
pub fn proxy_settings(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Entry)> {
    bundle.objects().iter().flat_map(|object| {
        let entries = match Workload::of(object) {
            Some(workload) => workload.annotations().entries(),
            None if object.is("", "Namespace") => annotations(object),
            None => &[],
        };
        entries.iter().filter(|entry| entry.key.contains("linkerd.io/")).map(move |entry| (object, entry))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linkerd_reads_one_number_and_one_unit() {
        for text in ["0", "0s", "300ms", "90s", "5m", "1h", "1d", " 10s "] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "5", "1m30s", "1.5s", "-1s", "s", "10x", "99999999999999999999s"] {
            assert!(!is_duration(text), "{text}");
        }
    }

    #[test]
    fn go_reads_fractions_and_sums_but_no_bare_number() {
        assert_eq!(go_millis("1m30s"), Some(90_000.0));
        assert_eq!(go_millis("1.5s"), Some(1_500.0));
        for text in ["", "20", "1d", "s", "1 s"] {
            assert_eq!(go_millis(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_of_ports_has_numbers_and_rising_ranges() {
        assert_eq!(ports("25, 80-90,"), Ok(vec![(25, 25), (80, 90)]));
        assert_eq!(ports("25,http"), Err("http"));
        assert_eq!(ports("90-80"), Err("90-80"));
        assert_eq!(ports("0"), Err("0"));
    }
}
