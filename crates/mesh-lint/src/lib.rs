//! What would a service mesh accept and then ignore? Reads Kubernetes manifests and says so, with file and line.
//!
//! A [`Bundle`] holds the objects that are applied together, [`lint()`] asks each [`Rule`] about it, and a [`Finding`] names
//! what the mesh will do and what to write instead. A rule is a file under `src/rules/`; README.md says how to add one.
//! [`model`] is what rules share: Services and the pods behind them, routes, Istio's short host names.

pub mod bundle;
pub mod finding;
mod home;
pub mod lint;
pub mod mesh;
pub mod model;
pub mod object;
pub mod output;
pub mod read;
pub mod rule;
pub mod rules;
pub mod source;
pub mod yaml;

pub use bundle::Bundle;
pub use finding::{Finding, Location, Report};
pub use lint::{lint, lint_all};
pub use mesh::Mesh;
pub use object::Object;
pub use rule::{Domain, Rule, Severity};
pub use source::Source;
pub use yaml::Node;
