//! Who may ask whom for what: all callers and all callees, expected and observed.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use futures_util::future::try_join_all;
use http::{Method, header::AUTHORIZATION};
use probe::Plan;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    callers::{Caller, Callers, Seen},
    context::{Cluster, SETTLE, until},
    edge::Edge,
    measured::Measured,
    mesh::Mesh,
    table::table,
};

/// What is asked of a callee.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Ask {
    /// A read of one thing.
    Get,
    /// A read of a path that no client of the shop asks for.
    Other,
    /// A write that no service takes: who is let in gets an answer of the service about it.
    Post,
    /// The same without a token.
    PostBare,
    /// A change of a thing that is not there, by each of the other methods.
    Put,
    /// See [`Put`](Self::Put).
    Patch,
    /// See [`Put`](Self::Put).
    Delete,
    /// A read at the admin port.
    Admin,
    /// A connection, to a database.
    Connect,
}

/// A service or database.
struct Callee {
    name: &'static str,
    port: u16,
    admin_port: u16,
    read: &'static str,
    other: &'static str,
    write: &'static str,
    change: &'static str,
}

const SERVICES: [Callee; 3] = [
    Callee {
        name: "api-gateway",
        port: 8080,
        admin_port: 9080,
        read: "/api/users/1",
        other: "/docs",
        write: "/api/users",
        change: "/api/users/2147483647",
    },
    Callee {
        name: "user-service",
        port: 8081,
        admin_port: 9081,
        read: "/users/1",
        other: "/other",
        write: "/users",
        change: "/users/2147483647",
    },
    Callee {
        name: "order-service",
        port: 8082,
        admin_port: 9082,
        read: "/orders/1",
        other: "/other",
        write: "/orders",
        change: "/orders/2147483647",
    },
];
const QUESTIONS: [(Ask, &str); 9] = [
    (Ask::Get, "GET"),
    (Ask::Other, "GET elsewhere"),
    (Ask::Post, "POST"),
    (Ask::PostBare, "POST, no token"),
    (Ask::Put, "PUT"),
    (Ask::Patch, "PATCH"),
    (Ask::Delete, "DELETE"),
    (Ask::Admin, "admin port"),
    (Ask::Connect, "connect"),
];
const DATABASES: [&str; 2] = ["user-service-db", "order-service-db"];

/// What the edge is asked, by the ingress or, where there is none, by everybody.
const EDGE: [Ask; 7] = [Ask::Get, Ask::Other, Ask::Post, Ask::PostBare, Ask::Put, Ask::Patch, Ask::Delete];
const CHANGES: [Ask; 3] = [Ask::Put, Ask::Patch, Ask::Delete];

/// All that is allowed behind the edge: who, whom, what.
const ALLOWED: [(Caller, &str, &[Ask]); 5] = [
    (Caller::Gateway, "user-service", &[Ask::Get, Ask::Post, Ask::PostBare, Ask::Put, Ask::Patch, Ask::Delete]),
    (Caller::Gateway, "order-service", &[Ask::Get, Ask::Post, Ask::PostBare]),
    (Caller::OrderService, "user-service", &[Ask::Get]),
    (Caller::UserService, "user-service-db", &[Ask::Connect]),
    (Caller::OrderService, "order-service-db", &[Ask::Connect]),
];

/// A question and what came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Cell {
    caller: Caller,
    callee: &'static str,
    ask: Ask,
    expected: bool,
    observed: Observed,
}

/// What came of a question.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Observed {
    /// The callee itself has answered.
    Allowed(String),
    /// Somebody in between has refused, as a mesh does.
    Refused(String),
    /// Neither: somebody failed.
    Unclear(String),
}

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("authorization/matrix", Needs::Mesh, matrix)]
}

async fn matrix(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let callers = cluster.callers().await?;
    // A policy reaches proxies one after the other, and an open connection may outlive it by an answer.
    let cells = until(SETTLE, "the matrix is as expected", || async {
        let rows = try_join_all(who(&cluster).into_iter().map(|caller| row(&cluster, callers, caller))).await?;
        let cells: Vec<Cell> = rows.concat();
        let wrong: Vec<_> = cells.iter().filter(|cell| !cell.is_right()).collect();
        ensure!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cells.len(), shown(&cells));
        Ok(cells)
    })
    .await?;
    let allowed = cells.iter().filter(|cell| cell.expected).count();
    let line =
        format!("{} questions, {allowed} allowed, {} refused, all as expected", cells.len(), cells.len() - allowed);
    Ok(Measured::from(line).with(shown(&cells)))
}

