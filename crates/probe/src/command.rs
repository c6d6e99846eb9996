//! What each command does.

pub(crate) mod collect;
pub(crate) mod echo;
pub(crate) mod get;
pub(crate) mod load;
pub(crate) mod relay;
pub(crate) mod tcp;
