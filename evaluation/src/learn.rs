//! What the folds ask of anything that learns.

use detection::Model;

/// Rows to learn from.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// A row of features for each session.
    pub rows: Vec<Vec<f32>>,
    /// Whether each is automated.
    pub bots: Vec<bool>,
    /// How much each counts.
    pub weights: Vec<f64>,
    /// The fold that each is left out with while the learner calibrates itself: a person's sessions and those of a
    /// family of generators are in one.
    pub folds: Vec<u32>,
}

/// Something that learns.
pub trait Learner {
    /// Learns from a table; the same table and seed give the same predictor.
    ///
    /// # Errors
    /// A sentence, when the table cannot be learned from.
    fn fit(&self, table: &Table, seed: u64) -> Result<Box<dyn Predictor>, String>;
}

/// What was learned.
pub trait Predictor {
    /// Probability that the session of this row is automated.
    fn probability(&self, row: &[f32]) -> f64;

    /// The model that votes in a verdict, if this is one.
    fn model(&self) -> Option<&Model> {
        None
    }
}
