//! Would Linkerd obey the routes in its folder: what it takes and then ignores, read as lines of text.

use crate::files::File;

/// Filters that make Linkerd drop the whole route, while its status says that all is well.
const DROPPED: [&str; 3] = ["RequestMirror", "URLRewrite", "ExtensionRef"];
/// Annotations whose value is a time.
const TIMES: [&str; 4] = ["timeout.linkerd.io/", "retry.linkerd.io/timeout", "-penalty", "-window"];

/// What would not be obeyed, one line each.
pub fn check(manifests: &[File]) -> Vec<String> {
    let ours = |file: &&File| file.path.starts_with("mesh/linkerd/") || file.path.starts_with("mesh/overlays/linkerd-");
    let mut findings = Vec::new();
    for file in manifests.iter().filter(ours) {
        let routes: Vec<Route> = file.text.split("\n---\n").filter_map(Route::read).collect();
        let found = [times(&file.text), routes.iter().flat_map(Route::findings).collect(), between(file, &routes)];
        findings.extend(found.concat().into_iter().map(|finding| format!("{}: {finding}", file.path)));
    }
    findings
}

/// Times that Linkerd does not read: a fraction, two units, or none.
fn times(text: &str) -> Vec<String> {
    let annotation = |line: &str| {
        let (name, value) = line.trim().split_once(": ")?;
        let wanted = name.contains("linkerd.io/") && TIMES.iter().any(|time| name.contains(time));
        wanted.then(|| (name.to_owned(), value.trim_matches('"').to_owned()))
    };
    let wrong = text.lines().filter_map(annotation).filter(|(_, value)| !is_time(value));
    wrong.map(|(name, value)| format!("{name}: {value} is no whole number with one of ms, s, m, h, d")).collect()
}

fn is_time(value: &str) -> bool {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (whole, unit) = (digits.parse::<u64>().is_ok(), &value[digits.len()..]);
    value == "0" || (whole && matches!(unit, "ms" | "s" | "m" | "h" | "d"))
}

/// What the routes of one file do together.
fn between(file: &File, routes: &[Route]) -> Vec<String> {
    let mut findings = Vec::new();
    for route in routes.iter().filter(|route| route.parent_kind == "Service") {
        if !routes.iter().any(|other| other.parent == route.parent && other.takes_all) {
            findings.push(format!(
                "what matches no route of Service {} is 404: one without matches is missing",
                route.parent
            ));
        }
    }
    if file.path.contains("/canary/") && routes.iter().any(|route| route.backends != routes[0].backends) {
        findings.push("its routes do not lead to the same releases with the same weights".to_owned());
    }
    findings.dedup();
    findings
}

/// An HTTPRoute, as far as this is about it.
#[derive(Debug, Default)]
struct Route {
    name: String,
    text: String,
    parent: String,
    parent_kind: String,
    /// The parent is named with all that makes Linkerd see it.
    parent_is_whole: bool,
    /// It has a rule that every request matches.
    takes_all: bool,
    /// Names, ports and weights of all targets, in their sequence.
    backends: Vec<String>,
}

impl Route {
    fn read(document: &str) -> Option<Self> {
        if !document.lines().any(|line| line == "kind: HTTPRoute") {
            return None;
        }
        let parent = block(document, "  parentRefs:");
        let field = |name: &str| parent.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        Some(Self {
            name: document.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap_or_default().to_owned(),
            text: document.to_owned(),
            parent: field("name: "),
            parent_kind: field("kind: "),
            parent_is_whole: parent.iter().any(|line| line.starts_with("group: ")) && !field("kind: ").is_empty(),
            takes_all: document.contains("\n  - backendRefs:"),
            backends: targets(document),
        })
    }

    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        // A Gateway is the default of both fields, and Envoy Gateway's to read.
        let of_gateway = block(&self.text, "  parentRefs:").iter().any(|line| line.starts_with("sectionName: "));
        if !self.parent.is_empty() && !self.parent_is_whole && !of_gateway {
            findings.push(format!("{}: parentRefs without group and kind mean a Gateway", self.name));
        }
        if self.text.contains("apiVersion: policy.linkerd.io/") {
            findings.push(format!(
                "{}: two kinds of HTTPRoute for one parent do not mix; use the Gateway API's",
                self.name
            ));
        }
        let dropped = DROPPED.iter().filter(|filter| self.text.contains(**filter));
        findings.extend(dropped.map(|filter| format!("{}: a route with {filter} is dropped as a whole", self.name)));
        if self.text.contains("retry.linkerd.io/limit: ") && !self.text.contains("retry.linkerd.io/http: ") {
            findings.push(format!("{}: retry.linkerd.io/limit alone repeats no status", self.name));
        }
        findings
    }
}

/// The lines below a key that are a list of maps, without dashes.
fn block<'a>(document: &'a str, key: &str) -> Vec<&'a str> {
    let lines = document.lines().skip_while(|line| *line != key).skip(1);
    let inside = lines.take_while(|line| line.starts_with("  - ") || line.starts_with("    "));
    inside.map(|line| line.trim_start().trim_start_matches("- ")).collect()
}

/// All lines below each `backendRefs:`.
fn targets(document: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in document.lines() {
        inside = line.ends_with("backendRefs:") || (inside && line.starts_with("    "));
        if inside {
            found.push(line.trim_start_matches([' ', '-']).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: reads\n  annotations:\n    \
        retry.linkerd.io/http: gateway-error\n    retry.linkerd.io/limit: \"4\"\n    timeout.linkerd.io/request: 3s\nspec:\n  \
        parentRefs:\n  - group: \"\"\n    kind: Service\n    name: orders\n    port: 8082\n  rules:\n  - matches:\n    \
        - method: GET\n    backendRefs:\n    - name: v1\n      port: 8082\n      weight: 90\n";
    const REST: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: rest\nspec:\n  parentRefs:\n  \
        - group: \"\"\n    kind: Service\n    name: orders\n    port: 8082\n  rules:\n  - backendRefs:\n    - name: v1\n      \
        port: 8082\n      weight: 90\n";

    fn findings(text: &str) -> Vec<String> {
        check(&[File { path: "mesh/linkerd/canary/a.yaml".to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn routes_that_linkerd_obeys_are_left_alone() {
        assert_eq!(findings(&format!("{ROUTE}---\n{REST}")), Vec::<String>::new());
    }

    #[test]
    fn each_thing_that_linkerd_would_ignore_is_found() {
        for (from, to, part) in [
            ("request: 3s", "request: 1m30s", "1m30s"),
            ("request: 3s", "request: 1.5s", "1.5s"),
            ("request: 3s", "request: \"5\"", "5 is no"),
            ("  - group: \"\"\n    kind: Service", "  - kind: Service", "without group"),
            ("    retry.linkerd.io/http: gateway-error\n", "", "repeats no status"),
            (
                "gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: reads",
                "policy.linkerd.io/v1beta3\nkind: HTTPRoute\nmetadata:\n  name: reads",
                "do not mix",
            ),
            ("    backendRefs:", "    filters:\n    - type: URLRewrite\n    backendRefs:", "dropped"),
            ("weight: 90\n---", "weight: 80\n---", "same weights"),
        ] {
            let text = format!("{ROUTE}---\n{REST}").replacen(from, to, 1);
            let found = findings(&text);
            assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
        }
        assert!(findings(ROUTE).iter().any(|finding| finding.contains("404")), "no catch-all");
    }
}
