//! The spans that a request should make, and which is whose parent.

use anyhow::{Context, ensure};
use probe::collect::{
    Kind::{self, Client, Server},
    Span,
};

use crate::cluster::{SHOP, mesh::Mesh, table::table};

/// What Istio calls the spans of its ingress.
pub const INGRESS: &str = "istio-ingressgateway.istio-system";

/// The spans of a request, parents before children.
#[derive(Debug)]
pub struct Tree {
    mesh: Mesh,
    rows: Vec<Row>,
}

/// A span as it must be.
#[derive(Debug)]
struct Row {
    service: String,
    kind: Kind,
    /// Proxies have words of their own for what they do, and a name that differs from release to release.
    name: Option<&'static str>,
    parent: Option<usize>,
}

impl Tree {
    /// An empty one, for a mesh whose proxies make spans too.
    pub fn new(mesh: Mesh) -> Self {
        Self { mesh, rows: Vec::new() }
    }

    /// The way from outside into api-gateway.
    pub fn enter(&mut self, name: &'static str) -> usize {
        let mut parent = None;
        if self.mesh == Mesh::Istio {
            for kind in [Server, Client] {
                parent = Some(self.add(parent, INGRESS.to_owned(), kind, None));
            }
            parent = Some(self.add(parent, sidecar("api-gateway"), Server, None));
        }
        self.add(parent, "api-gateway".to_owned(), Server, Some(name))
    }

    /// A call from one process to another. Both name the same route.
    pub fn call(&mut self, parent: usize, caller: &str, name: &'static str, callee: &str) -> usize {
        let mut parent = self.add(Some(parent), caller.to_owned(), Client, Some(name));
        if self.mesh == Mesh::Istio {
            parent = self.add(Some(parent), sidecar(caller), Client, None);
            parent = self.add(Some(parent), sidecar(callee), Server, None);
        }
        self.add(Some(parent), callee.to_owned(), Server, Some(name))
    }

    /// A statement at a database, whose proxy knows no requests.
    pub fn query(&mut self, parent: usize, service: &str, name: &'static str) {
        self.add(Some(parent), service.to_owned(), Client, Some(name));
    }

    /// The spans in the order of the rows.
    ///
    /// # Errors
    /// When one is missing, has another parent, or is one too many; with all that there is.
    pub fn matched(&self, found: Vec<Span>, caller: &str) -> anyhow::Result<Vec<Span>> {
        let mut spans: Vec<Span> = Vec::new();
        for row in &self.rows {
            let parent = row.parent.map_or(caller, |parent| &spans[parent].span_id);
            let one = found.iter().find(|span| row.is(span) && span.parent_id == parent);
            spans.push(one.with_context(|| format!("no {row:?} among these:\n{}", listed(&found)))?.clone());
        }
        ensure!(found.len() == spans.len(), "{} spans, not {}:\n{}", found.len(), spans.len(), listed(&found));
        Ok(spans)
    }

    /// The spans as a table, indented as they depend on one another.
    pub fn shown(&self, spans: &[Span]) -> String {
        let rows = self.rows.iter().zip(spans).map(|(row, span)| {
            let name = format!("{}{}", "  ".repeat(self.depth(row)), span.name);
            let ms = span.end_ns.saturating_sub(span.start_ns) as f64 / 1e6;
            let kind = format!("{:?}", span.kind).to_lowercase();
            vec![name, span.service.clone(), kind, span.span_id.clone(), span.parent_id.clone(), format!("{ms:.1}")]
        });
        table(&["span", "of", "kind", "id", "parent", "ms"], &rows.collect::<Vec<_>>())
    }

    fn add(&mut self, parent: Option<usize>, service: String, kind: Kind, name: Option<&'static str>) -> usize {
        self.rows.push(Row { service, kind, name, parent });
        self.rows.len() - 1
    }

    fn depth(&self, row: &Row) -> usize {
        row.parent.map_or(0, |parent| 1 + self.depth(&self.rows[parent]))
    }
}

impl Row {
    fn is(&self, span: &Span) -> bool {
        self.service == span.service && self.kind == span.kind && self.name.is_none_or(|name| name == span.name)
    }
}

/// What Istio calls the spans of a pod's sidecar.
pub fn sidecar(app: &str) -> String {
    format!("{app}.{SHOP}")
}

/// Those of the spans that sidecars have made.
pub fn sidecars(spans: &[Span]) -> impl Iterator<Item = &Span> {
    spans.iter().filter(|span| span.service.ends_with(&sidecar("")))
}

fn listed(spans: &[Span]) -> String {
    let row = |span: &Span| {
        let kind = format!("{:?}", span.kind).to_lowercase();
        vec![span.name.clone(), span.service.clone(), kind, span.span_id.clone(), span.parent_id.clone()]
    };
    table(&["span", "of", "kind", "id", "parent"], &spans.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "c";

    fn tree() -> Tree {
        let mut tree = Tree::new(Mesh::None);
        let gateway = tree.enter("GET /a");
        tree.call(gateway, "api-gateway", "GET /b", "user-service");
        tree
    }

    fn span(service: &str, kind: Kind, name: &str, id: &str, parent: &str) -> Span {
        let text = str::to_owned;
        Span {
            service: text(service),
            kind,
            name: text(name),
            span_id: text(id),
            parent_id: text(parent),
            ..Span::default()
        }
    }

    fn whole() -> Vec<Span> {
        vec![
            span("user-service", Server, "GET /b", "3", "2"),
            span("api-gateway", Client, "GET /b", "2", "1"),
            span("api-gateway", Server, "GET /a", "1", CALLER),
        ]
    }

    #[test]
    fn spans_are_put_in_the_order_of_the_tree() {
        let ids = |spans: Vec<Span>| spans.into_iter().map(|span| span.span_id).collect::<Vec<_>>();
        assert_eq!(ids(tree().matched(whole(), CALLER).expect("it is whole")), ["1", "2", "3"]);
    }

    #[test]
    fn a_tree_that_is_not_whole_does_not_match() {
        for index in 0..3 {
            let mut spans = whole();
            spans.remove(index);
            tree().matched(spans, CALLER).expect_err("one is missing");
            let mut spans = whole();
            spans[index].parent_id = "9".to_owned();
            tree().matched(spans, CALLER).expect_err("one hangs elsewhere");
        }
        let more = [whole(), vec![span("api-gateway", Client, "GET /b", "4", "1")]].concat();
        tree().matched(more, CALLER).expect_err("one is too many");
    }

    #[test]
    fn each_call_passes_two_proxies_of_istio() {
        let mut tree = Tree::new(Mesh::Istio);
        let gateway = tree.enter("GET /a");
        tree.call(gateway, "api-gateway", "GET /b", "user-service");
        let services: Vec<&str> = tree.rows.iter().map(|row| row.service.as_str()).collect();
        assert_eq!(services[..4], [INGRESS, INGRESS, "api-gateway.shop", "api-gateway"]);
        assert_eq!(services[4..], ["api-gateway", "api-gateway.shop", "user-service.shop", "user-service"]);
    }
}
