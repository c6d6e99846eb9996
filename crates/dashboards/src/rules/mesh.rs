//! How the mesh itself is: retries, encryption, certificates; by source, namespace and app.

use super::{Group, Rule};
use crate::profile::{ALL, Counted, Profile};
use crate::promql::{Series, ratio, relabel, sum};

/// Attempts beyond the first for each call.
pub const RETRIES: &str = "mesh:retries:ratio5m";
/// The share of requests that arrived encrypted and from a known identity.
pub const MTLS: &str = "mesh:mtls:ratio5m";
/// Seconds until the certificate of a sidecar ends.
pub const CERTIFICATE: &str = "mesh:certificate_left_seconds:min";

pub fn group() -> Group {
    let [_, istio, linkerd] = ALL;
    let mut rules: Vec<_> = ALL.into_iter().map(retries).collect();
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

fn retries(profile: &Profile) -> Rule {
    let rate = |counted: &Counted| counted.renamed(&counted.series().rate("5m"), &[]);
    let expr = format!("{} / ({} > 0) - 1", rate(&profile.attempts), rate(&profile.calls));
    Rule::of(RETRIES, profile.name, expr)
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
