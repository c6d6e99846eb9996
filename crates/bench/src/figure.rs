//! What was measured, and what it should be.

use serde::Serialize;

use crate::machine::Machine;
use crate::stats::Spread;

/// One measured number.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Which question it answers.
    pub row: Row,
    /// Of what.
    pub what: String,
    /// In which unit; `x` for ratios.
    pub unit: &'static str,
    /// The number.
    pub spread: Spread,
    /// What it should be, where that is said.
    pub bar: Option<Bar>,
}

/// What a number should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

/// A question that the benchmark answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// A hop through the gateway
    Hop,
    /// A handler with and without signals
    Handler,
    /// The same with a row from SQLite
    Sqlite,
    /// Memory after many requests
    Memory,
    /// From the start to the first answer
    Start,
    /// Images
    Image,
    /// More rows, more connections
    Growth,
    /// Twice the load that it can carry
    Overload,
}

/// All that one run found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// What was measured, by row.
    pub figures: Vec<Figure>,
    /// What could not be measured, why, and how to change that.
    pub absent: Vec<String>,
}

impl Row {
    /// All of them, in the sequence in which they are measured.
    pub const ALL: [Self; 8] =
        [Self::Hop, Self::Handler, Self::Sqlite, Self::Memory, Self::Start, Self::Image, Self::Growth, Self::Overload];

    /// The question in words.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::Hop => "1. A hop through the gateway: CPU per request",
            Self::Handler => "2. A handler without a database: instructions per request",
            Self::Sqlite => "3. The same handler with a row from SQLite",
            Self::Memory => "4. Resident memory of a process under load",
            Self::Start => "5. From the start of a process to its first 200",
            Self::Image => "6. An image, compressed",
            Self::Growth => "7. What a request costs as rows and connections grow",
            Self::Overload => "8. Twice the load that it can carry",
        }
    }
}

impl Figure {
    /// A number of this row.
    pub fn new(row: Row, what: impl Into<String>, unit: &'static str, spread: Spread) -> Self {
        Self { row, what: what.into(), unit, spread, bar: None }
    }

    /// The same, with what it should be.
    #[must_use]
    pub fn should_be(mut self, bar: Bar) -> Self {
        self.bar = Some(bar);
        self
    }

    /// Whether it is what it should be; `None` where nothing is said about it.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.bar.map(|bar| match bar {
            Bar::AtMost(most) => self.spread.median <= most,
            Bar::AtLeast(least) => self.spread.median >= least,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_on_its_bar_holds_and_one_beyond_does_not() {
        let figure = |value, bar| Figure::new(Row::Hop, "", "x", Spread::exact(value)).should_be(bar).holds();
        assert_eq!(figure(1.4, Bar::AtMost(1.4)), Some(true));
        assert_eq!(figure(1.41, Bar::AtMost(1.4)), Some(false));
        assert_eq!(figure(100.0, Bar::AtLeast(100.0)), Some(true));
        assert_eq!(figure(99.0, Bar::AtLeast(100.0)), Some(false));
        assert_eq!(figure(f64::NAN, Bar::AtMost(1.4)), Some(false));
        assert_eq!(Figure::new(Row::Hop, "", "x", Spread::exact(1.0)).holds(), None);
    }
}
