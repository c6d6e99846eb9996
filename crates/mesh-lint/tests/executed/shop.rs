//! How is an example tried in a cluster? It is applied, has reached all sidecars, is asked about, and is taken away.

use std::cell::Cell;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cases::Expected;

/// What has Python and curl.
const IMAGE: &str = match option_env!("MESH_LINT_IMAGE") {
    Some(image) => image,
    None => "docker.io/library/python:3.13",
};

/// Kinds of which an example shows what a rule must see; the shop has them, whole.
const THERE: [&str; 3] = ["Deployment", "ServiceAccount", "Namespace"];

/// The shop that runs in the cluster.
pub struct Shop {
    /// How much was asked and written so far: what makes texts unique.
    counter: Cell<u32>,
}

impl Shop {
    /// Starts it.
    pub fn start() -> Self {
        kubectl(&["apply", "-f", "-"], &include_str!("shop.yaml").replace("IMAGE", IMAGE));
        for (namespace, names) in
            [("shop", "api-gateway order-service-v1 order-service-v2 user-service"), ("outside", "stranger")]
        {
            for name in names.split(' ') {
                kubectl(&["-n", namespace, "rollout", "status", "--timeout=180s", &format!("deployment/{name}")], "");
            }
        }
        Self { counter: Cell::new(0) }
    }

    /// Applies the objects of some texts, asks, and takes them away.
    ///
    /// Connections that were open before may follow what held then for some seconds, so it asks again until it sees
    /// what is expected, and tells after some times what it saw instead.
    pub fn with(&self, texts: [&str; 2], ask: fn(&Self) -> String, expected: Expected) -> String {
        let objects = texts.iter().flat_map(|text| text.split("\n---\n")).filter(|it| !it.trim().is_empty());
        let objects: Vec<_> = objects.filter(|it| !THERE.contains(&kind(it))).collect();
        kubectl(&["apply", "-f", "-"], include_str!("services.yaml"));
        kubectl(&["apply", "-f", "-"], &objects.join("\n---\n"));
        self.settle();
        let mut answer = ask(self);
        for _ in 0..10 {
            if expected.is(&answer) {
                break;
            }
            answer = ask(self);
        }
        let added: Vec<_> = objects.into_iter().filter(|it| kind(it) != "Service").collect();
        kubectl(&["delete", "--ignore-not-found", "-f", "-"], &added.join("\n---\n"));
        answer
    }

    /// Waits until all sidecars have an object that was written after all others, so they have those too.
    fn settle(&self) {
        let mark = self.mark();
        kubectl(&["apply", "-f", "-"], &include_str!("barrier.yaml").replace("MARK", &mark));
        for name in ["api-gateway", "order-service-v1", "order-service-v2", "user-service"] {
            until(&mark, || curl("shop", name, &["http://barrier:8082/"]));
        }
        until(&mark, || ingress("barrier.example.com", "/"));
    }

    /// When the cluster was asked, and which Istio.
    pub fn about(&self) -> String {
        let get = |arguments: &[&str]| kubectl(arguments, "");
        let time = get(&["-n", "shop", "get", "deploy", "api-gateway", "-o", "jsonpath={.metadata.creationTimestamp}"]);
        let image = get(&["-n", "istio-system", "get", "deploy", "istiod", "-o", "jsonpath={..image}"]);
        let version = image.rsplit(':').next().unwrap_or_default();
        format!("Seen on {} with Istio {version}.", time.split('T').next().unwrap_or_default())
    }

    /// What the API gateway is told by order-service: the status, who answered or the flags of the access log.
    pub fn order(&self, arguments: &[&str]) -> String {
        self.ask("api-gateway", "http://order-service:8082", arguments)
    }

    /// What a Deployment is told at an address; the last of the arguments is the path.
    pub fn ask(&self, from: &str, address: &str, arguments: &[&str]) -> String {
        let (path, options) = arguments.split_last().expect("a path");
        let path = self.unique(path);
        let url = format!("{address}{path}");
        let mut all = vec!["-w", "%{http_code}"];
        all.extend(options);
        all.push(&url);
        let answer = curl("shop", from, &all);
        let (body, status) = answer.split_at(answer.len() - 3);
        match status {
            "000" => "connection closed".to_owned(),
            "200" => format!("200 {}", body.trim()),
            _ => format!("{status} {}", flags("shop", from, &path)).trim().to_owned(),
        }
    }

    /// How often a request arrived at the processes of a label, after it was made.
    pub fn attempts(&self, app: &str, arguments: &[&str]) -> String {
        let mark = self.mark();
        let (path, options) = arguments.split_last().expect("a path");
        let url = format!("http://order-service:8082{path}/{mark}");
        let ask = [&["-o", "/dev/null", "-w", "%{http_code}"], options, &[&url]].concat();
        let status = curl("shop", "api-gateway", &ask);
        let label = format!("app={app}");
        let count = || {
            let logs = kubectl(&["-n", "shop", "logs", "-l", &label, "-c", "app", "--tail=-1"], "");
            logs.lines().filter(|line| line.ends_with(&mark)).count()
        };
        let mut before = count();
        until("same", || {
            let now = count();
            let same = now > 0 && now == before;
            before = now;
            if same { "same".to_owned() } else { String::new() }
        });
        format!("{before} {} at {app}, {status}", if before == 1 { "request" } else { "requests" })
    }

