//! Where does it run: what a reader must know before comparing figures.

use std::fs;

use serde::Serialize;

/// A machine, as far as it matters here.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// The compiler that built everything.
    pub rustc: String,
    /// Processes that wanted a core, averaged over a minute: before the first measurement and after the last.
    pub load: [f64; 2],
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn here() -> Self {
        let field = |path, name: &str| field(&fs::read_to_string(path).unwrap_or_default(), name);
        let kib = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
        let load = load();
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: kib.div_ceil(1024 * 1024),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            rustc: crate::programs::output("rustc", &["--version"]).unwrap_or_default(),
            load: [load, load],
        }
    }

    /// Notes the load at the end.
    pub fn end(&mut self) {
        self.load[1] = load();
    }
}

fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or(f64::NAN)
}

/// The value after `name:` in the text of a file under `/proc`.
fn field(text: &str, name: &str) -> String {
    let value = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name);
    value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_field_is_found_by_its_name() {
        let text = "MemTotal:       24098776 kB\nMemFree:        1 kB\n";
        assert_eq!(super::field(text, "MemFree"), "1 kB");
        assert_eq!(super::field(text, "Mem"), "");
    }
}
