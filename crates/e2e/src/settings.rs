//! What the environment can change about a run.

use std::{path::PathBuf, sync::OnceLock};

use clap::{Parser, builder::FalseyValueParser};

/// Read from the environment only: a test binary's arguments belong to libtest.
#[derive(Debug, Parser)]
pub struct Settings {
    /// Take the binaries from this folder instead of building them.
    #[arg(long, env = "E2E_BIN_DIR")]
    pub bin_dir: Option<PathBuf>,

    /// Run the measurements at full length (`E2E_FULL=1`): the figures of the README come from such a run.
    #[arg(long, env = "E2E_FULL", value_parser = FalseyValueParser::new())]
    pub full: bool,

    /// The cargo that runs the tests; it sets this itself.
    #[arg(long, env = "CARGO", default_value = "cargo")]
    pub cargo: PathBuf,
}

impl Settings {
    /// The settings of this test process.
    pub fn get() -> &'static Self {
        static SETTINGS: OnceLock<Settings> = OnceLock::new();
        SETTINGS.get_or_init(|| Self::parse_from(["e2e"]))
    }

    /// The value for a full run or the one for a quick run.
    pub fn choose<T>(&self, full: T, quick: T) -> T {
        if self.full { full } else { quick }
    }
}
