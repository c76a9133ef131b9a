//! A learned model beside the rules: gradient-boosted trees over the window's features.
//!
//! It predicts and explains; it does not learn (the crate `training` does). Prediction allocates nothing and
//! takes about a microsecond, so it can be asked with every verdict. What its probability is worth in a
//! verdict is the ruleset's business (`model_score`, `model_weight`), see `vote.rs`.

mod builtin;
mod calibration;
mod features;
mod format;
mod record;
#[cfg(test)]
mod tests;
mod trees;
mod vote;

pub use builtin::BUILTIN_TREES;
pub use calibration::Calibration;
pub use features::Features;
pub(crate) use features::measured;
pub use format::{FORMAT, Metadata, ModelError, ModelFile, TrainingData, TreeFile};
pub use record::UnusableModel;
pub(crate) use vote::vote;

use trees::Trees;

/// Features that an explanation names.
const EXPLAINED: usize = 3;

/// A model that has been read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    version: String,
    base_score: f64,
    trees: Trees,
    calibration: Calibration,
    metadata: Metadata,
}

/// A prediction and the features that spoke most for automation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explanation {
    /// Calibrated probability of automation.
    pub probability: f64,
    /// The features, strongest first; none where fewer speak for it.
    pub strongest: [Option<Contribution>; EXPLAINED],
}

/// What one feature contributed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Its name.
    pub name: &'static str,
    /// Its value; NaN when it was not measured.
    pub value: f32,
    /// Log-odds that it added.
    pub log_odds: f64,
}

impl Model {
    /// Reads a model's bytes.
    ///
    /// # Errors
    /// [`ModelError`] for the first thing that is wrong with them.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::from_file(ModelFile::decode(bytes)?)
    }

    /// The model of a file.
    ///
    /// # Errors
    /// [`ModelError`] for the first thing that is wrong with it.
    pub fn from_file(file: ModelFile) -> Result<Self, ModelError> {
        file.check()?;
        let places = file.places()?;
        let mut trees = Trees::default();
        for tree in &file.trees {
            trees.push(tree, &places);
        }
        Ok(Self {
            version: file.version,
            base_score: f64::from(file.base_score),
            trees,
            calibration: file.calibration,
            metadata: file.metadata,
        })
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What it was made of.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Log-odds of automation before calibration.
    pub fn score(&self, features: &Features) -> f64 {
        self.base_score + self.trees.sum(features)
    }

    /// Calibrated probability of automation.
    pub fn predict(&self, features: &Features) -> f64 {
        self.calibration.probability(self.score(features))
    }

    /// The prediction with the features that spoke most for automation.
    pub fn explain(&self, features: &Features) -> Explanation {
        let contributions = self.trees.contributions(features);
        let mut strongest: [Option<Contribution>; EXPLAINED] = [None; EXPLAINED];
        for (place, log_odds) in contributions.into_iter().enumerate() {
            if log_odds <= 0.0 {
                continue;
            }
            let weaker =
                |held: &Option<Contribution>| held.is_none_or(|held| held.log_odds < log_odds);
            // The first of equals stays before the second: the order is that of the names.
            if let Some(rank) = strongest.iter().position(weaker) {
                strongest[rank..].rotate_right(1);
                strongest[rank] = Some(Contribution {
                    name: Features::NAMES[place],
                    value: features.values()[place],
                    log_odds,
                });
            }
        }
        Explanation {
            probability: self.predict(features),
            strongest,
        }
    }
}
