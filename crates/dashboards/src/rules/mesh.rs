//! How the mesh itself is: retries, encryption, certificates; by source, namespace and app.

use super::{Group, Rule};
use crate::profile::{ALL, Counted, Profile};
use crate::promql::{Series, ratio, relabel, sum};

/// Attempts beyond the first for each call, of callers whose proxies tell of both.
pub const RETRIES: &str = "mesh:retries:ratio5m";
/// The calls that those attempts were made for.
pub const CALLS: &str = "mesh:calls:increase5m";
/// The share of requests that arrived encrypted and from a known identity.
pub const MTLS: &str = "mesh:mtls:ratio5m";
/// Seconds until the certificate of a sidecar ends.
pub const CERTIFICATE: &str = "mesh:certificate_left_seconds:min";

/// Who calls, in Istio's counters of both sides.
const CALLER: &str = "source_workload";

pub fn group() -> Group {
    let [_, istio, linkerd] = ALL;
    // A process does not know who calls it: requests of others would look like retries. Without a mesh nobody repeats.
    let callers: [(_, &[_]); 2] = [(istio, &[CALLER]), (linkerd, &[])];
    let mut rules: Vec<_> = callers.iter().flat_map(|(profile, by)| retries(profile, by)).collect();
    rules.push(encrypted(istio, r#"connection_security_policy="mutual_tls""#));
    rules.push(encrypted(linkerd, r#"tls="true""#));
    rules.push(Rule::of(
        CERTIFICATE,
        istio.name,
        "min by (namespace, app, pod) (istio_agent_cert_expiry_seconds{})".to_owned(),
    ));
    rules.push(Rule::of(
        CERTIFICATE,
        linkerd.name,
        "min by (namespace, app, pod) (control_identity_cert_expiration_timestamp_seconds{} - time())".to_owned(),
    ));
    Group { name: "mesh", about: "Retries, encryption and certificates, as sidecars report them.", rules }
}

/// Attempts are counted where the calls are known too. Istio's callee counts those of every caller, also of one whose sidecar
/// nobody asks; Linkerd's caller counts both itself.
fn retries(profile: &Profile, by: &[&str]) -> [Rule; 2] {
    let count = |counted: &Counted| counted.renamed(&counted.series().increase("5m"), by);
    let (attempts, calls) = (count(&profile.attempts), count(&profile.calls));
    let app = ["namespace", "app"];
    let known = format!("{attempts} and on ({}) {calls} > 0", [by, &app].concat().join(", "));
    let calls = sum(&app, &calls);
    [
        Rule::of(RETRIES, profile.name, format!("{} / ({calls} > 0) - 1", sum(&app, &known))),
        Rule::of(CALLS, profile.name, calls),
    ]
}

fn encrypted(profile: &Profile, matcher: &str) -> Rule {
    let requests = &profile.requests;
    let by = [requests.namespace, requests.app];
    let rate = |series: Series| {
        let total = sum(&by, &series.rate("5m"));
        if requests.app == "app" {
            return total;
        }
        let named = relabel(&relabel(&total, "namespace", by[0], "(.+)"), "app", by[1], "(.+)");
        sum(&["namespace", "app"], &named)
    };
    Rule::of(MTLS, profile.name, ratio(&rate(requests.series().with(matcher)), &rate(requests.series())))
}
