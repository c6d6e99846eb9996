//! Which step is in force in the cluster? A deployment leaves it there instead of ending it unasked.

use std::collections::BTreeSet;

use serde_json::Value;

use super::step::{FIRST, Step};
use crate::cluster::{Mesh, NAMESPACE, kubectl};

/// What decides about calls to order-service now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// Nothing yet: the cluster is new, or the mesh splits nothing.
    Nothing,
    /// This step.
    Step(String),
    /// Something else: weights that somebody chose, faults, a tool that walks by itself.
    Other,
}

impl State {
    /// Looks at what is there of the objects that make a step.
    pub fn look(mesh: Mesh, steps: &[Step]) -> anyhow::Result<Self> {
        let Some(first) = steps.iter().find(|step| step.name == FIRST) else { return Ok(Self::Nothing) };
        let names: Vec<_> = first.objects()?.iter().map(kubectl::resource).collect();
        let there = kubectl::all(&format!("-n {NAMESPACE} get {} --ignore-not-found", names.join(" ")))?;
        let known = steps.iter().map(|step| Ok((step.name.as_str(), split(&step.objects()?))));
        let state = Self::of(&there, &known.collect::<anyhow::Result<Vec<_>>>()?);
        if let Some(line) = state.told(mesh) {
            println!("{line}");
        }
        Ok(state)
    }

    fn of(there: &[Value], known: &[(&str, BTreeSet<String>)]) -> Self {
        if there.is_empty() {
            return Self::Nothing;
        }
        let split = split(there);
        let step = known.iter().find(|(_, known)| *known == split);
        step.map_or(Self::Other, |(name, _)| Self::Step((*name).to_owned()))
    }

    /// What a deployment says about it, if there is something to say.
    fn told(&self, mesh: Mesh) -> Option<String> {
        let back = format!("`cargo xtask canary {} {FIRST}`", mesh.name());
        match self {
            Self::Step(name) if name != FIRST => Some(format!("the canary stays at {name}; {back} ends it")),
            Self::Other => {
                Some(format!("calls to order-service are split as no step does, which stays; {back} ends it"))
            }
            Self::Nothing | Self::Step(_) => None,
        }
    }

    /// The objects to apply: those of the first step become those of the one that is in force, or none.
    pub fn keep(&self, mut objects: Vec<Value>, steps: &[Step]) -> anyhow::Result<Vec<Value>> {
        let kept = match self {
            Self::Nothing => return Ok(objects),
            Self::Step(name) => steps.iter().find(|step| step.name == *name).map(Step::objects).transpose()?,
            Self::Other => None,
        };
        let first = steps.iter().find(|step| step.name == FIRST).map(Step::objects).transpose()?.unwrap_or_default();
        let replaced: BTreeSet<_> = first.iter().map(kubectl::resource).collect();
        objects.retain(|object| !replaced.contains(&kubectl::resource(object)));
        objects.extend(kept.unwrap_or_default());
        Ok(objects)
    }
}

/// Who gets which part of the calls, and what happens to them besides. The rest of a state (times, retries) may be older
/// than its file without it being another state.
fn split(objects: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    objects.iter().for_each(|object| gather(&object["spec"], &mut found));
    found
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    if value == "x-canary" {
        found.insert("x-canary".to_owned());
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "route" | "backendRefs" => found.extend(shares(inner.as_array().map_or(&[], Vec::as_slice))),
            // Istio has mirror and mirrors.
            "mirror" | "mirrors" | "fault" | "x-canary" => drop(found.insert(key.trim_end_matches('s').to_owned())),
            _ => {}
        }
        gather(inner, found);
    }
    value.as_array().into_iter().flatten().for_each(|inner| gather(inner, found));
}

/// `v1 90`, `v2 10`; what gets nothing is left out. One destination alone gets all, whatever its weight.
fn shares(destinations: &[Value]) -> impl Iterator<Item = String> {
    let weight = |it: &Value| it["weight"].as_u64().unwrap_or(1);
    let all = destinations.iter().map(weight).sum::<u64>().max(1);
    let name = |it: &Value| it["destination"]["subset"].as_str().or(it["name"].as_str()).unwrap_or("?").to_owned();
    destinations
        .iter()
        .filter(move |it| weight(it) > 0)
        .map(move |it| format!("{} {}", name(it), weight(it) * 100 / all))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service(routes: Value) -> Value {
        json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "order-service"},
               "spec": {"http": routes}})
    }

    fn to(v1: u64, v2: u64) -> Value {
        json!([{"destination": {"subset": "v1"}, "weight": v1}, {"destination": {"subset": "v2"}, "weight": v2}])
    }

    fn known() -> Vec<(&'static str, BTreeSet<String>)> {
        let both = |v1, v2| split(&[service(json!([{"timeout": "3s", "route": to(v1, v2)}, {"route": to(v1, v2)}]))]);
        vec![("100-0", both(100, 0)), ("50-50", both(50, 50))]
    }

    #[test]
    fn a_state_is_known_by_its_weights_even_if_its_times_are_older() {
        let there = |routes| State::of(&[service(routes)], &known());
        assert_eq!(there(json!([{"timeout": "9s", "route": to(50, 50)}])), State::Step("50-50".to_owned()));
        assert_eq!(there(json!([{"route": [{"destination": {"subset": "v1"}}]}])), State::Step("100-0".to_owned()));
        assert_eq!(State::of(&[], &known()), State::Nothing);
    }

    #[test]
    fn what_no_step_says_is_something_else() {
        for routes in [
            json!([{"route": to(70, 30)}]),
            json!([{"route": to(50, 50)}, {"route": to(100, 0)}]),
            json!([{"route": to(100, 0), "fault": {"abort": {}}}]),
            json!([{"route": to(100, 0), "mirrors": [{}]}]),
            json!([{"route": to(100, 0), "match": [{"headers": {"x-canary": {"exact": "v2"}}}]}]),
        ] {
            assert_eq!(State::of(&[service(routes.clone())], &known()), State::Other, "{routes}");
        }
    }

    #[test]
    fn routes_of_the_gateway_api_are_read_too() {
        let route = |more: Value| json!({"kind": "HTTPRoute", "spec": {"rules": [more]}});
        let weights = json!({"backendRefs": [{"name": "a-v1", "weight": 90}, {"name": "a-v2", "weight": 10}]});
        assert_eq!(split(&[route(weights)]), ["a-v1 90".to_owned(), "a-v2 10".to_owned()].into());
        // An API server writes the weight 1 where a file says nothing.
        let header =
            json!({"backendRefs": [{"name": "a-v2", "weight": 1}], "matches": [{"headers": [{"name": "x-canary"}]}]});
        assert_eq!(split(&[route(header)]), ["a-v2 100".to_owned(), "x-canary".to_owned()].into());
    }
}
