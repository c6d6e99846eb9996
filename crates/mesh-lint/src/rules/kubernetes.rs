//! What is wrong under every mesh? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod port_protocol;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &port_protocol::RULE,
];
