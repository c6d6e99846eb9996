//! What is measured, one file a question.

mod growth;
mod handler;
mod hop;
mod image;
mod memory;
mod overload;
mod scene;
mod sqlite;
mod start;

use crate::figure::{Figure, Row};

pub use scene::Scene;

/// What a row found.
#[derive(Debug, Default)]
pub struct Found {
    /// The numbers.
    pub figures: Vec<Figure>,
    /// What could not be measured, why, and how to change that.
    pub absent: Vec<String>,
}

/// Measures one row.
///
/// # Errors
/// When something does not start or does not answer as it should.
pub fn measure(row: Row, scene: &Scene) -> anyhow::Result<Found> {
    match row {
        Row::Hop => hop::measure(scene),
        Row::Handler => handler::measure(scene),
        Row::Sqlite => sqlite::measure(scene),
        Row::Memory => memory::measure(scene),
        Row::Start => start::measure(scene),
        Row::Image => image::measure(scene),
        Row::Growth => growth::measure(scene),
        Row::Overload => overload::measure(scene),
    }
}
