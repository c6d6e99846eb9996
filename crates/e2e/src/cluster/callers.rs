//! Pods inside the cluster from which requests are made, each with the identity of somebody.

pub mod objects;

use anyhow::{Context, bail, ensure};
use probe::{Outcome, Plan};
use serde_json::Value;

use super::{admin::Forward, kubectl, mesh::Mesh};

/// A namespace without a mesh. What mesh manifests declare to be outside of it lives there as well.
pub const OUTSIDE: &str = "outside";

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caller {
    /// With the identity of the ingress.
    Ingress,
    /// With the identity of api-gateway.
    Gateway,
    /// With the identity of user-service.
    UserService,
    /// With the identity of order-service.
    OrderService,
    /// With an identity of the mesh that no manifest names.
    Stranger,
    /// Without a sidecar.
    Outside,
}

/// The callers that are there.
#[derive(Debug)]
pub struct Callers {
    mesh: Mesh,
}

/// What a caller got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    /// A whole answer.
    Answer {
        /// Its status.
        status: u16,
        /// Whether a process of the shop had a hand in it, not only proxies.
        served: bool,
        /// Its headers and body.
        text: String,
    },
    /// None, and why: `reset`, `refused`, `closed-early`.
    Nothing(String),
}

impl Caller {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ingress, Self::Gateway, Self::UserService, Self::OrderService, Self::Stranger, Self::Outside];

    /// Short, for tables; `e2e-` and this is the pod.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Gateway => "api-gateway",
            Self::UserService => "user-service",
            Self::OrderService => "order-service",
            Self::Stranger => "stranger",
            Self::Outside => "outside",
        }
    }

    /// The pod that asks for it.
    pub fn pod(self) -> String {
        format!("e2e-{}", self.name())
    }

    /// Where it is, and its ServiceAccount. `None` where there is no such identity.
    pub fn account(self, mesh: Mesh) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Ingress => mesh.ingress(),
            Self::Gateway | Self::UserService | Self::OrderService => Some((super::SHOP, self.name())),
            Self::Stranger => Some((super::SHOP, objects::STRANGER)),
            Self::Outside => Some((OUTSIDE, "default")),
        }
    }
}

impl Callers {
    /// Makes them and waits until they run.
    pub async fn start(mesh: Mesh) -> anyhow::Result<Self> {
        let namespace = kubectl::run(&["get", "namespace", OUTSIDE, "--ignore-not-found", "-o", "json"]).await?;
        ensure!(
            namespace.trim().is_empty() || namespace.contains(objects::OWNER),
            "there is a namespace {OUTSIDE} already, and it is not of this program"
        );
        kubectl::apply(&ours(mesh).await?).await?;
        for namespace in objects::namespaces(mesh) {
            let args =
                ["-n", namespace, "wait", "pods", "-l", objects::LABEL, "--for=condition=Ready", "--timeout=90s"];
            kubectl::run(&args).await.context("the callers inside the cluster do not start")?;
        }
        Ok(Self { mesh })
    }

    /// Removes what [`start`](Self::start) made.
    pub async fn remove(mesh: Mesh) -> anyhow::Result<()> {
        let objects = kubectl::list(&ours(mesh).await?);
        kubectl::feed(&["delete", "--ignore-not-found", "-f", "-"], &objects).await.map(drop)
    }

    /// Sends the first request of a plan from there.
    pub async fn get(&self, caller: Caller, plan: &Plan) -> anyhow::Result<Seen> {
        let mut args = vec!["get".to_owned(), plan.url.to_string()];
        args.push(format!("--method={}", plan.method));
        args.push(format!("--body={}", plan.body));
        args.push(format!("--timeout={}ms", plan.timeout.as_millis()));
        args.extend(
            plan.headers.iter().map(|(name, value)| format!("--header={name}: {}", value.to_str().unwrap_or(""))),
        );
        let (out, complaint) = self.probe(caller, &args).await?;
        match complaint.split_once("no answer: ") {
            Some((_, why)) => Ok(Seen::Nothing(why.split(':').next().unwrap_or_default().to_owned())),
            None => read(&out).with_context(|| format!("probe get in {}: {complaint}", caller.name())),
        }
    }

    /// Carries out a plan there.
    pub async fn load(&self, caller: Caller, plan: &Plan) -> anyhow::Result<Outcome> {
        let args = [vec!["load".to_owned(), "--json".to_owned()], plan.to_args()].concat();
        let (out, complaint) = self.probe(caller, &args).await?;
        serde_json::from_str(&out).with_context(|| format!("probe load in {}: {complaint}", caller.name()))
    }

    /// A way to the gateway that goes on from the pod of the ingress, as all that its sidecar carries.
    pub async fn relay(&self) -> anyhow::Result<Forward> {
        let Some((namespace, _)) = Caller::Ingress.account(self.mesh) else { bail!("there is no mesh") };
        Forward::open(namespace, &format!("pod/{}", Caller::Ingress.pod()), objects::RELAY).await
    }

    /// How a port behaves towards that caller: `open`, `postgres`, `closed`, ...
    pub async fn knock(&self, caller: Caller, address: &str, args: &[&str]) -> anyhow::Result<String> {
        let args: Vec<String> = ["tcp", address].iter().chain(args).map(|&arg| arg.to_owned()).collect();
        let (out, complaint) = self.probe(caller, &args).await?;
        ensure!(!out.trim().is_empty(), "probe tcp in {}: {complaint}", caller.name());
        Ok(out.trim().to_owned())
    }

    async fn probe(&self, caller: Caller, args: &[String]) -> anyhow::Result<(String, String)> {
        let Some((namespace, _)) = caller.account(self.mesh) else { bail!("{} is nobody here", caller.name()) };
        let pod = caller.pod();
        let mut all = vec!["-n", namespace, "exec", &pod, "-c", objects::CONTAINER, "--", "/probe"];
        all.extend(args.iter().map(String::as_str));
        let output = kubectl::output(&all).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((text(&output.stdout), text(&output.stderr)))
    }
}

/// What to make and to remove: not the ingress' namespace and account where somebody else has made them.
async fn ours(mesh: Mesh) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for object in objects::home_of_the_ingress(mesh) {
        let there = kubectl::feed(&["get", "--ignore-not-found", "-o", "json", "-f", "-"], &object.to_string()).await?;
        if there.trim().is_empty() || there.contains(objects::OWNER) {
            all.push(object);
        }
    }
    all.extend(objects::all(mesh));
    Ok(all)
}

/// What `probe get` prints: status line, headers, an empty line, the body.
fn read(out: &str) -> Option<Seen> {
    let status = out.split_whitespace().nth(1)?.parse().ok()?;
    let served = out.lines().take_while(|line| !line.is_empty()).any(|line| line.starts_with("x-served-by:"));
    Some(Seen::Answer { status, served, text: out.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_from_what_the_pod_prints() {
        let refused = "HTTP/1.1 403 Forbidden\nserver: envoy\n\nRBAC: access denied\nx-served-by: nobody\n";
        assert_eq!(read(refused), Some(Seen::Answer { status: 403, served: false, text: refused.to_owned() }));
        let served = "HTTP/1.1 200 OK\nx-served-by: a/v1/b\n\n{}\n";
        assert_eq!(read(served), Some(Seen::Answer { status: 200, served: true, text: served.to_owned() }));
        assert_eq!(read(""), None);
    }
}
