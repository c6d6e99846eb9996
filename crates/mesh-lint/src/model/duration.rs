//! How long is `1m30s`? Durations as Go writes them, which Istio and the Gateway API take.

use std::time::Duration;

/// Reads numbers with units: `2400ms`, `1.5s`, `1m30s`, `0`. `None` for anything else.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(|it: char| !(it.is_ascii_digit() || it == '.'))?;
        let number: f64 = rest[..unit].parse().ok()?;
        let end = rest[unit..].find(|it: char| it.is_ascii_digit() || it == '.').map_or(rest.len(), |at| unit + at);
        seconds += number * scale(&rest[unit..end])?;
        rest = &rest[end..];
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

fn scale(unit: &str) -> Option<f64> {
    match unit {
        "h" => Some(3600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read_and_others_are_not() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(duration("2400ms"), Some(Duration::from_millis(2400)));
        for text in ["", "5", "s", "1x", "1s2", "99999999999999999999h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
