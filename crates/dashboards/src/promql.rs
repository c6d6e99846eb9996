//! Query text from parts: a metric with its matchers, and the few shapes that every board needs.
//!
//! None of them gives NaN: where nothing was asked there is no sample, and a panel says "no traffic".

/// Grafana's window: at least four scrapes, more when the screen shows hours.
pub const SCREEN: &str = "$__rate_interval";

/// A metric and which of its series are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    metric: String,
    matchers: String,
}

impl Series {
    /// All series of `metric` that fulfil `matchers`, for example `app="$app"`.
    #[must_use]
    pub fn new(metric: &str, matchers: &str) -> Self {
        Self { metric: metric.to_owned(), matchers: matchers.to_owned() }
    }

    /// Those of them that fulfil `matcher` as well.
    #[must_use]
    pub fn with(&self, matcher: &str) -> Self {
        let matchers = [self.matchers.as_str(), matcher].into_iter().filter(|part| !part.is_empty());
        Self { metric: self.metric.clone(), matchers: matchers.collect::<Vec<_>>().join(",") }
    }

    /// The values themselves.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{{{}}}", self.metric, self.matchers)
    }

    /// The growth in a second, over `window`.
    #[must_use]
    pub fn rate(&self, window: &str) -> String {
        format!("rate({}[{window}])", self.text())
    }

    /// The growth in `window`.
    #[must_use]
    pub fn increase(&self, window: &str) -> String {
        format!("increase({}[{window}])", self.text())
    }
}

/// The sum of `what` for each combination of the labels `by`.
#[must_use]
pub fn sum(by: &[&str], what: &str) -> String {
    aggregate("sum", by, what)
}

/// `sum`, `max`, `min` or `count` of `what` for each combination of the labels `by`.
#[must_use]
pub fn aggregate(how: &str, by: &[&str], what: &str) -> String {
    if by.is_empty() { format!("{how}({what})") } else { format!("{how} by ({}) ({what})", by.join(", ")) }
}

/// Which part of `whole` is `part`: 0 where there is none of it, nothing where there is no whole either.
#[must_use]
pub fn ratio(part: &str, whole: &str) -> String {
    format!("({part} or 0 * {whole}) / ({whole} > 0)")
}

/// [`ratio`] of rates, added up by the labels `by`.
#[must_use]
pub fn rate_ratio(by: &[&str], part: &Series, whole: &Series, window: &str) -> String {
    ratio(&sum(by, &part.rate(window)), &sum(by, &whole.rate(window)))
}

/// The value that a share `q` of the observations does not exceed; nothing where nothing was observed.
#[must_use]
pub fn quantile(q: f64, by: &[&str], buckets: &Series, window: &str) -> String {
    let by = [&["le"], by].concat();
    format!("histogram_quantile({q}, {}) >= 0", sum(&by, &buckets.rate(window)))
}

/// `what` with its label `from` under the name `to` as well; `pattern` says which part of the value.
#[must_use]
pub fn relabel(what: &str, to: &str, from: &str, pattern: &str) -> String {
    format!(r#"label_replace({what}, "{to}", "$1", "{from}", "{pattern}")"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_joined_and_never_left_out() {
        assert_eq!(Series::new("up", "").text(), "up{}");
        assert_eq!(Series::new("up", "").with("a=\"b\"").text(), "up{a=\"b\"}");
        assert_eq!(Series::new("up", "a=\"b\"").with("c=\"d\"").rate("5m"), "rate(up{a=\"b\",c=\"d\"}[5m])");
    }
}
