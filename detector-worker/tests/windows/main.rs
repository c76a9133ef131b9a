//! The rules of windows, each by example, and the promise behind them by a model: whatever crashes,
//! wherever the commit stood and whatever was put away, the published verdicts are those of an
//! undisturbed run, and every record is counted once.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod fixture;
mod memory;
mod model;
mod rows;
mod rules;
mod versions;
