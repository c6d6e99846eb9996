//! What `/metrics` shows, sample by sample (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;

use anyhow::Context;

use crate::http;

/// One scrape.
#[derive(Clone, Debug)]
pub struct Exposition(Vec<Sample>);

/// One line of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The metric's name; of a histogram with its ending.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Exposition {
    /// Scrapes an admin port, given as its URL.
    ///
    /// # Errors
    /// When there is no answer, or a line that is no sample.
    pub async fn scrape(admin_url: &str) -> anyhow::Result<Self> {
        let text = http::get(&format!("{admin_url}/metrics")).await?.expect(200)?.text();
        Self::parse(&text)
    }

    /// Reads an exposition.
    ///
    /// # Errors
    /// When a line is no sample.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|line| Sample::parse(line).with_context(|| format!("no sample: {line}")));
        samples.collect::<Result<_, _>>().map(Self)
    }

    /// The number of samples, which Prometheus stores as a series each.
    pub fn series(&self) -> usize {
        self.0.len()
    }

    /// All samples.
    pub fn samples(&self) -> &[Sample] {
        &self.0
    }

    /// All samples of a name that have at least these labels.
    pub fn find<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name && sample.has(labels))
    }

    /// Their sum; 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).map(|sample| sample.value).sum()
    }

    /// How many label sets each metric has, the buckets of a histogram counting as one.
    pub fn label_sets(&self) -> BTreeMap<&str, usize> {
        let mut sets: BTreeMap<&str, Vec<BTreeMap<&String, &String>>> = BTreeMap::new();
        for sample in &self.0 {
            let labels = sample.labels.iter().filter(|(name, _)| *name != "le").collect();
            let known = sets.entry(&sample.name).or_default();
            if !known.contains(&labels) {
                known.push(labels);
            }
        }
        sets.into_iter().map(|(name, sets)| (name, sets.len())).collect()
    }
}

impl Sample {
    /// A label's value; empty when it is missing, as Prometheus has it.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map(String::as_str).unwrap_or_default()
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == *value)
    }

    fn parse(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.strip_suffix('}').and_then(|rest| rest.split_once('{')).unwrap_or((series, ""));
        let labels = labels.split("\",").filter(|label| !label.is_empty()).map(|label| {
            let (name, value) = label.split_once("=\"")?;
            Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
        });
        Some(Self { name: name.to_owned(), labels: labels.collect::<Option<_>>()?, value: value.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_name_and_labels() {
        let text = "# TYPE requests counter\n\
                    requests{endpoint=\"/users/{id}\",status=\"200\"} 3\nrequests{endpoint=\"/\",status=\"200\"} 4\n\
                    seconds_bucket{le=\"0.25\"} 1\nseconds_bucket{le=\"+Inf\"} 2\nup 1\n";
        let exposition = Exposition::parse(text).expect("it is one");
        assert_eq!(exposition.series(), 5);
        assert!((exposition.sum("requests", &[("status", "200")]) - 7.0).abs() < f64::EPSILON);
        assert!((exposition.sum("requests", &[("endpoint", "/users/{id}")]) - 3.0).abs() < f64::EPSILON);
        assert_eq!(exposition.label_sets(), BTreeMap::from([("requests", 2), ("seconds_bucket", 1), ("up", 1)]));
        Exposition::parse("no sample").expect_err("it is none");
    }
}
