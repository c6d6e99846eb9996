//! The boards of the meshes, over what real proxies told: recorded once, replayed as if it went on.

pub mod contract;
mod replayed;
