//! The commands that a page shows in its fenced blocks, and what it says that they print.

/// Stands for text that differs from run to run.
const ANYTHING: char = '…';

/// A command of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The page's second-level heading above it.
    pub section: String,
    /// What a reader would type, of several lines where it goes on.
    pub command: String,
    /// What the page says that it prints. `None` in an `sh` block, which says nothing about it.
    pub prints: Option<String>,
}

/// The commands of a page's `sh` and `console` blocks, in their sequence.
///
/// In a `console` block a command follows `$ ` and its answer stands below. In an `sh` block each line is a command, unless
/// it is indented or closes a loop: then it goes on with the one before.
///
/// # Panics
/// When a block begins with something that is no command.
pub fn steps(page: &str) -> Vec<Step> {
    let (mut section, mut language, mut steps) = (String::new(), None, Vec::new());
    for line in page.lines() {
        match (line.strip_prefix("```"), language) {
            (Some(fence), None) => language = Some(fence),
            (Some(_), Some(_)) => language = None,
            (None, Some("console")) => console(&section, line, &mut steps),
            (None, Some("sh")) => script(&section, line, &mut steps),
            (None, Some(_)) => {}
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    heading.clone_into(&mut section);
                }
            }
        }
    }
    steps
}

fn console(section: &str, line: &str, steps: &mut Vec<Step>) {
    if let Some(command) = line.strip_prefix("$ ") {
        steps.push(step(section, command, Some(String::new())));
        return;
    }
    match steps.last_mut().and_then(|step| step.prints.as_mut()) {
        Some(prints) if prints.is_empty() => line.clone_into(prints),
        Some(prints) => *prints = format!("{prints}\n{line}"),
        None => panic!("a block begins with an answer: {line}"),
    }
}

fn script(section: &str, line: &str, steps: &mut Vec<Step>) {
    if !line.starts_with(' ') && line != "done" {
        steps.push(step(section, line, None));
        return;
    }
    let before = steps.last_mut().unwrap_or_else(|| panic!("a block begins in the middle: {line}"));
    before.command = format!("{}\n{line}", before.command);
}

fn step(section: &str, command: &str, prints: Option<String>) -> Step {
    Step { section: section.to_owned(), command: command.to_owned(), prints }
}

/// Whether `printed` is `page` with its gaps filled.
pub fn matches(page: &str, printed: &str) -> bool {
    let mut parts = page.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == parts.len();
        let found = if last { rest.ends_with(part).then(|| rest.len() - part.len()) } else { rest.find(part) };
        let Some(start) = found else { return false };
        rest = &rest[start + part.len()..];
    }
    rest.is_empty()
}

/// The counts that `uniq -c` printed, by what was counted; `None` when it is something else.
pub fn counts(printed: &str) -> Option<Vec<(&str, u32)>> {
    fn line(line: &str) -> Option<(&str, u32)> {
        let (count, what) = line.strip_prefix("  ")?.trim_start().split_once(' ')?;
        Some((what, count.parse().ok()?))
    }
    printed.lines().map(line).collect::<Option<Vec<_>>>().filter(|counts| !counts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n## B\n```sh\none\nfor a in b; do\n  two\ndone\n```\n\n```text\nthree\n```\n## C\n\
                        ```console\n$ four\nsaid\nmore\n$ five\n$ six\nlast\n```\n";

    #[test]
    fn each_command_is_found_with_its_answer() {
        let found = steps(PAGE);
        let wanted = [
            step("B", "one", None),
            step("B", "for a in b; do\n  two\ndone", None),
            step("C", "four", Some("said\nmore".to_owned())),
            step("C", "five", Some(String::new())),
            step("C", "six", Some("last".to_owned())),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn an_answer_that_differs_outside_the_gaps_is_noticed() {
        assert!(matches("{\"id\":\"err_…\"} …", "{\"id\":\"err_12\"} x"));
        for printed in ["{\"id\":\"12\"}", "{\"id\":\"err_12\"} x", "{\"id\":\"err_12\"}\n"] {
            assert!(!matches("{\"id\":\"err_…\"}", printed), "{printed}");
        }
    }

    #[test]
    fn only_what_counts_is_read_as_counts() {
        assert_eq!(counts("    458 \"v1\"\n     42 b c"), Some(vec![("\"v1\"", 458), ("b c", 42)]));
        assert_eq!(counts(""), None);
        assert_eq!(counts("    458 a\nb"), None);
        assert_eq!(counts("458 a"), None);
    }
}
