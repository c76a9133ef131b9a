//! From events to verdicts: streaming features, methods, rules, combination.
//!
//! Pure and deterministic: no clock, no randomness, no I/O. A [`Window`] holds features, never events,
//! in a fixed number of bytes; [`Window::fold`] adds a batch and [`Window::verdict`] judges what has
//! been seen. The worker, `candor score`, the evaluation and the benches all call these two functions.
//!
//! Each channel (keys, pointer, ...) counts what its tests need and judges by itself; a test is
//! one-sided: it can speak for automation, never against it. What was not seen is said so
//! ([`schemas::verdict::DataSufficiency`]), and never counts as human.

mod channels;
mod combine;
mod compact;
mod finding;
mod fingerprint;
mod judges;
pub mod model;
mod moment;
mod ruleset;
mod sketch;
mod stats;
mod strokes;
pub mod survey;
mod thresholds;
mod typing;
mod window;
mod writers;

pub use judges::Judges;
pub use model::{Features, Model};
pub use ruleset::{BUILTIN_MODEL, BUILTIN_RULESET, MODEL_FORMATS, Ruleset, Thresholds};
pub use sketch::{BadSketch, SessionSketch};
pub use thresholds::{Threshold, ThresholdError};
pub use window::{Folded, Window};
