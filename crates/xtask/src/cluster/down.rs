//! Takes away what `up` made: the cluster with all that is in it, and its context in the kubeconfig.

use super::{tools, up::CLUSTER};
use crate::command;

/// Deletes the cluster. Without one there is nothing to do.
///
/// Docker keeps the node's image and the network `kind`, which other clusters of kind's share.
pub fn run() -> anyhow::Result<()> {
    tools::check(tools::of_kind())?;
    tools::check_engine()?;
    command::run(&format!("kind delete cluster --name {CLUSTER}"))
}
