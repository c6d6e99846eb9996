//! Finds what builds kustomizations, so that the tests that need it can say at compile time whether they run.
//!
//! libtest counts a test as ignored only by an attribute. With the `kustomize` cfg set here, a machine without kubectl shows
//! `ignored` in the list and in the count, instead of a test that passed by doing nothing. `MESH_LINT_REQUIRE_KUSTOMIZE=1`
//! sets the cfg without looking: the tests then run, and fail where the program is missing.

use std::env;

#[allow(clippy::disallowed_methods, reason = "a build script has no other way to learn what was asked of it")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=MESH_LINT_REQUIRE_KUSTOMIZE");
    println!("cargo::rustc-check-cfg=cfg(kustomize)");
    let path = env::var_os("PATH").unwrap_or_default();
    let found =
        env::split_paths(&path).any(|folder| ["kubectl", "kustomize"].iter().any(|it| folder.join(it).is_file()));
    if found || env::var("MESH_LINT_REQUIRE_KUSTOMIZE").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=kustomize");
    }
}
