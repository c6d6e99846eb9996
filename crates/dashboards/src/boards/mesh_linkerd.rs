//! Does Linkerd do what mesh/linkerd asks of it: encrypt, identify, refuse, repeat, break?

use super::namespace;
use crate::board::{Board, Row};
use crate::panel::{Panel, Unit};
use crate::profile;
use crate::promql::{SCREEN, Series, aggregate, rate_ratio, ratio, sum};

pub fn board() -> Board {
    let [_, _, linkerd] = profile::ALL;
    Board {
        name: "mesh-linkerd",
        title: "Shop / Linkerd",
        description: "Does Linkerd do what mesh/linkerd asks of it: encrypt, identify, refuse, repeat, break?",
        variables: vec![namespace(&linkerd.requests)],
        rows: vec![
            Row { title: "Encryption and identity", panels: identity() },
            Row { title: "Refusals", panels: refusals() },
            Row { title: "Retries and breaker", panels: repairs() },
        ],
    }
}

fn here(metric: &str) -> Series {
    Series::new(metric, r#"namespace="$namespace""#)
}

fn requests() -> Series {
    let [_, _, linkerd] = profile::ALL;
    linkerd.requests.series().with(r#"namespace="$namespace""#)
}

fn identity() -> Vec<Panel> {
    let edge = ["client_id", "app", "version", "tls"];
    let encrypted = requests().with(r#"tls="true""#);
    vec![
        Panel::figure(
            "Encrypted",
            Unit::Share,
            "Requests that arrive with mutual TLS. Probes and scrapes come without and are left out.",
        )
        .wide(6)
        .ask("encrypted", rate_ratio(&[], &encrypted, &requests(), SCREEN))
        .better_from(0.99, 1.0),
        Panel::lines(
            "Encrypted, by callee",
            Unit::Share,
            "The same by callee. Less than 100 %: somebody calls it without a proxy.",
        )
        .wide(9)
        .ask("{{app}}", rate_ratio(&["app"], &encrypted, &requests(), SCREEN))
        .up_to(1.0),
        Panel::lines(
            "Certificate left",
            Unit::Hours,
            "Hours until the first certificate of a service's proxies ends. A saw: proxies renew it long before.",
        )
        .wide(9)
        .ask(
            "{{app}}",
            format!(
                "({} - time()) / 3600",
                aggregate("min", &["app"], &here("control_identity_cert_expiration_timestamp_seconds").text())
            ),
        )
        .better_from(3.0, 6.0)
        .signed()
        .or("not scraped"),
        Panel::table(
            "Who calls whom, as whom",
            "One row an edge, with the identity that the caller proved. No identity: plain text.",
        )
        .wide(24)
        .column("Requests", Unit::Rate, sum(&edge, &requests().rate(SCREEN)))
        .column(
            "Failures",
            Unit::Share,
            rate_ratio(&edge, &requests().with(r#"classification="failure""#), &requests(), SCREEN),
        ),
    ]
}

fn refusals() -> Vec<Panel> {
    // Whoever comes without TLS has no identity, and no label either.
    let named = |what: &str| format!(r#"label_replace({what}, "client_id", "no identity", "client_id", "")"#);
    let refused = |metric| named(&format!("{} > 0", sum(&["client_id", "app"], &here(metric).rate(SCREEN))));
    let legend = "{{client_id}} to {{app}}";
    vec![
        Panel::lines(
            "Not allowed (403)",
            Unit::Rate,
            "Calls that the callee's proxy refuses: no policy lets this identity do it. They are in no other counter.",
        )
        .wide(12)
        .ask(legend, refused("inbound_http_authz_deny_total"))
        .or("nobody refused"),
        Panel::lines("Too many (429)", Unit::Rate, "Calls beyond a rate limit of the callee's proxy.")
            .wide(12)
            .ask(legend, refused("inbound_http_local_ratelimit_total"))
            .or("nobody refused"),
    ]
}

fn repairs() -> Vec<Panel> {
    let called = |metric: &str| Series::new(metric, r#"parent_namespace="$namespace""#);
    let by = ["parent_name", "route_name"];
    let calls = sum(&by, &called("outbound_http_route_request_statuses_total").rate(SCREEN));
    let retried =
        |kind: &str| ratio(&sum(&by, &called(&format!("outbound_http_route_retry_{kind}_total")).rate(SCREEN)), &calls);
    let unanswered = called("outbound_http_route_request_statuses_total").with(r#"error!="""#);
    let endpoints = |state: &str| {
        sum(
            &["backend_name"],
            &called("outbound_http_balancer_endpoints").with(&format!(r#"endpoint_state="{state}""#)).text(),
        )
    };
    vec![
        Panel::lines("Retries", Unit::Share, "Repeated attempts for each call, by route. Dotted: those that the limit forbade.")
            .ask("{{parent_name}} {{route_name}}", retried("requests"))
            .ask("{{parent_name}} {{route_name}} forbidden", retried("limit_exceeded")).worse_from(0.1, 0.2),
        Panel::lines("Calls that the proxy answered", Unit::Rate, "By callee and reason. FAIL_FAST: no endpoint left. REQUEST_TIMEOUT and RESPONSE_HEADERS_TIMEOUT: too slow. LOAD_SHED: too many waiting.")
            .ask("{{parent_name}} {{error}}", format!("{} > 0", sum(&["parent_name", "error"], &unanswered.rate(SCREEN)))).or("none"),
        Panel::lines("Endpoints", Unit::Count, "Pods that callers may use, by backend, added up over the callers. Dotted, not ready: the breaker or a connection holds them back.")
            .ask("{{backend_name}} ready", endpoints("ready")).ask("{{backend_name}} not ready", endpoints("pending")),
    ]
}
