//! How is the text of a setting understood: each parser's error says what would be right.

use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use url::Url;

/// Milliseconds, zero allowed.
///
/// # Errors
/// A text that says what would be right.
pub fn any_ms(text: &str) -> Result<Duration, String> {
    let hint = "expected whole milliseconds, for example 1500";
    let ms = text.parse::<u32>().map_err(|_| hint.to_owned())?;
    Ok(Duration::from_millis(u64::from(ms)))
}

/// Milliseconds, at least one.
///
/// # Errors
/// A text that says what would be right.
pub fn positive_ms(text: &str) -> Result<Duration, String> {
    match any_ms(text)? {
        Duration::ZERO => Err("expected at least 1 millisecond, for example 1500".to_owned()),
        duration => Ok(duration),
    }
}

/// A limit that lets at least one through.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number of at least 1, for example 512".to_owned())
}

/// Pod names go into a header and a label: DNS names, as Kubernetes makes them.
pub(crate) fn pod_name(text: &str) -> Result<String, String> {
    let dns = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if (1..=253).contains(&text.len()) && text.chars().all(dns) {
        return Ok(text.to_owned());
    }
    Err("expected a DNS name of a-z, 0-9, '-' and '.', for example echo-v1-6c9f".to_owned())
}

/// A filter of events by target and level.
pub(crate) fn log_filter(text: &str) -> Result<Targets, String> {
    let hint = |error: &dyn std::fmt::Display| format!("{error}; expected for example info or warn,mesh_ready=debug");
    let word = text.trim();
    // A bare word that is no level would be read as the name of a module, and silence everything.
    let bare = !word.contains(['=', ',', '[']);
    if word.is_empty() || (bare && word.parse::<LevelFilter>().is_err()) {
        return Err(hint(&"no such level"));
    }
    word.parse().map_err(|error| hint(&error))
}

/// A boolean of OpenTelemetry's specification, without regard to case.
pub(crate) fn flag(text: &str) -> Result<bool, String> {
    text.to_ascii_lowercase().parse().map_err(|_| "expected true or false, for example true".to_owned())
}

/// A share of one.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "expected a share from 0.0 to 1.0, for example 0.01".to_owned())
}

/// A URL that this process may call.
///
/// # Errors
/// A text that says what would be right: TLS is the sidecar's, so only `http` works.
pub fn plain_http(text: &str) -> Result<Url, String> {
    let right = "for example http://localhost:4317";
    let url: Url = text.parse().map_err(|error| format!("{error}; expected a URL, {right}"))?;
    match (url.scheme(), url.has_host()) {
        ("http", true) => Ok(url),
        ("https", _) => Err(format!("https is the sidecar's part, a service speaks plain http; {right}")),
        _ => Err(format!("expected an http:// URL, {right}")),
    }
}

/// The base URL of another service: a host, a port and nothing else.
///
/// # Errors
/// A text that says what would be right.
pub fn service_url(text: &str) -> Result<Url, String> {
    let right = "expected http://HOST:PORT and nothing after it, for example http://peer:8081";
    let url: Url = text.parse().map_err(|error| format!("{error}; {right}"))?;
    if url.scheme() == "https" {
        return Err(format!("services speak plain http and the sidecar adds mutual TLS; {right}"));
    }
    let bare =
        url.scheme() == "http" && url.has_host() && url.path() == "/" && url[url::Position::AfterPath..].is_empty();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if bare && anonymous { Ok(url) } else { Err(right.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_plain_http_origin_and_nothing_more() {
        for text in ["http://peer:8081", "http://127.0.0.1:1", "http://[::1]:8081/", "http://peer"] {
            assert!(service_url(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "peer:8081",
            "https://peer",
            "http://",
            "http://a/b",
            "http://a/?b",
            "http://a#b",
            "http://me:x@a",
            "file:///a",
        ] {
            assert!(service_url(text).expect_err(text).contains("for example http://peer:8081"), "{text:?}");
        }
    }
}
