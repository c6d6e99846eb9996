//! Does the tool find what it says, where it says, and nothing else?

mod catalogue;
mod fuzz;
mod input;
mod modes;
mod planted;
mod program;
mod quiet;
mod readme;
mod sarif;
mod support;
