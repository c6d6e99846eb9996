//! Finds Prometheus, so that the tests that need it can say at compile time whether they run.
//!
//! libtest counts a test as ignored only by an attribute. With the `prometheus` cfg set here, a machine without the packages
//! shows `ignored, Prometheus is not installed` in the list and in the count, instead of a test that passed by doing nothing.
//! `E2E_REQUIRE_PROMETHEUS=1` sets the cfg without looking: the tests then run, and fail where a program is missing.

use std::env;

/// Debian's names: the packages prometheus and prometheus-alertmanager.
const PROGRAMS: [&str; 3] = ["prometheus", "promtool", "prometheus-alertmanager"];

#[allow(clippy::disallowed_methods, reason = "a build script has no other way to learn what was asked of it")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=E2E_REQUIRE_PROMETHEUS");
    println!("cargo::rustc-check-cfg=cfg(prometheus)");
    let path = env::var("PATH").unwrap_or_default();
    let there = |program: &&str| env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if PROGRAMS.iter().all(there) || env::var("E2E_REQUIRE_PROMETHEUS").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=prometheus");
    }
}
