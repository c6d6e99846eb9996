//! What is repeated twice? A call that is repeated, made within a call that is repeated too.

use std::collections::HashMap;

use crate::bundle::Bundle;
use crate::model::{Service, Workload, equal_labels};
use crate::object::Object;
use crate::yaml::Node;

/// Where it is written that a call is repeated after an answer.
pub type Repeats<'a> = (&'a Object, &'a Node);

/// A call that is repeated within another one.
#[derive(Clone, Copy, Debug)]
pub struct Hops<'a> {
    /// Who makes the outer call.
    pub caller: Workload<'a>,
    /// Whom it reaches, and who makes the inner one.
    pub middle: Workload<'a>,
    /// What repeats the inner one.
    pub inner: Repeats<'a>,
}

/// A call that is repeated.
struct Hop<'a> {
    caller: Workload<'a>,
    service: Service<'a>,
    repeats: Repeats<'a>,
}

impl Bundle {
    /// Each place that repeats calls within calls that another place repeats, once; a mesh says what repeats the calls of a
    /// Service that a workload makes.
    pub fn repeated_twice<'a>(
        &'a self,
        repeats: impl Fn(Service<'a>, Workload<'a>) -> Option<Repeats<'a>>,
    ) -> Vec<Hops<'a>> {
        let hops: Vec<_> = self.workloads().flat_map(|caller| repeated(self, caller, &repeats)).collect();
        let mut into: HashMap<&str, Vec<&Hop<'_>>> = HashMap::new();
        hops.iter().for_each(|hop| into.entry(&hop.service.object.namespace).or_default().push(hop));
        let mut found: Vec<Hops<'a>> = Vec::new();
        for inner in &hops {
            let outer = into.get(&*inner.caller.object.namespace).into_iter().flatten().find(|it| leads_to(it, inner));
            // Many workloads may share the two places.
            let told = found.iter().any(|it| std::ptr::eq(it.inner.1, inner.repeats.1));
            if let Some(outer) = outer.filter(|_| !told) {
                found.push(Hops { caller: outer.caller, middle: inner.caller, inner: inner.repeats });
            }
        }
        found
    }
}

fn repeated<'a>(
    bundle: &'a Bundle,
    caller: Workload<'a>,
    repeats: &impl Fn(Service<'a>, Workload<'a>) -> Option<Repeats<'a>>,
) -> Vec<Hop<'a>> {
    let services = caller.calls(bundle).filter_map(|call| call.service(bundle));
    services.filter_map(|service| Some(Hop { caller, service, repeats: repeats(service, caller)? })).collect()
}

/// Whether a call reaches the pods that make another one. A release that calls its own Service makes no second hop.
fn leads_to(outer: &Hop<'_>, inner: &Hop<'_>) -> bool {
    let selector = outer.service.selector();
    equal_labels(selector, inner.caller.labels())
        && !equal_labels(selector, outer.caller.labels())
        && !std::ptr::eq(outer.repeats.0, inner.repeats.0)
}
