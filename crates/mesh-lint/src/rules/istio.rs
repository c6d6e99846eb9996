//! What is wrong under Istio? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod subset_missing;
pub mod support;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &subset_missing::RULE,
];
