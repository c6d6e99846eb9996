//! The groups of assertions, in the order in which they run: what everything else leans on comes first.

mod authorization;
mod canary;
mod disturbance;
mod footprint;
mod limits;
mod manifests;
mod mtls;
mod network;
mod resilience;
mod scale;
mod signals;
mod smoke;
mod traces;

use super::assertion::Assertion;

/// All that there is.
pub fn all() -> Vec<Assertion> {
    let groups = [
        smoke::all(),
        manifests::all(),
        // Before anything is restarted: this is what a deployment costs.
        footprint::all(),
        canary::all(),
        mtls::all(),
        authorization::all(),
        resilience::all(),
        limits::all(),
        signals::all(),
        traces::all(),
        network::all(),
        scale::all(),
        disturbance::all(),
    ];
    groups.into_iter().flatten().collect()
}
