//! Recorded sessions, judged offline the way they are judged in production.
//!
//! Owns reading recordings from files and folding them into windows through the request scanner with its
//! allow-list. Nothing of a recording but its events reaches a window: label, source, kind and name are carried
//! to the output, never to the verdict.

mod fold;
pub mod metrics;
mod recordings;

pub use fold::{FoldError, Folded, fold, fold_events};
pub use recordings::{BadLine, MAX_LINE, Recordings};
