//! Does a call to a port of a pod meet a sidecar?

use crate::bundle::Bundle;
use crate::model::Workload;

/// Whether it does, as far as the manifests say: the pods have a sidecar, and the port is not taken out of what it sees.
#[must_use]
pub fn meets_sidecar(bundle: &Bundle, workload: Workload<'_>, port: Option<i64>) -> bool {
    let excluded = workload.annotations()["traffic.sidecar.istio.io/excludeInboundPorts"].str();
    let beside = port.is_some_and(|port| excluded.split(',').any(|it| it.trim() == port.to_string()));
    !beside && !is_bare(bundle, workload)
}

/// Whether its pods have no sidecar: they say so, or their namespace is shown and asks for none.
fn is_bare(bundle: &Bundle, workload: Workload<'_>) -> bool {
    let said = [&workload.labels()["sidecar.istio.io/inject"], &workload.annotations()["sidecar.istio.io/inject"]];
    let shown = bundle.of("", "Namespace").any(|it| it.name == workload.object.namespace);
    said.iter().any(|it| it.str() == "false") || shown && !bundle.is_meshed(workload)
}
