//! From nothing to a shop on this machine: a kind cluster, a mesh in it, and what `deploy` does.

use std::time::{Duration, Instant};

use super::deploy::{self, ShopArgs};
use super::{Mesh, install, kubectl, tools};
use crate::command;

/// The cluster, and thereby the Docker container and the kubeconfig's context.
pub const CLUSTER: &str = "shop";
/// The ports of Istio's ingress gateway and those of the node that lead there, as `k8s/kind.yaml` publishes them.
const NODE_PORTS: [(u16, &str); 2] = [(80, "30080"), (443, "30443")];

/// What to bring up.
#[derive(Clone, Debug, clap::Args)]
pub struct UpArgs {
    #[command(flatten)]
    shop: ShopArgs,
}

/// Brings up what is not there yet; what is there is left alone.
pub fn run(args: &UpArgs) -> anyhow::Result<()> {
    let shop = &args.shop;
    tools::check([tools::of_kind(), tools::of(shop.mesh)].into_iter().flatten().collect())?;
    tools::check_engine()?;
    let mut steps = Steps::default();
    steps.time("cluster", || cluster().and_then(|()| deploy::check(shop)))?;
    let load = format!("kind load image-archive {{}} --name {CLUSTER}");
    let loaded = steps.time("images", || deploy::load_images(shop, &load))?;
    let started = Instant::now();
    steps.time("mesh", || install::mesh(shop.mesh, &shop.install).and_then(|()| publish(shop.mesh)))?;
    steps.time("shop", || deploy::shop(shop, &loaded, started))?;
    println!("\n{}", steps.table());
    Ok(())
}

/// Makes the cluster, or makes the one that is there the current one.
fn cluster() -> anyhow::Result<()> {
    let clusters = command::output("kind get clusters")?;
    if clusters.lines().any(|name| name == CLUSTER) {
        println!("cluster {CLUSTER} is there");
        command::run(&format!("kind export kubeconfig --name {CLUSTER}"))?;
    } else {
        println!("waiting for the cluster's node to be ready, at most two minutes");
        command::run(&format!("kind create cluster --name {CLUSTER} --config k8s/kind.yaml --wait 120s"))?;
    }
    kubectl::check()
}

/// Lets Istio's ingress answer at the port of the node that kind publishes. The other ways in bring a Service for that.
fn publish(mesh: Mesh) -> anyhow::Result<()> {
    if mesh != Mesh::Istio {
        return Ok(());
    }
    command::run(&format!("kubectl -n istio-system patch service istio-ingressgateway -p {}", patch()))
}

/// Merged by port, so that the gateway's other ports stay as they are; a list in istioctl's values would replace them.
fn patch() -> String {
    let ports = NODE_PORTS.map(|(port, node)| format!(r#"{{"port":{port},"nodePort":{node}}}"#));
    format!(r#"{{"spec":{{"ports":[{}]}}}}"#, ports.join(","))
}

/// How long each step took.
#[derive(Debug, Default)]
struct Steps(Vec<(&'static str, Duration)>);

impl Steps {
    fn time<T>(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        println!("\n== {name}");
        let started = Instant::now();
        let done = step()?;
        self.0.push((name, started.elapsed()));
        println!("== {name}: {:.1} s", started.elapsed().as_secs_f64());
        Ok(done)
    }

    fn table(&self) -> String {
        let line = |(name, took): &(&str, Duration)| format!("{name:<8} {:>6.1} s\n", took.as_secs_f64());
        let total = self.0.iter().map(|(_, took)| *took).sum();
        self.0.iter().map(line).collect::<String>() + line(&("total", total)).trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ingress_leads_to_the_ports_that_kind_publishes() {
        let kind = std::fs::read_to_string(command::root().join("k8s/kind.yaml")).expect("kind.yaml");
        let published = kind.lines().filter_map(|line| line.trim().strip_prefix("containerPort: "));
        assert_eq!(published.collect::<Vec<_>>(), NODE_PORTS.map(|(_, port)| port));
    }

    #[test]
    fn the_patch_is_the_one_that_the_readme_shows() {
        let readme = std::fs::read_to_string(command::root().join("README.md")).expect("README.md");
        assert!(readme.contains(&format!("patch service istio-ingressgateway -p '{}'\n", patch())), "{}", patch());
    }

    #[test]
    fn the_steps_add_up() {
        let steps = Steps(vec![("cluster", Duration::from_millis(1500)), ("shop", Duration::from_secs(20))]);
        assert_eq!(steps.table(), "cluster     1.5 s\nshop       20.0 s\ntotal      21.5 s");
    }
}
