//! What is wrong under Linkerd? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod duration_on_service;
pub mod support;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &duration_on_service::RULE,
];
