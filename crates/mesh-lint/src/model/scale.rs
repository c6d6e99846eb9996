//! How many pods does an autoscaler make of a workload? Kubernetes' own one, or KEDA's, which makes one of Kubernetes' own.

use crate::bundle::Bundle;
use crate::model::Workload;
use crate::object::Object;
use crate::yaml::Node;

/// An autoscaler of a workload.
#[derive(Clone, Copy, Debug)]
pub struct Scaler<'a> {
    /// The object.
    pub object: &'a Object,
    /// The least pods that there may be.
    pub least: i64,
    /// The most.
    pub most: Option<i64>,
}

impl<'a> Workload<'a> {
    /// Its autoscaler, if the bundle has one.
    #[must_use]
    pub fn scaler(self, bundle: &'a Bundle) -> Option<Scaler<'a>> {
        let (hpa, keda) = (bundle.of("autoscaling", "HorizontalPodAutoscaler"), bundle.of("keda.sh", "ScaledObject"));
        let mut scalers = hpa.map(of_kubernetes).chain(keda.map(of_keda));
        scalers.find(|scaler| {
            let target = &scaler.object["spec"]["scaleTargetRef"];
            scaler.object.namespace == self.object.namespace
                && target["kind"].text().unwrap_or("Deployment") == &*self.object.kind
                && target["name"].str() == &*self.object.name
        })
    }

    /// The least pods that there are; `None` where the kind knows no number.
    #[must_use]
    pub fn least_pods(self, bundle: &'a Bundle) -> Option<i64> {
        self.scaler(bundle).map(|scaler| scaler.least).or_else(|| self.replicas())
    }

    /// The most pods that there may be; `None` where that is not written.
    #[must_use]
    pub fn most_pods(self, bundle: &'a Bundle) -> Option<i64> {
        self.scaler(bundle).map_or_else(|| self.replicas(), |scaler| scaler.most)
    }
}

fn of_kubernetes(object: &Object) -> Scaler<'_> {
    let spec = &object["spec"];
    Scaler { object, least: number(&spec["minReplicas"], 1), most: spec["maxReplicas"].int() }
}

fn of_keda(object: &Object) -> Scaler<'_> {
    let spec = &object["spec"];
    let most = number(&spec["maxReplicaCount"], 100);
    Scaler { object, least: number(&spec["minReplicaCount"], 0), most: Some(most) }
}

fn number(node: &Node, default: i64) -> i64 {
    node.int().unwrap_or(default)
}
