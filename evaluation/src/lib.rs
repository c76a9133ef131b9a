//! Recorded sessions, judged offline the way they are judged in production.
//!
//! Owns reading recordings from files and folding them into windows through the request scanner with its
//! allow-list. Nothing of a recording but its events reaches a window: label, source, kind and name are carried
//! to the output, never to the verdict.

pub mod copies;
pub mod dataset;
pub mod discrimination;
mod evaluate;
mod fold;
pub mod folds;
pub mod judge;
pub mod learn;
pub mod left_out;
pub mod licence;
pub mod matrix;
pub mod metrics;
pub mod populations;
mod recordings;
pub mod report;
pub mod robustness;
mod survey;
pub mod targets;
pub mod train;
pub mod trees;

pub use evaluate::{Parts, evaluate, report as report_on};
pub use fold::{FoldError, Folded, fold, fold_events};
pub use recordings::{BadLine, MAX_LINE, Recordings};
pub use survey::{Scored, SurveyScoring};
