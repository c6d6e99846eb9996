//! The groups of assertions, in the order in which they run: what everything else leans on comes first.

mod access_log;
mod authorization;
mod boards;
mod canary;
mod combinations;
mod connections;
mod disturbance;
mod footprint;
mod hardening;
mod ingress;
mod injection;
mod limits;
mod manifests;
mod mtls;
mod network;
mod pages;
mod resilience;
mod scale;
mod scrapes;
mod services;
mod signals;
mod smoke;
mod traces;
mod unlisted;

use super::assertion::Assertion;

/// All that there is.
pub fn all() -> Vec<Assertion> {
    let groups = [
        smoke::all(),
        manifests::all(),
        // Before anything is restarted: this is what a deployment costs.
        footprint::all(),
        injection::all(),
        services::all(),
        hardening::all(),
        canary::all(),
        mtls::all(),
        authorization::all(),
        unlisted::all(),
        ingress::all(),
        resilience::all(),
        limits::all(),
        connections::all(),
        signals::all(),
        access_log::all(),
        scrapes::all(),
        boards::all(),
        traces::all(),
        network::all(),
        scale::all(),
        disturbance::all(),
        // There is no way in for some seconds of it.
        pages::all(),
    ];
    groups.into_iter().flatten().collect()
}
