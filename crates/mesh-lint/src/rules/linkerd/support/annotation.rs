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

/// What else a Service or a route can say: of retries which and how often, of circuit breaking how.
pub const OTHER_ANNOTATIONS: [&str; 11] = [
    "retry.linkerd.io/http",
    "retry.linkerd.io/grpc",
    "retry.linkerd.io/limit",
    "balancer.linkerd.io/failure-accrual",
    "balancer.linkerd.io/failure-accrual-consecutive-max-failures",
    "balancer.linkerd.io/failure-accrual-consecutive-jitter-ratio",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-threshold",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-min-requests",
    "balancer.alpha.linkerd.io/failure-accrual-honor-retry-after",
    "balancer.alpha.linkerd.io/penalize-failures",
    "config.linkerd.io/opaque-ports",
];

/// Where retries belong: what several rules advise must be the same.
pub const RETRIED_READS: &str =
    "`retry.linkerd.io/http` on a route for GET and HEAD, and a second route without it for the rest";

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

/// Whether Go reads it as a boolean.
#[must_use]
pub fn is_go_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True" | "0" | "f" | "F" | "false" | "FALSE" | "False")
}

/// Whether the key is about calls to a Service: retries, timeouts, balancing, circuit breaking.
#[must_use]
pub fn is_about_calls(key: &str) -> bool {
    ["retry.linkerd.io/", "timeout.linkerd.io/"].iter().chain(&BALANCER).any(|prefix| key.starts_with(prefix))
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

/// The annotations of an object's own metadata and of its pods.
pub fn all_annotations(object: &Object) -> impl Iterator<Item = &Entry> {
    let pods = Workload::of(object).filter(|_| &*object.kind != "Pod").map(|it| it.annotations().entries());
    annotations(object).iter().chain(pods.unwrap_or_default())
}

/// Each annotation that the injector reads: those of Namespaces and of pods.
pub fn proxy_settings(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Entry)> {
    bundle.objects().iter().flat_map(|object| settings_of(object).map(move |entry| (object, entry)))
}

fn settings_of(object: &Object) -> impl Iterator<Item = &Entry> {
    let entries = match Workload::of(object) {
        Some(workload) => workload.annotations().entries(),
        None if object.is("", "Namespace") => annotations(object),
        None => &[],
    };
    entries.iter().filter(|entry| entry.key.contains("linkerd.io/"))
}

/// Whether the manifests decide about injection in a namespace: it is there, and somewhere the word is spoken. Others
/// leave it to `linkerd inject`, which adds the annotation on the way to the cluster.
pub fn says_who_is_injected(bundle: &Bundle, namespace: &str) -> bool {
    let objects = || bundle.in_namespace(namespace);
    objects().any(|it| it.is("", "Namespace"))
        && objects().flat_map(settings_of).any(|entry| &*entry.key == "linkerd.io/inject")
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
    fn a_list_of_ports_has_numbers_and_rising_ranges() {
        assert_eq!(ports("25, 80-90,"), Ok(vec![(25, 25), (80, 90)]));
        assert_eq!(ports("25,http"), Err("http"));
        assert_eq!(ports("90-80"), Err("90-80"));
        assert_eq!(ports("0"), Err("0"));
    }
}
