//! What makes pods? Deployments and their like, with labels, containers and ports.

use crate::bundle::Bundle;
use crate::object::Object;
use crate::yaml::Node;

/// An object that makes pods, or a pod.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'a> {
    /// The object.
    pub object: &'a Object,
}

impl<'a> Workload<'a> {
    /// The object as a workload, if it is one.
    #[must_use]
    pub fn of(object: &'a Object) -> Option<Self> {
        let known = match &*object.group {
            "" => matches!(&*object.kind, "Pod" | "ReplicationController"),
            "apps" => matches!(&*object.kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"),
            "batch" => matches!(&*object.kind, "Job" | "CronJob"),
            "argoproj.io" => &*object.kind == "Rollout",
            _ => false,
        };
        known.then_some(Self { object })
    }

    /// What stands for a pod: the template, or the Pod itself.
    #[must_use]
    pub fn template(self) -> &'a Node {
        match &*self.object.kind {
            "Pod" => &self.object.root,
            "CronJob" => self.object.root.dig("spec.jobTemplate.spec.template"),
            _ => self.object.root.dig("spec.template"),
        }
    }

    /// The labels of its pods.
    #[must_use]
    pub fn labels(self) -> &'a Node {
        self.template().dig("metadata.labels")
    }

    /// The annotations of its pods.
    #[must_use]
    pub fn annotations(self) -> &'a Node {
        self.template().dig("metadata.annotations")
    }

    /// The specification of its pods.
    #[must_use]
    pub fn spec(self) -> &'a Node {
        &self.template()["spec"]
    }

    /// The containers of its pods that run as long as these do, without those that only initialise: Kubernetes lists
    /// sidecars of its own kind among the latter.
    pub fn containers(self) -> impl Iterator<Item = &'a Node> {
        let sidecars = self.spec()["initContainers"].items().iter().filter(|it| it["restartPolicy"].str() == "Always");
        self.spec()["containers"].items().iter().chain(sidecars)
    }

    /// Each port that a container says to listen on.
    pub fn ports(self) -> impl Iterator<Item = &'a Node> {
        self.containers().flat_map(|container| container["ports"].items())
    }

    /// The port of a container that a number or a name means, as a Service's `targetPort` or a probe gives it.
    #[must_use]
    pub fn port(self, target: &Node) -> Option<&'a Node> {
        self.ports().find(|port| match target.int() {
            Some(number) => port["containerPort"].int() == Some(number),
            None => port["name"].text().is_some() && port["name"].text() == target.text(),
        })
    }

    /// The account of its pods.
    #[must_use]
    pub fn service_account(self) -> &'a str {
        self.spec()["serviceAccountName"].text().filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// How many pods it asks for; `None` where an autoscaler decides or the kind knows no number.
    #[must_use]
    pub fn replicas(self) -> Option<i64> {
        match &*self.object.kind {
            "Pod" => Some(1),
            "DaemonSet" | "Job" | "CronJob" => None,
            _ => match &self.object["spec"]["replicas"] {
                node if node.exists() => node.int(),
                _ => Some(1),
            },
        }
    }

    /// Whether it runs until something ends it, as a server does.
    #[must_use]
    pub fn is_server(self) -> bool {
        !matches!(&*self.object.kind, "Job" | "CronJob")
    }
}

impl Bundle {
    /// Each workload.
    pub fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        self.objects().iter().filter_map(Workload::of)
    }

    /// The workloads of a namespace.
    pub fn workloads_in<'a>(&'a self, namespace: &str) -> impl Iterator<Item = Workload<'a>> + use<'a> {
        self.in_namespace(namespace).filter_map(Workload::of)
    }
}
