//! How the shop is entered. It follows from what was deployed, not from the mesh: an ingress can stand in front of either.

use clap::ValueEnum;

use super::mesh::Mesh;

/// Whom the gateway takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Edge {
    /// The ingress, by its identity in the mesh, and nobody else
    Ingress,
    /// Everybody: its own port is the way in
    Open,
}

impl Edge {
    /// That of the overlay for kind. Only Istio brings an ingress.
    pub fn on_kind(mesh: Mesh) -> Self {
        if mesh == Mesh::Istio { Self::Ingress } else { Self::Open }
    }
}
