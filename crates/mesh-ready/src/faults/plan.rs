//! Weighted lists such as `503:5,429:1`: values, each with the percentage of requests that get it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Delays, for example `150ms:10,2s:5`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Latencies(Weighted<Duration>);

/// Statuses, for example `503:5,429:1`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Statuses(Weighted<StatusCode>);

/// Values with percentages that add up to at most 100.
#[derive(Clone, Debug, PartialEq)]
struct Weighted<T>(Vec<(T, f64)>);

impl Latencies {
    /// The delay for one request.
    #[must_use]
    pub fn draw(&self) -> Option<Duration> {
        self.0.draw(rand::random::<f64>() * 100.0)
    }
}

impl Statuses {
    /// The status for one request.
    #[must_use]
    pub fn draw(&self) -> Option<StatusCode> {
        self.0.draw(rand::random::<f64>() * 100.0)
    }
}

impl FromStr for Latencies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Weighted::parse(text, duration, "expected delays and percentages, for example 150ms:10,2s:5").map(Self)
    }
}

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Weighted::parse(text, status, "expected statuses and percentages, for example 503:5,429:1").map(Self)
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |(delay, percent): &(Duration, f64)| match delay.as_micros() {
            us if us % 1_000_000 == 0 => format!("{}s:{percent}", us / 1_000_000),
            us if us % 1_000 == 0 => format!("{}ms:{percent}", us / 1_000),
            us => format!("{us}us:{percent}"),
        };
        f.write_str(&self.0.0.iter().map(show).collect::<Vec<_>>().join(","))
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |(status, percent): &(StatusCode, f64)| format!("{}:{percent}", status.as_u16());
        f.write_str(&self.0.0.iter().map(show).collect::<Vec<_>>().join(","))
    }
}

impl<T: Copy> Weighted<T> {
    fn parse(text: &str, value: impl Fn(&str) -> Option<T>, hint: &str) -> Result<Self, String> {
        let entry = |entry: &str| {
            let (name, percent) = entry.trim().split_once(':')?;
            let percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?;
            Some((value(name)?, percent))
        };
        let entries = text.split(',').filter(|part| !part.trim().is_empty());
        let list: Vec<(T, f64)> = entries.map(entry).collect::<Option<_>>().ok_or(hint)?;
        if list.iter().map(|(_, percent)| percent).sum::<f64>() > 100.0 {
            return Err(format!("the percentages add up to more than 100; {hint}"));
        }
        Ok(Self(list))
    }

    fn draw(&self, mut dice: f64) -> Option<T> {
        self.0.iter().find_map(|(value, percent)| {
            let hit = dice < *percent;
            dice -= percent;
            hit.then_some(*value)
        })
    }
}

impl<T> Default for Weighted<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

macro_rules! as_text {
    ($($list:ty),*) => {$(
        impl TryFrom<String> for $list {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$list> for String {
            fn from(list: $list) -> Self {
                list.to_string()
            }
        }
    )*};
}

as_text!(Latencies, Statuses);

fn status(text: &str) -> Option<StatusCode> {
    text.parse().ok().filter(|code| (400..=599).contains(code)).and_then(|code| StatusCode::from_u16(code).ok())
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let delay = match &text[digits..] {
        "us" => Duration::from_micros(number),
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        _ => return None,
    };
    (delay <= Duration::from_secs(60)).then_some(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_drawn_as_often_as_its_percentage_says() {
        let statuses: Statuses = "503:5,429:1.5".parse().expect("a list");
        for (dice, expected) in [(0.0, Some(503)), (4.99, Some(503)), (5.0, Some(429)), (6.49, Some(429)), (6.5, None)]
        {
            assert_eq!(statuses.0.draw(dice).map(|status| status.as_u16()), expected, "{dice}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_meant_is_refused_with_an_example() {
        for wrong in ["503", "503:x", "503:101", "503:-1", "200:5", "999:5", "503:60,500:60", "abc:5", "503:NaN"] {
            let error = wrong.parse::<Statuses>().expect_err(wrong);
            assert!(error.contains("503:5,429:1"), "{wrong}: {error}");
        }
        for wrong in ["150:10", "150m:10", "ms:10", "61s:1", "1h:1"] {
            let error = wrong.parse::<Latencies>().expect_err(wrong);
            assert!(error.contains("150ms:10"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_list_survives_the_way_through_the_admin_port() {
        let latencies: Latencies = "150us:10,30ms:1,2s:5".parse().expect("a list");
        assert_eq!(latencies.to_string(), "150us:10,30ms:1,2s:5");
        let text = serde_json::to_string(&latencies).expect("text");
        assert_eq!(serde_json::from_str::<Latencies>(&text).expect("the same list"), latencies);
    }
}
