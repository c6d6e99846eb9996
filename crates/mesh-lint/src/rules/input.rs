//! What is said about the input itself? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod suppression_unexplained;
pub mod suppression_unused;
pub mod yaml_broken;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &suppression_unexplained::RULE,
    &suppression_unused::RULE,
    &yaml_broken::RULE,
];
