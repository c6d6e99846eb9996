//! The children of a process, as the operating system knows them.

use std::{fs, path::Path, process::Command};

use anyhow::Context;

/// A process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Relative {
    /// Its id.
    pub pid: u32,
    /// Its command line.
    pub command: String,
}

/// The processes whose parent is `pid`.
///
/// # Errors
/// When the list of processes cannot be read.
pub fn children(pid: u32) -> anyhow::Result<Vec<Relative>> {
    let all = if Path::new("/proc/self/stat").exists() { from_proc()? } else { from_ps()? };
    Ok(all.into_iter().filter(|(parent, _)| *parent == pid).map(|(_, relative)| relative).collect())
}

/// Whether a process with this id and a command like this exists; one that has ended and was not waited for does not.
///
/// # Errors
/// When the list of processes cannot be read.
pub fn lives(relative: &Relative) -> anyhow::Result<bool> {
    let all = if Path::new("/proc/self/stat").exists() { from_proc()? } else { from_ps()? };
    Ok(all.into_iter().any(|(_, other)| other == *relative))
}

/// Linux, where `ps` may not be installed. A zombie has an empty command line, and so equals nobody.
fn from_proc() -> anyhow::Result<Vec<(u32, Relative)>> {
    let entries = fs::read_dir("/proc").context("cannot read /proc")?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter_map(proc_entry).collect())
}

/// `None` for one that has ended meanwhile.
fn proc_entry(pid: u32) -> Option<(u32, Relative)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it is in parentheses and may hold anything.
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).trim_end_matches('\0').replace('\0', " ");
    Some((parent, Relative { pid, command }))
}

fn from_ps() -> anyhow::Result<Vec<(u32, Relative)>> {
    let output = Command::new("ps").args(["-A", "-o", "ppid=,pid=,args="]).output().context("cannot run ps")?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(ps_line).collect())
}

fn ps_line(line: &str) -> Option<(u32, Relative)> {
    let (parent, rest) = line.trim_start().split_once(' ')?;
    let (pid, command) = rest.trim_start().split_once(' ')?;
    let relative = Relative { pid: pid.parse().ok()?, command: command.to_owned() };
    (!command.contains("<defunct>")).then_some((parent.parse().ok()?, relative))
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_child_is_found_until_it_has_ended() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("sleep starts");
        let found = children(std::process::id()).expect("a list");
        let found = found.into_iter().find(|relative| relative.pid == child.id()).expect("the child");
        assert!(lives(&found).expect("a list"));
        child.kill().expect("it runs");
        child.wait().expect("it was started here");
        assert!(!lives(&found).expect("a list"));
    }
}
