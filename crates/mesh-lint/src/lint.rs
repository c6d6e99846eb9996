//! What is wrong with a bundle? Each rule is asked; what an object's annotation explains away is left out.

use std::collections::HashSet;

use crate::bundle::Bundle;
use crate::finding::{Finding, Location, Report};
use crate::mesh::Mesh;
use crate::object::Object;
use crate::rule::Rule;
use crate::rules;
use crate::rules::input::{suppression_unexplained, suppression_unused, yaml_broken};
use crate::yaml::Entry;

/// Annotations that begin so name a rule; their value says why its finding is no mistake here.
pub const SUPPRESS: &str = "mesh-lint/";

/// The findings in a bundle, for the meshes that its objects name, in the order of files and lines.
#[must_use]
pub fn lint(bundle: &Bundle) -> Vec<Finding> {
    lint_all(std::slice::from_ref(bundle), Mesh::Auto)
}

/// The findings in several bundles, each once: a file may be part of more than one.
#[must_use]
pub fn lint_all(bundles: &[Bundle], mesh: Mesh) -> Vec<Finding> {
    let outcomes: Vec<_> = bundles.iter().map(|bundle| one(bundle, mesh)).collect();
    // A suppression is idle only if no bundle needs it.
    let used: HashSet<_> = outcomes.iter().flat_map(|outcome| &outcome.used).map(place).collect();
    let mut seen = HashSet::new();
    let mut findings: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.findings).collect();
    findings
        .retain(|finding| finding.rule.id != suppression_unused::RULE.id || !used.contains(&place(&finding.location)));
    findings.retain(|finding| seen.insert(finding.key()));
    findings.sort_by_cached_key(Finding::key);
    findings
}

fn place(location: &Location) -> (String, u32) {
    (location.source.name.clone(), location.span.line)
}

struct Outcome {
    findings: Vec<Finding>,
    used: Vec<Location>,
}

fn one(bundle: &Bundle, mesh: Mesh) -> Outcome {
    let mut findings = broken(bundle);
    let mut used = Vec::new();
    let active: Vec<_> = rules::all().filter(|rule| mesh.wants(rule.domain(), bundle)).collect();
    let mut needed = HashSet::new();
    for &rule in &active {
        let mut report = Report::new(rule, bundle);
        (rule.check)(bundle, &mut report);
        for (finding, object) in report.into_found() {
            match suppression(object, rule) {
                Some(entry) => {
                    needed.insert((std::ptr::from_ref(object), rule.id));
                    used.push(bundle.location(object, entry.span));
                }
                None => findings.push(finding),
            }
        }
    }
    for object in bundle.objects() {
        findings.extend(idle(bundle, object, &active, &|rule| needed.contains(&(std::ptr::from_ref(object), rule))));
    }
    Outcome { findings, used }
}

fn broken(bundle: &Bundle) -> Vec<Finding> {
    let broken = bundle.broken().iter();
    broken
        .map(|(source, broken)| Finding {
            rule: &yaml_broken::RULE,
            location: Location { source: source.clone(), span: broken.span },
            object: String::new(),
            will: format!("apply nothing of this document: {}", broken.why),
            instead: if is_template(source.line(broken.span.line)) {
                "what the template makes: render it and look at that".to_owned()
            } else {
                "YAML that a parser can read; often it is the indentation or a missing quote".to_owned()
            },
        })
        .collect()
}

/// Whether a text has the marks of Helm's and Jinja's templates, which are no YAML yet.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn suppression<'a>(object: &'a Object, rule: &Rule) -> Option<&'a Entry> {
    let annotations = object["metadata"]["annotations"].entries();
    let entry = annotations.iter().find(|entry| entry.key.strip_prefix(SUPPRESS) == Some(rule.id))?;
    (!entry.value.str().trim().is_empty()).then_some(entry)
}

/// The suppressions of an object that explain nothing or suppress nothing.
fn idle<'a>(
    bundle: &'a Bundle,
    object: &'a Object,
    active: &[&Rule],
    needed: &dyn Fn(&'static str) -> bool,
) -> Vec<Finding> {
    let mut unused = Report::new(&suppression_unused::RULE, bundle);
    let mut unexplained = Report::new(&suppression_unexplained::RULE, bundle);
    for entry in object["metadata"]["annotations"].entries() {
        let Some(id) = entry.key.strip_prefix(SUPPRESS) else { continue };
        let Some(rule) = rules::all().find(|rule| rule.id == id) else {
            let will = format!("mesh-lint knows no rule {id}, so this suppresses nothing");
            let instead = rules::nearest(id).map_or("the id of a rule, see `mesh-lint --list`", |rule| rule.id);
            unused.span(object, entry.span, will, format!("{instead}; or remove the annotation"));
            continue;
        };
        if entry.value.str().trim().is_empty() {
            let will = format!("mesh-lint does not take {id} as explained and goes on to report it");
            unexplained.span(
                object,
                entry.span,
                will,
                "the reason why it is no mistake here, as the annotation's value",
            );
        } else if active.iter().any(|active| active.id == id) && !needed(rule.id) {
            let will = format!("{id} finds nothing in this object; the next real finding would go unseen");
            unused.span(object, entry.span, will, "nothing: remove the annotation");
        }
    }
    [unused, unexplained].into_iter().flat_map(Report::into_found).map(|(finding, _)| finding).collect()
}
