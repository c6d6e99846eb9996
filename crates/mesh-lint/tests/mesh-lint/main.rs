//! Does the tool find what it says, where it says, and nothing else?

mod catalogue;
mod planted;
mod support;
