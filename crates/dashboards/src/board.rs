//! A board: its panels in rows, what can be chosen at its top, and where its links lead.

use crate::panel::Panel;

/// The prefix of every uid, so that boards of others are not replaced.
pub const PREFIX: &str = "shop-";

/// A choice at the top of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The values that a label has: name, label on screen, series, label, preferred value.
    Label {
        /// How queries call it.
        name: &'static str,
        /// What the screen says.
        title: &'static str,
        /// The series whose label is looked at.
        series: String,
        /// The label.
        label: &'static str,
        /// What is chosen at first, if it is there.
        first: &'static str,
    },
    /// A fixed list; the first is chosen at first.
    Choice {
        /// How queries call it.
        name: &'static str,
        /// What the screen says.
        title: &'static str,
        /// The values.
        values: &'static [&'static str],
    },
}

/// Panels under a heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The heading.
    pub title: &'static str,
    /// From left to right; what does not fit goes below.
    pub panels: Vec<Panel>,
}

/// A whole board.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// The uid without its prefix, which is also the file's name.
    pub name: &'static str,
    /// The title.
    pub title: &'static str,
    /// Which question it answers.
    pub description: &'static str,
    /// What can be chosen.
    pub variables: Vec<Variable>,
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Board {
    /// The uid that links name.
    #[must_use]
    pub fn uid(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// All panels, in the order of their ids, which begin at 1.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }
}

impl Variable {
    /// How queries call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Label { name, .. } | Self::Choice { name, .. } => name,
        }
    }
}
