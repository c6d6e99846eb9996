//! Which pods ask for a sidecar, as far as the manifests say?

use crate::bundle::Bundle;
use crate::model::Workload;
use crate::object::Object;

/// Whether a Namespace asks for sidecars in all its pods.
#[must_use]
pub fn injects(namespace: &Object) -> bool {
    let (switch, revision) = (namespace.label("istio-injection"), namespace.label("istio.io/rev"));
    switch.str() == "enabled"
        || revision.text().is_some() && switch.str() != "disabled"
        || matches!(namespace.annotation("linkerd.io/inject").str(), "enabled" | "ingress")
}

impl Bundle {
    /// Whether the pods of a workload ask for a sidecar: by themselves, or because their namespace does and they do not object.
    #[must_use]
    pub fn is_meshed(&self, workload: Workload<'_>) -> bool {
        let (labels, annotations) = (workload.labels(), workload.annotations());
        let istio = labels["sidecar.istio.io/inject"].text().or(annotations["sidecar.istio.io/inject"].text());
        let linkerd = annotations["linkerd.io/inject"].text();
        if istio == Some("false") || linkerd == Some("disabled") {
            return false;
        }
        let asks = istio == Some("true") || matches!(linkerd, Some("enabled" | "ingress"));
        asks || self.of("", "Namespace").any(|it| it.name == workload.object.namespace && injects(it))
    }
}
