//! Finds PostgreSQL's server programs, so that the tests that need them can say at compile time whether they run.
//!
//! libtest counts a test as ignored only by an attribute. With the `postgres` cfg set here, a machine without the package
//! shows `ignored, PostgreSQL is not installed` in the list and in the count, instead of a test that passed by doing nothing.
//! `E2E_REQUIRE_POSTGRES=1` sets the cfg without looking: the tests then run, and fail where the package is missing.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where Debian and its relatives keep the server programs, which they leave out of PATH: one folder a major version.
const PACKAGED: &str = "/usr/lib/postgresql";

#[allow(clippy::disallowed_methods, reason = "a build script has no other way to learn what was asked of it")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={PACKAGED}");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=E2E_REQUIRE_POSTGRES");
    println!("cargo::rustc-check-cfg=cfg(postgres)");
    let found = on_path(&env::var("PATH").unwrap_or_default()).or_else(packaged);
    if let Some(folder) = &found {
        println!("cargo::rustc-env=POSTGRES_BIN={}", folder.display());
    }
    if found.is_some() || env::var("E2E_REQUIRE_POSTGRES").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=postgres");
    }
}

/// The folder behind the first `initdb` on the path. Links are followed: the other programs may not be linked beside it.
fn on_path(path: &str) -> Option<PathBuf> {
    let initdb = env::split_paths(path).map(|folder| folder.join("initdb")).find(|file| file.is_file())?;
    fs::canonicalize(initdb).ok()?.parent().map(Path::to_path_buf)
}

/// The newest packaged version.
fn packaged() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    fs::read_dir(PACKAGED)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .max_by_key(version)
        .map(|folder| folder.join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
}
