//! The exposition as OpenMetrics 1.0, the only text format with exemplars
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>); the recorder writes the older format only.
//!
//! Names and values stay. A counter's family loses `_total`, which its samples keep; empty lines go; an end is added.

use std::collections::HashSet;
use std::fmt::Write;

use http::{HeaderMap, header};

use super::exemplars::Exemplar;

/// What the answer is called.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const MEDIA_TYPE: &str = "application/openmetrics-text";

/// Whether somebody names this format, and no other text before it, in `Accept`.
#[must_use]
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let ranges: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let weight = |media: &str| ranges.iter().filter_map(|range| weight(range, media)).fold(0.0, f32::max);
    weight(MEDIA_TYPE) > 0.0 && weight(MEDIA_TYPE) >= weight("text/plain")
}

/// The weight of a media range, if it is of this type.
fn weight(range: &str, media: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    parts.next().filter(|name| name.eq_ignore_ascii_case(media))?;
    Some(parts.find_map(|parameter| parameter.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0))
}

/// The same samples, each with the exemplar that `exemplar` knows for its line.
pub fn from_text(text: &str, exemplar: impl Fn(&str) -> Option<Exemplar>) -> String {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: HashSet<&str> = types.filter_map(|line| line.strip_suffix(" counter")).collect();
    let mut written = String::with_capacity(text.len() + text.len() / 4);
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(metadata) => describe(&mut written, metadata, &counters),
            None => sample(&mut written, line, exemplar(line)),
        }
    }
    written + "# EOF\n"
}

fn sample(written: &mut String, line: &str, exemplar: Option<Exemplar>) {
    // Writing to a string does not fail.
    let _ = match exemplar {
        Some(exemplar) => writeln!(written, "{line} {exemplar}"),
        None => writeln!(written, "{line}"),
    };
}

/// `TYPE name type` or `HELP name text`.
fn describe(written: &mut String, metadata: &str, counters: &HashSet<&str>) {
    let mut words = metadata.splitn(3, ' ');
    let (Some(keyword), Some(name), Some(rest)) = (words.next(), words.next(), words.next()) else { return };
    let family = counters.get(name).and_then(|name| name.strip_suffix("_total"));
    let told = match keyword {
        // A counter is one by its samples' ending; without it the name is kept, and the type is not told.
        "TYPE" if rest == "counter" && family.is_none() => "unknown".to_owned(),
        "HELP" => rest.replace('"', "\\\""),
        _ => rest.to_owned(),
    };
    let _ = writeln!(written, "# {keyword} {} {told}", family.unwrap_or(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_counters_lose_their_ending_and_samples_keep_it() {
        let text = "# HELP requests_total Those \"answered\"\n# TYPE requests_total counter\nrequests_total{a=\"b\"} 3\n\n\
                    # TYPE odd counter\nodd 1\n\n# HELP size How big\n# TYPE size gauge\nsize 2.5\n\n";
        let expected = "# HELP requests Those \\\"answered\\\"\n# TYPE requests counter\nrequests_total{a=\"b\"} 3\n\
                        # TYPE odd unknown\nodd 1\n# HELP size How big\n# TYPE size gauge\nsize 2.5\n# EOF\n";
        assert_eq!(from_text(text, |_| None), expected);
    }

    #[test]
    fn only_who_names_the_format_gets_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, wanted) in [
            (prometheus, true),
            ("Application/OpenMetrics-Text", true),
            ("text/plain", false),
            ("*/*", false),
            ("", false),
            ("application/openmetrics-text;q=0", false),
            ("text/plain;version=0.0.4, application/openmetrics-text; q=0.5", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().expect("a header value"))]);
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
