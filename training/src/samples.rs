//! What is learned from, and how.

/// Rows to learn from.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Values row by row; NaN is missing.
    pub values: Vec<f32>,
    /// Whether each row is a bot.
    pub labels: Vec<bool>,
    /// Weight of each row.
    pub weights: Vec<f32>,
    /// The fold that each row is left out with: rows of one person, source or generator belong to one.
    pub folds: Vec<u32>,
}

/// Why nothing can be learned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// Lengths do not fit.
    #[error("{0} rows of {1} columns need as many values, labels, weights and folds")]
    Lengths(usize, usize),
    /// A weight is none.
    #[error("the weight of row {0} is not a positive number")]
    Weight(usize),
    /// Only one class.
    #[error("people and bots are needed, in the rows left when any fold is left out")]
    OneClass,
    /// Less than two folds.
    #[error("at least two folds are needed, so that something is left out")]
    Folds,
    /// An option cannot be.
    #[error("{0}")]
    Option(&'static str),
    /// What was learned is no model of the detector.
    #[error(transparent)]
    Model(#[from] detection::model::ModelError),
}

/// How trees are learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most trees.
    pub trees: usize,
    /// Share of each tree that is added.
    pub learning_rate: f64,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Most splits from root to leaf.
    pub depth: usize,
    /// Least curvature (weight times p(1-p)) of a leaf.
    pub min_child_weight: f64,
    /// Least gain of a split.
    pub min_gain: f64,
    /// Penalty on the squares of the leaves.
    pub l2: f64,
    /// Share of the rows that each tree sees.
    pub row_share: f64,
    /// Share of the columns that each tree sees.
    pub column_share: f64,
    /// Most bins of a column, at most 255.
    pub bins: usize,
    /// Trees without improvement on the rows left out, after which it ends.
    pub patience: usize,
    /// Direction per column: 1 never falls, -1 never rises, 0 free. Empty: all free.
    pub monotone: Vec<i8>,
    /// Where chance begins.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trees: 400,
            learning_rate: 0.05,
            leaves: 8,
            depth: 6,
            min_child_weight: 2.0,
            min_gain: 1e-3,
            l2: 5.0,
            row_share: 0.8,
            column_share: 0.6,
            bins: 63,
            patience: 40,
            monotone: Vec::new(),
            seed: 1,
        }
    }
}

impl Samples {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The values of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns()..(row + 1) * self.columns()]
    }

    /// Adds a row.
    pub fn push(&mut self, values: &[f32], is_bot: bool, weight: f32, fold: u32) {
        self.values.extend_from_slice(values);
        self.labels.push(is_bot);
        self.weights.push(weight);
        self.folds.push(fold);
    }

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let (rows, columns) = (self.rows(), self.columns());
        let lengths = [self.weights.len(), self.folds.len()];
        if lengths != [rows; 2] || self.values.len() != rows * columns || columns == 0 || rows == 0
        {
            return Err(TrainError::Lengths(rows, columns));
        }
        match self
            .weights
            .iter()
            .position(|weight| !(weight.is_finite() && *weight > 0.0))
        {
            Some(row) => Err(TrainError::Weight(row)),
            None => Ok(()),
        }
    }
}

impl Options {
    pub(crate) fn check(&self, columns: usize) -> Result<(), TrainError> {
        let share = |share: f64| share > 0.0 && share <= 1.0;
        let problem = if !(2..=255).contains(&self.bins) {
            "there are 2 to 255 bins"
        } else if self.leaves < 2 || self.depth == 0 || self.trees == 0 {
            "a tree has two leaves and one split or more, and there is one tree or more"
        } else if !share(self.row_share) || !share(self.column_share) || !share(self.learning_rate)
        {
            "shares of rows, of columns and of each tree are above 0 and at most 1"
        } else if self.l2 < 0.0 || self.min_child_weight <= 0.0 || !self.l2.is_finite() {
            "the penalty is not negative, and a leaf needs some weight"
        } else if !self.monotone.is_empty() && self.monotone.len() != columns {
            "directions are given for every column or for none"
        } else {
            return Ok(());
        };
        Err(TrainError::Option(problem))
    }
}