    /// How many of four hundred requests v2 answers, in percent.
    pub fn share(&self, arguments: &[&str]) -> String {
        let mut all = arguments.to_vec();
        all.push("http://order-service:8082/[1-400]");
        percent(&curl("shop", "api-gateway", &all))
    }

    /// How many of four hundred requests through the ingress gateway v2 answers, in percent.
    pub fn share_of_ingress(&self, host: &str) -> String {
        percent(&ingress(host, "/[1-400]"))
    }

    /// What a stranger is told by the ingress gateway: the status, and the flags of the gateway's access log.
    pub fn ingress(&self, host: &str) -> String {
        let (header, path) = (format!("host: {host}"), self.unique("/"));
        let url = format!("http://istio-ingressgateway.istio-system{path}");
        let status = curl("outside", "stranger", &["-o", "/dev/null", "-w", "%{http_code}", "-H", &header, &url]);
        format!("{status} {}", flags("istio-system", "istio-ingressgateway", &path)).trim().to_owned()
    }

    /// What the API gateway's sidecar has of order-service, in Envoy's words.
    pub fn cluster(&self, subset: &str) -> String {
        let admin = "config_dump?resource=dynamic_active_clusters";
        let exec = ["-n", "shop", "exec", "deploy/api-gateway", "-c", "istio-proxy", "--"];
        let dump = kubectl(&[&exec[..], &["pilot-agent", "request", "GET", admin]].concat(), "");
        let dump: serde_json::Value = serde_json::from_str(&dump).expect("JSON");
        let name = format!("outbound|8082|{subset}|order-service.shop.svc.cluster.local");
        let clusters = dump["configs"].as_array().expect("a list").iter().map(|it| &it["cluster"]);
        let Some(cluster) = clusters.into_iter().find(|it| it["name"] == name.as_str()) else {
            return "no cluster".to_owned();
        };
        let retries = &cluster["circuit_breakers"]["thresholds"][0]["max_retries"];
        let outlier = &cluster["outlier_detection"]["consecutive_5xx"];
        let limit = if retries == 4_294_967_295_u64 { "unlimited".to_owned() } else { retries.to_string() };
        format!("retries {limit}, ejects after {}", if outlier.is_null() { "no" } else { "some" })
    }

    fn unique(&self, path: &str) -> String {
        format!("{path}/{}", self.mark()).replace("//", "/")
    }

    /// A word that was not said before, and is not the beginning of another one.
    fn mark(&self) -> String {
        self.counter.set(self.counter.get() + 1);
        format!("mark-{}-{}.", std::process::id(), self.counter.get())
    }
}

fn kind(object: &str) -> &str {
    object.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default()
}

fn percent(answers: &str) -> String {
    let (all, new) = (answers.lines().count(), answers.lines().filter(|it| *it == "v2").count());
    format!("{} % at v2", new * 100 / all.max(1))
}

/// The response flags that a sidecar wrote into its access log, as JSON or as text.
fn flags(namespace: &str, from: &str, path: &str) -> String {
    let mut flags = String::new();
    let log = || kubectl(&["-n", namespace, "logs", &format!("deploy/{from}"), "-c", "istio-proxy", "--since=5m"], "");
    until("there", || {
        let log = log();
        let Some(line) = log.lines().find(|line| line.contains(path)) else { return String::new() };
        flags = match serde_json::from_str::<serde_json::Value>(line) {
            Ok(entry) => entry["response_flags"].as_str().unwrap_or_default().to_owned(),
            Err(_) => line.split("\" ").nth(1).and_then(|it| it.split(' ').nth(1)).unwrap_or_default().to_owned(),
        };
        "there".to_owned()
    });
    flags.replace('-', "")
}

fn ingress(host: &str, path: &str) -> String {
    let header = format!("host: {host}");
    curl("outside", "stranger", &["-H", &header, &format!("http://istio-ingressgateway.istio-system{path}")])
}

/// What curl prints in a pod of a Deployment, whatever became of the request.
fn curl(namespace: &str, deployment: &str, arguments: &[&str]) -> String {
    let target = format!("deploy/{deployment}");
    let exec = ["-n", namespace, "exec", &target, "-c", "app", "--", "curl", "-s", "-m", "60"];
    String::from_utf8_lossy(&run(&[&exec[..], arguments].concat(), "").stdout).into_owned()
}

/// Waits until it answers what is wanted, for at most a minute.
fn until(wanted: &str, mut ask: impl FnMut() -> String) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = ask();
        if answer.trim() == wanted {
            return;
        }
        assert!(Instant::now() < end, "still {answer:?} instead of {wanted:?}");
    }
}

fn kubectl(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl {arguments:?}: {error}\n{input}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(arguments: &[&str], input: &str) -> std::process::Output {
    let mut command = Command::new("kubectl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("kubectl reads");
    child.wait_with_output().expect("kubectl ends")
}
