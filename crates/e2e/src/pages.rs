//! Which command of README.md and mesh/README.md is run where: by a test, by the proof on a cluster, or not, and why not.

use crate::page::{Step, steps};

const README: &str = include_str!("../../../README.md");
const MESH: &str = include_str!("../../../mesh/README.md");
/// The section of README.md that needs a cluster.
const CLUSTER: &str = "On a cluster";
/// The section of README.md about Linkerd.
const WITH_LINKERD: &str = "The same with Linkerd";
/// The section of mesh/README.md that is Linkerd's.
const LINKERD: &str = "Linkerd";

/// A command that nobody can run as part of a test of the pages.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Its first line begins like this.
    pub command: &'static str,
    /// What keeps it from being run.
    pub reason: &'static str,
}

const fn but(command: &'static str, reason: &'static str) -> Exception {
    Exception { command, reason }
}

/// Not run on a cluster that is there. `cargo test -p e2e --test e2e -- --ignored on_kind` runs all of the section, these
/// among them, where a Docker engine is.
pub const OF_KIND: [Exception; 7] = [
    but("cargo xtask up istio", "makes the cluster"),
    but("cargo xtask down", "deletes the cluster"),
    but("kind create cluster", "makes the cluster"),
    but("istioctl install", "the cluster has its mesh before it is asked anything"),
    but("kubectl -n istio-system patch service", "moves the port that the cluster is asked at"),
    but("cargo xtask image", "builds for minutes what the cluster was made from"),
    but("for image in", "loads images with a command of kind's"),
];

/// Not run by reading the page.
pub const NOT_RUN: [Exception; 15] = [
    but("cargo run -p microservices", "the launcher tests run it; all that follows on the page is asked of it"),
    but("cargo test --workspace", "is what runs the test that reads the page"),
    but("kubectl apply --server-side -f https://", "needs the network, and the CRDs are there with the mesh"),
    but("cargo xtask up linkerd", "makes the cluster"),
    but("kubectl kustomize k8s/overlays/kind | linkerd inject", "makes all pods anew, without what mesh/linkerd says"),
    but("linkerd install --crds", "the cluster has its mesh before it is asked anything"),
    but("linkerd install | ", "the cluster has its mesh before it is asked anything"),
    but("helm template eg-crds", "needs the network"),
    but("helm install eg", "needs the network"),
    but("kubectl apply --server-side -k mesh/ingress", "needs Envoy Gateway"),
    but("kubectl apply --server-side -k mesh/overlays/linkerd-production", "needs Envoy Gateway and several nodes"),
    but("kubectl -n shop delete deployment order-service", "needs Argo Rollouts"),
    but("kubectl -n shop delete httproutes", "needs Argo Rollouts"),
    but("kubectl apply --server-side -k mesh/linkerd/progressive", "needs Argo Rollouts"),
    but("kubectl -n shop patch deployment order-service", "needs Argo Rollouts"),
];

/// What README.md asks of the launcher.
pub fn on_a_laptop() -> Vec<Step> {
    steps(README).into_iter().filter(|step| step.section != CLUSTER && step.prints.is_some()).collect()
}

/// The section of README.md about a cluster, from making it to deleting it.
pub fn on_kind() -> Vec<Step> {
    steps(README).into_iter().filter(|step| step.section == CLUSTER).collect()
}

/// What both pages ask of a shop with Istio that is there.
pub fn on_istio() -> Vec<Step> {
    let mesh = steps(MESH).into_iter().filter(|step| step.section != LINKERD);
    on_kind().into_iter().chain(mesh).filter(is_run).collect()
}

/// What both pages ask of a shop with Linkerd that is there.
pub fn on_linkerd() -> Vec<Step> {
    let readme = steps(README).into_iter().filter(|step| step.section == WITH_LINKERD);
    let mesh = steps(MESH).into_iter().filter(|step| step.section == LINKERD);
    readme.chain(mesh).filter(is_run).collect()
}

fn is_run(step: &Step) -> bool {
    !OF_KIND.iter().chain(&NOT_RUN).any(|exception| exception.is(step))
}

impl Exception {
    fn is(&self, step: &Step) -> bool {
        step.command.starts_with(self.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Step> {
        [README, MESH].into_iter().flat_map(steps).collect()
    }

    #[test]
    fn each_command_of_the_pages_is_run_or_has_a_reason() {
        let run = [on_a_laptop(), on_istio(), on_linkerd()].concat();
        let lost: Vec<_> = all().into_iter().filter(|step| !run.contains(step) && is_run(step)).collect();
        assert!(lost.is_empty(), "nobody runs these; run them or name them in NOT_RUN: {lost:#?}");
        assert!(on_a_laptop().len() >= 10 && on_istio().len() >= 10 && on_linkerd().len() >= 4);
    }

    #[test]
    fn an_exception_that_no_page_needs_is_gone() {
        for exception in OF_KIND.iter().chain(&NOT_RUN) {
            assert!(all().iter().any(|step| exception.is(step)), "{exception:?}");
        }
        assert!(OF_KIND.iter().all(|exception| on_kind().iter().any(|step| exception.is(step))));
    }

    #[test]
    fn what_is_not_run_promises_no_answer() {
        let promises: Vec<_> = all().into_iter().filter(|step| !is_run(step) && step.prints.is_some()).collect();
        assert!(promises.is_empty(), "{promises:#?}");
    }
}
