//! Replayed sessions: how many copies coordination finds, and how many pairs of different people it takes for
//! copies.

use serde::Serialize;

use crate::metrics::Share;

/// One way of copying.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopiesRow {
    /// How copies were made.
    pub name: String,
    /// Whether finding them is a target, or only reported.
    pub required: bool,
    /// Copies called bots.
    pub found: Share,
}

/// What coordination found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copies {
    /// The ways of copying.
    pub rows: Vec<CopiesRow>,
    /// Pairs of sessions of different people that were taken for copies.
    pub false_pairs: Share,
}
