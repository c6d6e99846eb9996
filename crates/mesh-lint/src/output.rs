//! How are findings shown? As text for people, as JSON for programs, as SARIF for code hosts.

mod json;
mod pages;
mod sarif;
mod text;

use std::str::FromStr;

pub use json::json;
pub use pages::{explain, list, page};
pub use sarif::sarif;
pub use text::text;

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Each finding with its line of YAML.
    #[default]
    Text,
    /// An array of objects.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "sarif" => Ok(Self::Sarif),
            _ => Err("one of text, json, sarif".to_owned()),
        }
    }
}
