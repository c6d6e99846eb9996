//! Does the tool find what it says, where it says, and nothing else?

mod catalogue;
mod fuzz;
mod planted;
mod support;
