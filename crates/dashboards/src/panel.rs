//! One panel: what it asks, in which unit, and how its value is judged. One constructor a meaning, so that the unit of
//! seconds or shares cannot differ from board to board.

/// Unit of an axis or a figure, by Grafana's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Requests a second.
    Rate,
    /// Other things a second.
    Events,
    /// Seconds, shown as ms where they are short.
    Seconds,
    /// What is left of a day, in round figures.
    Hours,
    /// A share of 1, shown as %.
    Share,
    /// A whole number.
    Count,
    /// A size.
    Bytes,
    /// A multiple of what is allowed.
    Factor,
    /// Multiples of what chance makes of it.
    Deviations,
    /// Plain number.
    Number,
}

/// Colours of judgements; Grafana's own, readable on light and dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// As it should be.
    Green,
    /// Look at it.
    Yellow,
    /// Act.
    Red,
    /// No judgement.
    Blue,
}

/// From which value on a colour holds; the first begins at minus infinity.
pub type Step = (f64, Colour);

/// How a panel draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines over time.
    Lines,
    /// One figure, the latest.
    Figure,
    /// A bar for each series, the latest value.
    Bars,
    /// A row for each combination of labels.
    Table,
}

/// A query and the name of its series. In a table the name is the column's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// PromQL with Grafana's variables.
    pub expr: String,
    /// `{{label}}` stands for a label's value.
    pub legend: String,
    /// In a table, the unit of its column.
    pub unit: Option<Unit>,
}

/// A value that is shown as a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// The value.
    pub value: i64,
    /// What it means.
    pub text: &'static str,
    /// How it is judged.
    pub colour: Colour,
}

/// A panel without its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is shown.
    pub title: String,
    /// How to read it, for somebody who sees it for the first time.
    pub description: String,
    /// How it draws.
    pub kind: Kind,
    /// Unit of its values.
    pub unit: Unit,
    /// What it asks.
    pub targets: Vec<Target>,
    /// How values are judged.
    pub steps: Vec<Step>,
    /// Words for values.
    pub words: Vec<Word>,
    /// What is shown where there is no sample.
    pub nothing: &'static str,
    /// Columns of 24.
    pub width: u32,
    /// The upper end of the axis, where it is known.
    pub max: Option<f64>,
    /// What the axis shows at least, so that a limit is seen while nothing comes near it.
    pub at_least: Option<f64>,
    /// Whether its values can be below 0.
    pub signed: bool,
}

impl Panel {
    /// Lines over time, a third of the screen wide.
    #[must_use]
    pub fn lines(title: &str, unit: Unit, description: &str) -> Self {
        Self::new(Kind::Lines, title, unit, description, 8)
    }

    /// One figure, a sixth of the screen wide.
    #[must_use]
    pub fn figure(title: &str, unit: Unit, description: &str) -> Self {
        Self::new(Kind::Figure, title, unit, description, 4)
    }

    /// Bars, a third of the screen wide.
    #[must_use]
    pub fn bars(title: &str, unit: Unit, description: &str) -> Self {
        Self::new(Kind::Bars, title, unit, description, 8)
    }

    /// A table, half of the screen wide.
    #[must_use]
    pub fn table(title: &str, description: &str) -> Self {
        Self::new(Kind::Table, title, Unit::Number, description, 12)
    }

    fn new(kind: Kind, title: &str, unit: Unit, description: &str, width: u32) -> Self {
        Self {
            title: title.to_owned(),
            description: description.to_owned(),
            kind,
            unit,
            targets: Vec::new(),
            steps: vec![(f64::NEG_INFINITY, if kind == Kind::Lines { Colour::Green } else { Colour::Blue })],
            words: Vec::new(),
            nothing: "no traffic",
            width,
            max: None,
            at_least: None,
            signed: false,
        }
    }

    /// Adds a query.
    #[must_use]
    pub fn ask(mut self, legend: &str, expr: impl Into<String>) -> Self {
        self.targets.push(Target { expr: expr.into(), legend: legend.to_owned(), unit: None });
        self
    }

    /// Adds a column to a table.
    #[must_use]
    pub fn column(mut self, name: &str, unit: Unit, expr: impl Into<String>) -> Self {
        self.targets.push(Target { expr: expr.into(), legend: name.to_owned(), unit: Some(unit) });
        self
    }

    /// Green below `yellow`, red from `red` on.
    #[must_use]
    pub fn worse_from(mut self, yellow: f64, red: f64) -> Self {
        self.steps = vec![(f64::NEG_INFINITY, Colour::Green), (yellow, Colour::Yellow), (red, Colour::Red)];
        self
    }

    /// Red below `yellow`, green from `green` on.
    #[must_use]
    pub fn better_from(mut self, yellow: f64, green: f64) -> Self {
        self.steps = vec![(f64::NEG_INFINITY, Colour::Red), (yellow, Colour::Yellow), (green, Colour::Green)];
        self
    }

    /// Words instead of numbers.
    #[must_use]
    pub fn say(mut self, words: &[Word]) -> Self {
        self.words = words.to_vec();
        self
    }

    /// What stands where there is no sample.
    #[must_use]
    pub fn or(mut self, nothing: &'static str) -> Self {
        self.nothing = nothing;
        self
    }

    /// Columns of 24.
    #[must_use]
    pub fn wide(mut self, width: u32) -> Self {
        self.width = width;
        self
    }

    /// The upper end of the axis.
    #[must_use]
    pub fn up_to(mut self, max: f64) -> Self {
        self.max = Some(max);
        self
    }

    /// What the axis shows at least.
    #[must_use]
    pub fn at_least(mut self, max: f64) -> Self {
        self.at_least = Some(max);
        self
    }

    /// Values may be negative.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Rows of the grid.
    #[must_use]
    pub fn height(&self) -> u32 {
        match self.kind {
            Kind::Figure => 4,
            Kind::Table => 6,
            Kind::Lines | Kind::Bars => 8,
        }
    }
}
