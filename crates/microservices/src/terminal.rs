//! Where the launcher and its children write.

use std::io::Write;

/// Writes a line to standard output. A closed terminal is no reason to end three services.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
