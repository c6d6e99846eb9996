//! What a hop, a service, a start and an image cost, as ratios against peers in the same run.
//!
//! | question | file |
//! |---|---|
//! | What is measured, and what should come out? | [`rows`], one file a question |
//! | Against whom? | [`peers`]; [`mod@serve`] has those that are ours |
//! | How is it made comparable? | [`duel`]: in rounds, in random sequence, each server on the same core |
//! | By what is it measured? | [`process`] for the kernel's accounting, [`instructions`] for callgrind, [`load`] |
//! | What do many measurements say? | [`stats`] |
//! | How does a reader see it? | [`figure`], [`page`], [`machine`] |

pub mod duel;
pub mod figure;
pub mod instructions;
pub mod load;
pub mod machine;
pub mod page;
pub mod peers;
pub mod process;
pub mod programs;
pub mod rows;
mod run;
pub mod serve;
pub mod server;
pub mod stats;
mod tables;

pub use run::{RunArgs, run};
pub use serve::{ServeArgs, serve};
