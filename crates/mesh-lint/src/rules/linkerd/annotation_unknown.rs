//! Is each annotation one that Linkerd knows?

use std::borrow::Cow;

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::annotation_retired::RETIRED;
use crate::rules::linkerd::support::{OTHER_ANNOTATIONS, TIME_ANNOTATIONS, all_annotations};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-annotation-unknown",
    severity: Severity::Error,
    title: "an annotation of Linkerd's that it does not know",
    reason: "Nobody checks the names of annotations. One that is misspelt, or that an older release knew, is kept by \
             the API server and read by nobody; everything goes on with the default.",
    reference: "https://linkerd.io/2/reference/proxy-configuration/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-max-failures: "3" # <-
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-consecutive-max-failures: "3"
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in all_annotations(object).filter(|entry| is_misspelt(&entry.key)) {
            let (near, _) = nearest(&entry.key);
            report.span(
                object,
                entry.span,
                format!("not read `{}` and go on with the default", entry.key),
                format!("perhaps `{near}`; the reference lists all"),
            );
        }
    }
}

const PREFIXES: [&str; 7] = [
    "retry.linkerd.io/",
    "timeout.linkerd.io/",
    "balancer.linkerd.io/",
    "balancer.alpha.linkerd.io/",
    "config.linkerd.io/",
    "config.alpha.linkerd.io/",
    "config.beta.linkerd.io/",
];

/// Unknown under a prefix of Linkerd's, or so near to a known one that nothing else can be meant.
fn is_misspelt(key: &str) -> bool {
    let ours = PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    // Most are right, and to compare letters takes long.
    if !key.contains("linkerd") || known().any(|known| known == key) {
        return false;
    }
    let (_, distance) = nearest(key);
    distance > 0 && (ours || distance <= 2) && !RETIRED.iter().any(|(retired, _)| *retired == key)
}

fn nearest(key: &str) -> (String, usize) {
    let all = known().map(|known| (distance(&known, key), known));
    all.min().map(|(distance, known)| (known.into_owned(), distance)).unwrap_or_default()
}

fn known() -> impl Iterator<Item = Cow<'static, str>> {
    let whole = TIME_ANNOTATIONS.iter().chain(&OTHER_ANNOTATIONS).chain(&NAMED).map(|known| Cow::Borrowed(*known));
    whole.chain(PROXY.iter().map(|known| Cow::Owned(format!("config.linkerd.io/{known}"))))
}

/// How many characters have to be put in, taken out or changed to make one text of another.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], number + 1);
        for (column, wanted) in other.chars().enumerate() {
            let cost = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = cost.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

const NAMED: [&str; 7] = [
    "linkerd.io/inject",
    "linkerd.io/created-by",
    "linkerd.io/proxy-version",
    "linkerd.io/trust-root-sha256",
    "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
    "config.alpha.linkerd.io/proxy-enable-native-sidecar",
    "config.beta.linkerd.io/proxy-enable-native-sidecar",
];

/// What the injector knows under config.linkerd.io.
const PROXY: [&str; 47] = [
    "access-log",
    "admin-port",
    "admission-webhooks",
    "close-wait-timeout",
    "control-port",
    "debug-image",
    "debug-image-pull-policy",
    "debug-image-version",
    "default-inbound-policy",
    "enable-debug-sidecar",
    "enable-external-profiles",
    "enable-gateway",
    "image-pull-policy",
    "inbound-port",
    "opaque-ports",
    "outbound-port",
    "pod-inbound-ports",
    "proxy-additional-env",
    "proxy-admin-shutdown",
    "proxy-await",
    "proxy-cpu-limit",
    "proxy-cpu-ratio-limit",
    "proxy-cpu-request",
    "proxy-disable-inbound-protocol-detect-timeout",
    "proxy-disable-outbound-protocol-detect-timeout",
    "proxy-enable-native-sidecar",
    "proxy-ephemeral-storage-limit",
    "proxy-ephemeral-storage-request",
    "proxy-gid",
    "proxy-image",
    "proxy-inbound-connect-timeout",
    "proxy-inbound-discovery-cache-unused-timeout",
    "proxy-log-format",
    "proxy-log-http-headers",
    "proxy-log-level",
    "proxy-memory-limit",
    "proxy-memory-request",
    "proxy-metrics-hostname-labels",
    "proxy-outbound-connect-timeout",
    "proxy-outbound-discovery-cache-unused-timeout",
    "proxy-require-identity-inbound-ports",
    "proxy-uid",
    "proxy-version",
    "shutdown-grace-period",
    "skip-inbound-ports",
    "skip-outbound-ports",
    "skip-subnets",
];
