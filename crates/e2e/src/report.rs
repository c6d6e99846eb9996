//! How a test shows what it measured.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Prints `name: value` on a line of its own, also when the test passes: libtest swallows what `println!` writes, but not
/// what is written to the stream itself.
pub fn figure(name: &str, value: impl Display) {
    // A closed stderr must not fail a test.
    let _ = io::stderr().write_all(format!("{name}: {value}\n").as_bytes());
}
