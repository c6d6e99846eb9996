//! What is a rule? A mistake, why it is one, two examples that are run as tests, and a check.

use crate::bundle::Bundle;
use crate::finding::Report;

/// One mistake that manifests can hold. A file under `src/rules/` defines one.
#[derive(Debug)]
pub struct Rule {
    /// Folder and file: `linkerd-duration` stands in `rules/linkerd/duration.rs`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The mistake in one line, as a statement about the manifest.
    pub title: &'static str,
    /// Why it is one: what happens, and why nobody says so. Whole sentences.
    pub reason: &'static str,
    /// The page or the issue to read on.
    pub reference: &'static str,
    /// A manifest with the mistake. The lines that findings must point at end in `# <-`.
    pub bad: &'static str,
    /// The same without it. The rule finds nothing here.
    pub good: &'static str,
    /// Looks for it.
    pub check: for<'a> fn(&'a Bundle, &mut Report<'a>),
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and will surprise somebody.
    Warning,
    /// It does not do what it says.
    Error,
}

/// Whom a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Domain {
    /// The tool's own input: broken YAML, idle suppressions.
    Input,
    /// Every mesh.
    Kubernetes,
    /// Istio alone.
    Istio,
    /// Linkerd alone.
    Linkerd,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Rule {
    /// Whom it is about: the folder it stands in.
    #[must_use]
    pub fn domain(&self) -> Domain {
        match self.id.split('-').next() {
            Some("kubernetes") => Domain::Kubernetes,
            Some("istio") => Domain::Istio,
            Some("linkerd") => Domain::Linkerd,
            _ => Domain::Input,
        }
    }
}
