//! Does every panel show something? Each query of a board, asked of a Prometheus as Grafana would ask it.
//!
//! A query passes with at least one sample, with finite ones only, and with every label that its legend names on each of
//! them. What cannot pass everywhere is in a list with the reason, and fails when it does give data: so the list cannot rot.

mod names;
mod question;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use crate::board::{Board, Variable};

pub use names::{Names, names};
pub use question::Question;

/// What Grafana's window is taken to be: at least four scrapes.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a>(pub &'a str);

/// Queries that give nothing here, with the reason.
#[derive(Clone, Debug, Default)]
pub struct Exclusions(Vec<Exclusion>);

#[derive(Clone, Debug)]
struct Exclusion {
    place: [String; 3],
    reason: String,
}

/// What came of a board.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Queries that passed.
    pub passed: Vec<String>,
    /// Queries that were left out, with the reason.
    pub excluded: Vec<String>,
    /// Queries that failed, with what is wrong.
    pub failed: Vec<String>,
}

/// Asks everything that `board` asks; `ask` gives the `result` of an instant query. `chosen` are variables that are not left
/// to the board's own preference.
///
/// # Errors
/// When `ask` fails, or a variable of the board has no value.
pub async fn board<E: From<String>>(
    board: &Board,
    window: Window<'_>,
    exclusions: &Exclusions,
    chosen: &BTreeMap<&str, &str>,
    mut ask: impl AsyncFnMut(&str) -> Result<Value, E>,
) -> Result<Report, E> {
    let mut values = BTreeMap::from([("__rate_interval".to_owned(), window.0.to_owned())]);
    for variable in &board.variables {
        let name = variable.name().to_owned();
        let value = match (chosen.get(variable.name()), variable) {
            (Some(value), _) => (*value).to_owned(),
            (None, Variable::Choice { values, .. }) => values[0].to_owned(),
            (None, Variable::Label { series, label, first, .. }) => {
                let known = ask(&format!("group by ({label}) ({})", resolved(series, &values)?)).await?;
                choose(&known, label, first).ok_or_else(|| format!("{}: ${name} has no value", board.name))?
            }
        };
        values.insert(name, value);
    }
    let mut report = Report::default();
    for question in question::all(board) {
        let result = ask(&resolved(&question.expr, &values)?).await?;
        report.add(&question, question.judge(&result), exclusions.reason(&question));
    }
    Ok(report)
}

fn choose(known: &Value, label: &str, first: &str) -> Option<String> {
    let series = known.as_array()?.iter();
    let mut values: Vec<_> =
        series.filter_map(|one| one["metric"][label].as_str()).filter(|value| !value.is_empty()).collect();
    values.sort_unstable();
    values.iter().find(|value| **value == first).or(values.first()).map(|value| (*value).to_owned())
}

/// The expression with the variables' values. `$1` is PromQL's own.
///
/// # Errors
/// Naming a variable that has no value.
pub fn resolved(expr: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    // The longest name first: `$app` is no `$application`.
    let mut names: Vec<_> = values.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let text = names.into_iter().fold(expr.to_owned(), |text, name| text.replace(&format!("${name}"), &values[name]));
    match text.split('$').skip(1).find(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) => Err(format!("nothing is known of the variable ${rest}")),
        None => Ok(text),
    }
}

impl Exclusions {
    /// Reads lines `board | panel | legend | reason`; empty ones and those that begin with `#` are for people.
    ///
    /// # Errors
    /// Naming a line without these four parts.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(Exclusion::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Those that no query of these boards is meant by.
    #[must_use]
    pub fn unknown(&self, boards: &[Board]) -> Vec<String> {
        let known: Vec<_> = boards.iter().flat_map(question::all).map(|question| question.place()).collect();
        self.0.iter().filter(|one| !known.contains(&one.place)).map(|one| one.place.join(" | ")).collect()
    }

    fn reason(&self, question: &Question) -> Option<&str> {
        self.0.iter().find(|one| one.place == question.place()).map(|one| one.reason.as_str())
    }
}

impl Exclusion {
    fn parse(line: &str) -> Result<Self, String> {
        let parts: Vec<_> = line.split(" | ").map(|part| part.trim().to_owned()).collect();
        let [board, panel, legend, reason] =
            <[String; 4]>::try_from(parts).map_err(|_| format!("not `board | panel | legend | reason`: {line}"))?;
        Ok(Self { place: [board, panel, legend], reason })
    }
}

impl Report {
    fn add(&mut self, question: &Question, judged: Result<usize, String>, excluded: Option<&str>) {
        let place = question.place().join(" | ");
        match (judged, excluded) {
            (Ok(_), None) => self.passed.push(place),
            (Err(_), Some(reason)) => self.excluded.push(format!("{place}: {reason}")),
            (Ok(series), Some(_)) => self.failed.push(format!("{place}: is excluded and gives {series} series")),
            (Err(wrong), None) => self.failed.push(format!("{place}: {wrong}")),
        }
    }

    /// Adds what came of another board.
    pub fn merge(&mut self, other: Self) {
        self.passed.extend(other.passed);
        self.excluded.extend(other.excluded);
        self.failed.extend(other.failed);
    }
}

/// `41 of 41 queries show something, 1 excluded`, then what is wrong.
impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (passed, all) = (self.passed.len(), self.passed.len() + self.failed.len());
        write!(out, "{passed} of {all} queries show something, {} excluded", self.excluded.len())?;
        self.failed.iter().try_for_each(|wrong| write!(out, "\n  FAILED {wrong}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nobody_knows_is_no_query() {
        let values = BTreeMap::from([("app".to_owned(), "shop".to_owned())]);
        assert_eq!(resolved("a{b=\"$app\",c=~\"$1\"}", &values), Ok("a{b=\"shop\",c=~\"$1\"}".to_owned()));
        assert!(resolved("a{b=\"$other\"}", &values).is_err());
    }

    #[test]
    fn an_exclusion_without_a_reason_is_refused() {
        assert!(Exclusions::parse("# why\nboard | panel | legend | reason\n").is_ok());
        assert!(Exclusions::parse("board | panel | legend\n").is_err());
    }
}
