//! Which mistakes in our manifests does Linkerd accept?

use super::Plant;

/// One mistake a row.
#[rustfmt::skip]
pub const TABLE: &[Plant] = &[
];
