//! Does a state of the canary change anything but who answers?
//!
//! A host has one route, so each state repeats the timeouts and retries of all the others. What is proven in one of them
//! holds in all only as long as the copies agree.

use serde_json::{Map, Value};

use super::bundle::Bundle;
use super::shop::list;

/// What a state is about. All else of a rule is the same in each.
const OWN: [&str; 8] = ["name", "match", "matches", "route", "backendRefs", "mirrors", "fault", "filters"];
/// Ends the name of a rule for callers who ask for a release.
const FOR_CANARY_CALLERS: &str = "-of-canary-callers";
/// Ends the name of a rule that knows no kinds of requests.
const FOR_ALL: &str = " all";
/// The state that the others are compared with.
const STABLE: &str = "/100-0.yaml";

/// One rule of a state.
#[derive(Debug)]
struct Rule<'a> {
    /// The file.
    place: &'a str,
    /// Which rule of each state it is.
    name: String,
    /// For whom: the same callers see the same releases in all rules.
    callers: bool,
    /// To whom.
    targets: &'a Value,
    /// Everything that no state may change.
    kept: Map<String, Value>,
}

/// Where states differ from each other, or a state from itself.
pub fn check(bundle: &Bundle) -> Vec<String> {
    let rules: Vec<Rule<'_>> = bundle.objects.iter().flat_map(|(place, object)| rules(place, object)).collect();
    let mut findings: Vec<String> = rules.iter().filter_map(|rule| differs(rule, &rules)).collect();
    for rule in &rules {
        let other = rules.iter().find(|other| other.place == rule.place && other.callers == rule.callers);
        if other.is_some_and(|first| first.targets != rule.targets) {
            findings.push(format!("{}: rule {} leads elsewhere than the first one", rule.place, rule.name));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

/// How a rule differs from the one of its name in the stable state of its folder.
fn differs(rule: &Rule<'_>, all: &[Rule<'_>]) -> Option<String> {
    let (folder, file) = rule.place.rsplit_once('/')?;
    // The state that spoils answers lies beside the folder of the others.
    let stable =
        if file == "fault-injection.yaml" { format!("{folder}/canary{STABLE}") } else { format!("{folder}{STABLE}") };
    let mut models = all.iter().filter(|other| other.place == stable);
    // A rule that is for everything is the model of each that is for a part.
    let model = models.find(|other| other.name == rule.name || other.name.ends_with(FOR_ALL));
    match model {
        Some(model) if model.kept == rule.kept => None,
        Some(model) => Some(format!(
            "{}: rule {} has {}, {stable} {}",
            rule.place,
            rule.name,
            Value::from(rule.kept.clone()),
            Value::from(model.kept.clone())
        )),
        None => Some(format!("{}: {stable} has no rule {}", rule.place, rule.name)),
    }
}

/// The rules of an object, if it is a state's.
fn rules<'a>(place: &'a str, object: &'a Value) -> Vec<Rule<'a>> {
    let is_state = place.ends_with("/fault-injection.yaml") || place.contains("/canary/");
    let kind = object["kind"].as_str().filter(|_| is_state);
    let (field, targets) = match kind {
        Some("VirtualService") => ("http", "route"),
        Some("HTTPRoute") => ("rules", "backendRefs"),
        _ => return Vec::new(),
    };
    let object_name = object["metadata"]["name"].as_str().unwrap_or_default();
    let rule = |rule: &'a Value| {
        let name = rule["name"].as_str().unwrap_or_default();
        let mut kept = rule.as_object().cloned().unwrap_or_default();
        kept.retain(|field, _| !OWN.contains(&field.as_str()));
        // Linkerd reads retries and timeouts from there.
        kept.insert("annotations".to_owned(), object["metadata"]["annotations"].clone());
        let callers = name.ends_with(FOR_CANARY_CALLERS) || rule.to_string().contains("x-canary");
        let name = format!("{object_name} {}", name.trim_end_matches(FOR_CANARY_CALLERS));
        Rule { place, name, callers, targets: &rule[targets], kept }
    };
    list(&object["spec"][field]).map(rule).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(file: &str, rules: Value) -> (String, Value) {
        let object = json!({"kind": "VirtualService", "metadata": {"name": "x"}, "spec": {"http": rules}});
        (format!("mesh/istio/{file}"), object)
    }

    fn found(states: Vec<(String, Value)>) -> Vec<String> {
        check(&Bundle { name: "o".to_owned(), objects: states })
    }

    #[test]
    fn a_state_may_change_who_answers_and_nothing_else() {
        let rule = |name: &str, timeout: &str, weight: u8| json!({"name": name, "timeout": timeout, "route": [weight]});
        let stable = || state("canary/100-0.yaml", json!([rule("reads", "3s", 100), rule("writes", "5s", 100)]));
        let with = |rules: Value| found(vec![stable(), state("canary/50-50.yaml", rules)]);
        assert_eq!(with(json!([rule("reads", "3s", 50), rule("writes", "5s", 50)])), [""; 0]);
        assert!(with(json!([rule("reads", "60s", 50), rule("writes", "5s", 50)]))[0].contains("60s"));
        assert!(with(json!([rule("reads", "3s", 50), rule("writes", "5s", 100)]))[0].contains("leads elsewhere"));
        assert!(with(json!([rule("others", "3s", 50)]))[0].contains("has no rule"));
        let whole = || state("canary/100-0.yaml", json!([rule("all", "3s", 100)]));
        let part = |timeout: &str| state("canary/mirror.yaml", json!([rule("reads", timeout, 100)]));
        assert_eq!((found(vec![whole(), part("3s")]).len(), found(vec![whole(), part("4s")]).len()), (0, 1));
        let faults = state("fault-injection.yaml", json!([rule("reads", "9s", 100)]));
        assert_eq!(found(vec![stable(), faults]).len(), 1);
    }

    #[test]
    fn callers_who_ask_for_a_release_have_rules_of_their_own() {
        let rule = |name: &str, weight: u8| json!({"name": name, "route": [weight]});
        let stable = state("canary/100-0.yaml", json!([rule("reads", 1)]));
        let by_header = state("canary/by-header.yaml", json!([rule("reads-of-canary-callers", 2), rule("reads", 1)]));
        assert_eq!(found(vec![stable, by_header]), [""; 0]);
    }
}