/// The callers that this mesh has.
fn who(cluster: &Cluster) -> Vec<Caller> {
    Caller::ALL.into_iter().filter(|caller| caller.account(cluster.mesh).is_some()).collect()
}

async fn row(cluster: &Cluster, callers: &Callers, caller: Caller) -> anyhow::Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for callee in &SERVICES {
        for (ask, _) in QUESTIONS.into_iter().filter(|(ask, _)| *ask != Ask::Connect) {
            let observed = observe(callers.get(caller, &plan(cluster, callee, ask)?).await?);
            cells.push(cell(cluster, caller, callee.name, ask, observed));
        }
    }
    for database in DATABASES {
        let heard = callers.knock(caller, &format!("{database}.{SHOP}:5432"), &["--postgres"]).await?;
        cells.push(cell(cluster, caller, database, Ask::Connect, observe_database(heard)));
    }
    Ok(cells)
}

fn plan(cluster: &Cluster, callee: &Callee, ask: Ask) -> anyhow::Result<Plan> {
    let (host, port, path) = match ask {
        Ask::Get | Ask::Connect => (callee.name.to_owned(), callee.port, callee.read),
        Ask::Other => (callee.name.to_owned(), callee.port, callee.other),
        Ask::Post | Ask::PostBare => (callee.name.to_owned(), callee.port, callee.write),
        Ask::Put | Ask::Patch | Ask::Delete => (callee.name.to_owned(), callee.port, callee.change),
        Ask::Admin => (format!("{}-admin", callee.name), callee.admin_port, "/version"),
    };
    let mut plan = Plan::new(format!("http://{host}.{SHOP}:{port}{path}").parse()?);
    plan.timeout = Duration::from_secs(5);
    plan.method = ask.method();
    if plan.method != Method::GET {
        // Not what a service takes, so that nothing is stored.
        plan.body = "{}".to_owned();
    }
    if plan.method != Method::GET && ask != Ask::PostBare {
        plan.headers.push((AUTHORIZATION, cluster.bearer()?));
    }
    Ok(plan)
}

fn observe(seen: Seen) -> Observed {
    match seen {
        Seen::Answer { status, served: true, .. } => Observed::Allowed(status.to_string()),
        // The admin port does not sign its answers.
        Seen::Answer { status: 200, .. } => Observed::Allowed("200".to_owned()),
        Seen::Answer { status: 403, .. } => Observed::Refused("403".to_owned()),
        Seen::Answer { status, .. } => Observed::Unclear(status.to_string()),
        Seen::Nothing(why) if matches!(why.as_str(), "reset" | "closed-early") => Observed::Refused(why),
        Seen::Nothing(why) => Observed::Unclear(why),
    }
}

fn observe_database(heard: String) -> Observed {
    match heard.as_str() {
        "postgres" => Observed::Allowed(heard),
        "closed" => Observed::Refused(heard),
        _ => Observed::Unclear(heard),
    }
}

fn cell(cluster: &Cluster, caller: Caller, callee: &'static str, ask: Ask, observed: Observed) -> Cell {
    Cell { caller, callee, ask, expected: is_allowed(cluster.mesh, cluster.edge, caller, callee, ask), observed }
}

fn is_allowed(mesh: Mesh, edge: Edge, caller: Caller, callee: &str, ask: Ask) -> bool {
    let hop = ALLOWED.iter().any(|(who, whom, what)| *who == caller && *whom == callee && what.contains(&ask));
    // Linkerd's routes for the gateway name paths, and no methods.
    let any_method = mesh == Mesh::Linkerd && caller == Caller::Gateway && callee == "order-service";
    let hop = hop || (any_method && CHANGES.contains(&ask));
    let may_enter = edge == Edge::Open || caller == Caller::Ingress;
    let edge = callee == "api-gateway" && EDGE.contains(&ask) && may_enter;
    hop || (edge && (ask != Ask::PostBare || !mesh.checks_tokens()))
}

