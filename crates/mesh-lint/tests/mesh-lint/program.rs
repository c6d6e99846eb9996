//! What does the program say? It is run in a folder, with something on its standard input.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A Service that says nothing of its protocol in line 6, with the line ends of Windows.
pub const PORT: &str =
    "apiVersion: v1\r\nkind: Service\r\nmetadata: {name: a}\r\nspec:\r\n  ports:\r\n  - port: 80\r\n";

/// Its exit status, and what it writes to standard output and then to standard error.
pub fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-lint"));
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input).expect("reads");
    let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (status.code(), text)
}
