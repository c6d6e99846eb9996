//! An assertion: a name, what it needs, and the function that measures.

use std::{
    fmt::{self, Display, Formatter},
    future::Future,
    pin::Pin,
    sync::Arc,
};

use super::{context::Cluster, measured::Measured, mesh::Mesh};

/// One thing that must be true.
pub struct Assertion {
    /// `group/what`.
    pub name: String,
    /// Where it makes sense.
    pub needs: Needs,
    body: Body,
}

/// Where an assertion makes sense.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// A cluster.
    Nothing,
    /// A mesh, whichever.
    Mesh,
    /// That mesh, because it is about what only that mesh has.
    Only(Mesh),
}

type Result = anyhow::Result<Measured>;
type Body = Box<dyn Fn(Arc<Cluster>) -> Pin<Box<dyn Future<Output = Result> + Send>>>;

impl Assertion {
    /// An assertion out of an async function.
    pub fn new<F>(name: impl Into<String>, needs: Needs, body: impl Fn(Arc<Cluster>) -> F + 'static) -> Self
    where
        F: Future<Output = Result> + Send + 'static,
    {
        Self { name: name.into(), needs, body: Box::new(move |cluster| Box::pin(body(cluster))) }
    }

    /// Whether this is its name or its group.
    pub fn is(&self, wanted: &str) -> bool {
        self.name == wanted || self.name.split_once('/').is_some_and(|(group, _)| group == wanted)
    }

    /// Measures.
    pub fn run(&self, cluster: Arc<Cluster>) -> impl Future<Output = Result> + Send + use<> {
        (self.body)(cluster)
    }
}

impl Needs {
    /// Whether there is what it needs.
    pub fn met_by(self, mesh: Mesh) -> bool {
        match self {
            Self::Nothing => true,
            Self::Mesh => mesh != Mesh::None,
            Self::Only(wanted) => mesh == wanted,
        }
    }
}

impl Display for Needs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("any cluster"),
            Self::Mesh => f.write_str("any mesh"),
            Self::Only(mesh) => mesh.fmt(f),
        }
    }
}
