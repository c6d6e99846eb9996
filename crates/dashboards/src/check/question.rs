//! One query of one panel, and whether an answer to it shows something.

use serde_json::Value;

use crate::board::Board;
use crate::panel::Kind;

/// A query and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The board's name.
    pub board: String,
    /// The panel's title.
    pub panel: String,
    /// The name of its series.
    pub legend: String,
    /// The query, with variables.
    pub expr: String,
    /// Whether the legend is a column of a table.
    pub column: bool,
}

/// Every query of a board.
pub fn all(board: &Board) -> Vec<Question> {
    let each = board.panels().flat_map(|panel| panel.targets.iter().map(move |target| (panel, target)));
    each.map(|(panel, target)| Question {
        board: board.name.to_owned(),
        panel: panel.title.clone(),
        legend: target.legend.clone(),
        expr: target.expr.clone(),
        column: panel.kind == Kind::Table,
    })
    .collect()
}

impl Question {
    /// Board, panel and legend.
    #[must_use]
    pub fn place(&self) -> [String; 3] {
        [self.board.clone(), self.panel.clone(), self.legend.clone()]
    }

    /// The labels that the legend names.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.legend.split("{{").skip(1).filter_map(|part| part.split_once("}}")).map(|(label, _)| label)
    }

    /// How many series an instant query's `result` has.
    ///
    /// # Errors
    /// When there is none, a value is no number, or a label of the legend is missing.
    pub fn judge(&self, result: &Value) -> Result<usize, String> {
        let series = result.as_array().filter(|series| !series.is_empty()).ok_or("no data")?;
        for one in series {
            let value = one["value"][1].as_str().and_then(|text| text.parse::<f64>().ok());
            if !value.is_some_and(f64::is_finite) {
                return Err(format!("{} is no number", one["value"][1]));
            }
            if let Some(label) = self.labels().find(|label| one["metric"][label].as_str().is_none_or(str::is_empty)) {
                return Err(format!("no label {label} on {}", one["metric"]));
            }
        }
        Ok(series.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_needs_numbers_and_the_labels_of_the_legend() {
        let legend = "{{app}} p99".to_owned();
        let question =
            Question { board: String::new(), panel: String::new(), legend, expr: String::new(), column: false };
        let answer = |label: &str, value: &str| json!([{ "metric": { label: "a" }, "value": [0, value] }]);
        assert_eq!(question.judge(&answer("app", "1.5")), Ok(1));
        for wrong in [answer("app", "NaN"), answer("app", "+Inf"), answer("version", "1"), json!([])] {
            assert!(question.judge(&wrong).is_err(), "{wrong}");
        }
    }
}
