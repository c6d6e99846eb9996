//! What a callee receives, for callers of each kind.

use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

type Inbound<'a> = &'a [(&'static str, &'a str)];
type Expected<'a> = &'a [(&'a str, Option<&'a str>)];

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"))
    };
    pairs.iter().map(pair).collect()
}

/// The headers of a call made for a request with `inbound`, by a process that records nothing.
fn forwarded(inbound: &[(&'static str, &str)]) -> HeaderMap {
    let inbound = headers(inbound);
    let parent = Parent::extract(&inbound);
    let span = parent.span().cloned().unwrap_or_else(|| unrecorded_root(parent.decision()));
    let mut outbound = HeaderMap::new();
    Context::admit(&inbound, &parent, span, false).inject(&mut outbound, None);
    outbound
}

#[test]
fn trace_context_is_passed_on_in_each_form() {
    let w3c = format!("00-{TRACE}-{SPAN}-01");
    let unsampled = format!("00-{TRACE}-{SPAN}-00");
    let single = format!("{TRACE}-{SPAN}-1");
    let cases: &[(&str, Inbound<'_>, Expected<'_>)] = &[
        ("w3c sampled", &[("traceparent", &w3c)], &[("traceparent", Some(&w3c)), ("tracestate", None), ("b3", None)]),
        ("w3c unsampled", &[("traceparent", &unsampled)], &[("traceparent", Some(&unsampled))]),
        (
            "state and baggage",
            &[("traceparent", &w3c), ("tracestate", "a=1,b=2"), ("baggage", "k=v")],
            &[("tracestate", Some("a=1,b=2")), ("baggage", Some("k=v"))],
        ),
        (
            "b3 single",
            &[("b3", &single)],
            &[("traceparent", Some(&w3c)), ("b3", Some(&single)), ("x-b3-traceid", None)],
        ),
        (
            "b3 multiple",
            &[("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "0")],
            &[
                ("traceparent", Some(&unsampled)),
                ("x-b3-traceid", Some(TRACE)),
                ("x-b3-sampled", Some("0")),
                ("b3", None),
            ],
        ),
        (
            "w3c wins over b3",
            &[("traceparent", &w3c), ("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0")],
            &[("traceparent", Some(&w3c)), ("b3", Some(&single))],
        ),
        (
            "b3 helps out malformed w3c",
            &[("traceparent", "00-nonsense"), ("b3", &single)],
            &[("traceparent", Some(&w3c))],
        ),
    ];
    for (name, inbound, expected) in cases {
        let outbound = forwarded(inbound);
        for (header, value) in *expected {
            assert_eq!(outbound.get(*header).map(|v| v.to_str().expect("text")), *value, "{name}: {header}");
        }
    }
}

#[test]
fn a_request_without_trace_context_gets_an_unsampled_one() {
    for inbound in
        [&[][..], &[("traceparent", "00-00000000000000000000000000000000-0000000000000000-01")], &[("b3", "0")]]
    {
        let outbound = forwarded(inbound);
        let traceparent = outbound["traceparent"].to_str().expect("text");
        assert!(traceparent.len() == 55 && traceparent.ends_with("-00"), "{inbound:?}: {traceparent}");
        assert!(!traceparent.contains(&"0".repeat(32)), "{inbound:?}: {traceparent}");
    }
}

#[test]
fn what_b3_decided_or_left_open_stays_so() {
    let (debug, open) = (format!("{TRACE}-{SPAN}-d"), format!("{TRACE}-{SPAN}"));
    let cases: &[(&str, Inbound<'_>, Decision, &str, Option<&str>)] = &[
        ("debug", &[("b3", &debug)], Decision::Record, "b3", Some("-1")),
        ("open", &[("b3", &open)], Decision::Open, "b3", Some("b7")),
        ("open", &[("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN)], Decision::Open, "x-b3-sampled", None),
        ("record without a trace", &[("b3", "1")], Decision::Record, "b3", Some("-1")),
        ("debug without a trace", &[("x-b3-flags", "1")], Decision::Record, "x-b3-sampled", Some("1")),
        ("drop without a trace", &[("b3", "0")], Decision::Drop, "b3", Some("-0")),
    ];
    for (name, inbound, decision, header, ending) in cases {
        assert_eq!(Parent::extract(&headers(inbound)).decision(), *decision, "{name}");
        let outbound = forwarded(inbound);
        let written = outbound.get(*header).map(|value| value.to_str().expect("text"));
        assert_eq!(written.is_some(), ending.is_some(), "{name}: {written:?}");
        assert!(written.unwrap_or_default().ends_with(ending.unwrap_or_default()), "{name}: {written:?}");
        let sampled = outbound["traceparent"].to_str().expect("text").ends_with("-01");
        assert_eq!(sampled, *decision == Decision::Record, "{name}");
    }
}

#[test]
fn a_request_id_is_passed_on_or_made() {
    assert_eq!(forwarded(&[("x-request-id", "abc")])["x-request-id"], "abc");
    let long = "x".repeat(REQUEST_ID_LIMIT + 1);
    for unusable in [&[][..], &[("x-request-id", "")], &[("x-request-id", &long)], &[("x-request-id", "\u{e9}")]] {
        let outbound = forwarded(unusable);
        let id = uuid::Uuid::try_parse_ascii(outbound["x-request-id"].as_bytes()).expect("a UUID");
        assert_eq!(id.get_version_num(), 4, "{unusable:?}");
    }
}

#[test]
fn only_listed_headers_are_passed_on() {
    let outbound =
        forwarded(&[("x-canary", "v2"), ("authorization", "Bearer secret"), ("cookie", "a=b"), ("x-other", "1")]);
    let mut names: Vec<&str> = outbound.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["traceparent", "x-canary", "x-request-id"]);
}

#[test]
fn lines_of_a_list_are_joined_and_two_parents_are_none() {
    let mut inbound = HeaderMap::new();
    let parent = HeaderValue::from_str(&format!("00-{TRACE}-{SPAN}-01")).expect("a header value");
    for (name, value) in [("baggage", "a=1"), ("baggage", "b=2"), ("tracestate", "x=1"), ("tracestate", "y=2")] {
        inbound.append(name, HeaderValue::from_static(value));
    }
    inbound.append("traceparent", parent.clone());
    fold(&mut inbound);
    assert_eq!(
        (&inbound["baggage"], &inbound["tracestate"]),
        (&HeaderValue::from_static("a=1,b=2"), &HeaderValue::from_static("x=1,y=2"))
    );
    assert!(Parent::extract(&inbound).span().is_some());
    inbound.append("traceparent", parent);
    fold(&mut inbound);
    assert!(Parent::extract(&inbound).span().is_none());
}

#[test]
fn hops_are_listed_as_they_answered() {
    let inbound = HeaderMap::new();
    let context = Context::admit(&inbound, &Parent::extract(&inbound), unrecorded_root(Decision::Open), false);
    let own = HeaderValue::from_static("gateway/v1/a");
    assert_eq!(context.served_by(&own), "gateway/v1/a");
    context.answered_by(HeaderValue::from_static("one/v1/b"));
    context.answered_by(HeaderValue::from_static("two/v2/c"));
    assert_eq!(context.served_by(&own), "one/v1/b, two/v2/c, gateway/v1/a");
}
