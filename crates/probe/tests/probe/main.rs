//! The library against servers of its own, and the binary as a shell sees it.

mod binary;
mod collect;
mod fake;
mod load;
