//! Which crate of ours may use which, and which foreign crate has one place.

use super::tree::Tree;

/// Ours: from, to. An edge that is not here is refused, a crate without edges is a leaf.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("contracts", &[]),
    ("dashboards", &[]),
    ("demo-key", &[]),
    ("mesh-lint", &[]),
    ("probe", &[]),
    ("rustapi-axum", &[]),
    ("mesh-ready", &[]),
    ("database", &["mesh-ready"]),
    ("user-service", &["contracts", "rustapi-axum", "mesh-ready", "database"]),
    ("order-service", &["contracts", "rustapi-axum", "mesh-ready", "database"]),
    ("api-gateway", &["contracts", "rustapi-axum", "mesh-ready"]),
    ("microservices", &["user-service", "order-service", "api-gateway", "mesh-ready", "demo-key", "dashboards"]),
    ("e2e", &["dashboards", "probe"]),
    ("bench", &["contracts", "rustapi-axum", "mesh-ready", "probe", "demo-key"]),
    ("xtask", &["dashboards", "demo-key", "mesh-lint", "probe"]),
];

/// Foreign: the crate, and the only ones of ours that may name it.
const ONE_PLACE: [(&str, &[&str]); 14] = [
    ("axum-prometheus", &["mesh-ready"]),
    ("governor", &["api-gateway"]),
    ("hyper", &["mesh-ready", "probe", "e2e", "bench"]),
    ("hyper-util", &["mesh-ready", "probe", "e2e", "bench"]),
    ("jsonwebtoken", &["api-gateway", "demo-key", "e2e"]),
    ("opentelemetry", &["mesh-ready"]),
    ("opentelemetry-otlp", &["mesh-ready"]),
    ("opentelemetry-proto", &["probe"]),
    ("opentelemetry_sdk", &["mesh-ready"]),
    ("prost", &["probe"]),
    ("reqwest", &["mesh-ready"]),
    ("sqlx", &["database", "user-service", "order-service", "microservices", "bench"]),
    ("tracing-opentelemetry", &["mesh-ready"]),
    ("tracing-subscriber", &["mesh-ready"]),
];

/// The edges that should not be there.
pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for name in &tree.ours {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            findings.push(format!("{name} is a new crate: say in crates/xtask/src/verify/edges.rs what it may use"));
            continue;
        };
        for dep in tree.edges.get(name).into_iter().flatten() {
            if tree.ours.contains(dep) && !allowed.contains(&dep.as_str()) {
                findings.push(format!("{name} uses {dep}"));
            }
            let place = ONE_PLACE.iter().find(|(foreign, _)| foreign == dep);
            if place.is_some_and(|(_, users)| !users.contains(&name.as_str())) {
                findings.push(format!("{name} uses {dep}, which has its place elsewhere"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_against_the_grain_is_found() {
        let tree = Tree::of(&[
            ("contracts", &["mesh-ready"]),
            ("mesh-ready", &["reqwest"]),
            ("order-service", &["user-service", "contracts", "reqwest"]),
            ("user-service", &[]),
            ("newcomer", &[]),
        ]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 4, "{findings:?}");
        for part in
            ["contracts uses mesh-ready", "order-service uses user-service", "order-service uses reqwest", "newcomer"]
        {
            assert!(findings.iter().any(|finding| finding.starts_with(part)), "{part}: {findings:?}");
        }
    }
}
