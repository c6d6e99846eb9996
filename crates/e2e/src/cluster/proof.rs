//! The groups of assertions, in the order in which they run: what everything else leans on comes first.

mod canary;
mod smoke;

use super::assertion::Assertion;

/// All that there is.
pub fn all() -> Vec<Assertion> {
    [smoke::all(), canary::all()].into_iter().flatten().collect()
}