impl Ask {
    fn method(self) -> Method {
        match self {
            Self::Get | Self::Other | Self::Admin | Self::Connect => Method::GET,
            Self::Post | Self::PostBare => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

impl Cell {
    fn is_right(&self) -> bool {
        match self.observed {
            Observed::Allowed(_) => self.expected,
            Observed::Refused(_) => !self.expected,
            Observed::Unclear(_) => false,
        }
    }

    /// What was expected, what came of it, and a mark when the two differ.
    fn shown(&self) -> String {
        let expected = if self.expected { "yes" } else { "no" };
        let observed = match &self.observed {
            Observed::Allowed(what) => format!("yes ({what})"),
            Observed::Refused(what) => format!("no ({what})"),
            Observed::Unclear(what) => format!("? ({what})"),
        };
        let mark = if self.is_right() { "" } else { " !!" };
        format!("{expected}/{observed}{mark}")
    }
}

/// A line a caller and callee, a column a question; in each field expected/observed.
fn shown(cells: &[Cell]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for cell in cells {
        let names = [cell.caller.name(), cell.callee];
        if rows.last().is_none_or(|row| row[..2] != names) {
            rows.push([&names[..], &[""; QUESTIONS.len()]].concat().into_iter().map(str::to_owned).collect());
        }
        let column = QUESTIONS.iter().position(|(ask, _)| *ask == cell.ask);
        if let (Some(row), Some(column)) = (rows.last_mut(), column) {
            row[2 + column] = cell.shown();
        }
    }
    table(&[&["caller", "callee"][..], &QUESTIONS.map(|(_, name)| name)].concat(), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_is_for_the_ingress_or_for_everybody() {
        let edge = |mesh, caller, ask| is_allowed(mesh, Edge::on_kind(mesh), caller, "api-gateway", ask);
        assert!(edge(Mesh::Istio, Caller::Ingress, Ask::Post) && !edge(Mesh::Istio, Caller::Ingress, Ask::PostBare));
        assert!(!edge(Mesh::Istio, Caller::Stranger, Ask::Get));
        assert!(edge(Mesh::Linkerd, Caller::Stranger, Ask::PostBare) && edge(Mesh::Linkerd, Caller::Outside, Ask::Get));
        assert!(!edge(Mesh::Linkerd, Caller::Stranger, Ask::Admin));
        let behind = |caller| is_allowed(Mesh::Linkerd, Edge::Ingress, caller, "api-gateway", Ask::PostBare);
        assert!(behind(Caller::Ingress) && !behind(Caller::Stranger) && !behind(Caller::Outside));
        assert!(!is_allowed(Mesh::Linkerd, Edge::Open, Caller::Stranger, "user-service", Ask::Get));
    }

    #[test]
    fn a_method_that_no_hop_needs_is_refused() {
        for ask in CHANGES {
            let may = |mesh, caller, callee| is_allowed(mesh, Edge::Ingress, caller, callee, ask);
            assert!(
                may(Mesh::Istio, Caller::Gateway, "user-service")
                    && may(Mesh::Linkerd, Caller::Gateway, "user-service")
            );
            assert!(!may(Mesh::Istio, Caller::OrderService, "user-service"));
            assert!(!may(Mesh::Istio, Caller::Gateway, "order-service"));
        }
    }

    #[test]
    fn a_failure_is_neither_allowed_nor_refused() {
        let answer = |status, served| Seen::Answer { status, served, text: String::new() };
        for (seen, expected, right) in [
            (answer(200, true), true, true),
            (answer(400, true), true, true),
            (answer(403, false), false, true),
            (answer(403, true), false, false),
            (answer(200, false), false, false),
            (answer(503, false), true, false),
            (answer(503, false), false, false),
            (Seen::Nothing("reset".to_owned()), false, true),
            (Seen::Nothing("timeout".to_owned()), false, false),
        ] {
            let (caller, ask) = (Caller::Stranger, Ask::Get);
            let cell = Cell { caller, callee: "x", ask, expected, observed: observe(seen.clone()) };
            assert_eq!(cell.is_right(), right, "{seen:?}");
        }
    }
}
