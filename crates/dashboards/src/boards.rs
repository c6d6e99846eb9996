//! The boards, one file each.

mod canary;
mod mesh_istio;
mod mesh_linkerd;
mod overview;
mod runtime;
mod slo;

use crate::board::{Board, Variable};
use crate::profile::{self, Counted};

/// All boards, in the order in which one looks at them.
#[must_use]
pub fn all() -> Vec<Board> {
    let mut boards = vec![overview::board()];
    boards.extend(profile::ALL.into_iter().map(canary::board));
    boards.extend([slo::board(), runtime::board(), mesh_istio::board(), mesh_linkerd::board()]);
    boards
}

/// Where one looks next: names of boards, by the name of a board. Choices and times are taken along.
#[must_use]
pub fn next(board: &str) -> &'static [&'static str] {
    match board {
        "overview" => &["canary", "slo", "runtime"],
        "canary" | "slo" => &["overview", "runtime"],
        "canary-istio" => &["canary", "mesh-istio", "runtime"],
        "canary-linkerd" => &["canary", "mesh-linkerd", "runtime"],
        "runtime" => &["overview", "slo"],
        "mesh-istio" => &["overview", "canary-istio"],
        _ => &["overview", "canary-linkerd"],
    }
}

/// Which namespace, of those that a counter knows.
fn namespace(counted: &Counted) -> Variable {
    Variable::Label {
        name: "namespace",
        title: "Namespace",
        series: counted.series().text(),
        label: counted.namespace,
        first: "shop",
    }
}

/// Which app of the namespace.
fn app(counted: &Counted) -> Variable {
    Variable::Label {
        name: "app",
        title: "App",
        series: counted.series().with(&format!(r#"{}="$namespace""#, counted.namespace)).text(),
        label: counted.app,
        first: "order-service",
    }
}
