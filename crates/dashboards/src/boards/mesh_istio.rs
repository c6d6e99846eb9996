//! Does Istio do what mesh/istio asks of it: encrypt, identify, refuse, repeat, break?

use super::namespace;
use crate::board::{Board, Row};
use crate::panel::{Panel, Unit};
use crate::profile;
use crate::promql::{SCREEN, Series, aggregate, rate_ratio, sum};

const APP: &str = "destination_canonical_service";

pub fn board() -> Board {
    let [_, istio, _] = profile::ALL;
    Board {
        name: "mesh-istio",
        title: "Shop / Istio",
        description: "Does Istio do what mesh/istio asks of it: encrypt, identify, refuse, repeat, break?",
        variables: vec![namespace(&istio.requests)],
        rows: vec![
            Row { title: "Encryption and identity", panels: identity() },
            Row { title: "Refusals", panels: refusals() },
            Row { title: "Retries and breaker", panels: repairs() },
        ],
    }
}

fn requests(reporter: &str) -> Series {
    Series::new(
        "istio_requests_total",
        &format!(r#"reporter="{reporter}",destination_workload_namespace="$namespace""#),
    )
}

fn identity() -> Vec<Panel> {
    let arrived = requests("destination");
    let encrypted = arrived.with(r#"connection_security_policy="mutual_tls""#);
    vec![
        Panel::figure(
            "Encrypted",
            Unit::Share,
            "Requests that arrive with mutual TLS, as the callee's sidecar sees them; the caller's cannot know.",
        )
        .wide(6)
        .ask("encrypted", rate_ratio(&[], &encrypted, &arrived, SCREEN))
        .better_from(0.99, 1.0),
        Panel::lines(
            "Encrypted, by callee",
            Unit::Share,
            "The same by callee. Less than 100 %: somebody calls it without a sidecar.",
        )
        .wide(9)
        .ask("{{destination_canonical_service}}", rate_ratio(&[APP], &encrypted, &arrived, SCREEN))
        .up_to(1.0),
        Panel::lines(
            "Certificate left",
            Unit::Hours,
            "Hours until the first certificate of a service's sidecars ends. A saw: sidecars renew it long before.",
        )
        .wide(9)
        .ask(
            "{{app}}",
            format!(
                "{} / 3600",
                aggregate(
                    "min",
                    &["app"],
                    &Series::new("istio_agent_cert_expiry_seconds", r#"namespace="$namespace""#).text(),
                )
            ),
        )
        .better_from(3.0, 6.0)
        .or("not scraped"),
        Panel::table(
            "Who calls whom, as whom",
            "One row an edge with the identities that both sides proved. No identity: plain text.",
        )
        .wide(24)
        .column(
            "Requests",
            Unit::Rate,
            sum(
                &[
                    "source_workload",
                    "source_principal",
                    "destination_workload",
                    "destination_principal",
                    "connection_security_policy",
                ],
                &arrived.rate(SCREEN),
            ),
        )
        .column(
            "Failures",
            Unit::Share,
            rate_ratio(
                &[
                    "source_workload",
                    "source_principal",
                    "destination_workload",
                    "destination_principal",
                    "connection_security_policy",
                ],
                &arrived.with(r#"response_code=~"5..""#),
                &arrived,
                SCREEN,
            ),
        ),
    ]
}

fn refusals() -> Vec<Panel> {
    let by = ["source_canonical_service", APP];
    let refused = |code: &str| {
        let some = sum(&by, &requests("destination").with(&format!(r#"response_code="{code}""#)).rate(SCREEN));
        format!("{some} > 0")
    };
    let legend = "{{source_canonical_service}} to {{destination_canonical_service}}";
    vec![
        Panel::lines("Not allowed (403)", Unit::Rate, "Calls that the callee's sidecar refuses: no policy lets this identity do it. The services themselves never answer 403.").wide(12)
            .ask(legend, refused("403")).or("nobody refused"),
        Panel::lines("Too many (429)", Unit::Rate, "Calls beyond the rate limit of a pod. Those of the gateway's own limit by caller are 429 too.").wide(12)
            .ask(legend, refused("429")).or("nobody refused"),
    ]
}

fn repairs() -> Vec<Panel> {
    let rate = |reporter| sum(&["source_workload", APP], &requests(reporter).rate(SCREEN));
    // Only of callers whose sidecars are asked too: what others call once would look like a repetition.
    let calls = rate("source");
    let known = format!("{} and {calls} > 0", rate("destination"));
    let [attempts, calls] = [&known, &calls].map(|what| sum(&[APP], what));
    // A call that reached no pod has no workload, so these are found by the name that was called.
    let unanswered = Series::new(
        "istio_requests_total",
        r#"reporter="source",destination_service_namespace="$namespace",response_flags!="-""#,
    );
    let ejected = Series::new("envoy_cluster_outlier_detection_ejections_active", r#"namespace="$namespace""#);
    vec![
        Panel::lines("Retries", Unit::Share, "Attempts that arrive beyond the calls that callers made, by callee; of callers whose sidecars are asked too.")
            .ask("{{destination_canonical_service}}", format!("clamp_min({attempts} / ({calls} > 0.1) - 1, 0)")).worse_from(0.1, 0.2),
        Panel::lines("Calls that the sidecar answered", Unit::Rate, "By callee and Envoy's flag. UO: the breaker's limit. UH: no pod left, all ejected or none ready. URX: retries used up. UT: too slow. UF: no connection. NR: no route.")
            .ask("{{destination_service_name}} {{response_flags}}", format!("{} > 0", sum(&["destination_service_name", "response_flags"], &unanswered.rate(SCREEN)))).or("none"),
        Panel::lines("Pods ejected", Unit::Count, "Pods that get no calls after failing in a row, as each caller's sidecar decides. Shown only where the pod annotation proxyStatsMatcher lets Envoy tell.")
            .ask("{{cluster_name}}", sum(&["cluster_name"], &ejected.text())).worse_from(1.0, 2.0).or("not exported"),
    ]
}
