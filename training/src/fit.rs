//! The whole way from samples to a model.

use std::collections::BTreeMap;

use detection::model::{Calibration, FORMAT, Metadata, ModelFile};

use crate::boost::{Boosted, boost};
use crate::calibrate::{Scored, isotonic, platt};
use crate::samples::{Options, Samples, TrainError};

/// Which curve makes probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalibrationKind {
    /// Steps; needs some thousand rows.
    Isotonic,
    /// Two numbers; for fewer rows.
    Platt,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The trees over all rows.
    pub boosted: Boosted,
    /// Log-odds of each row by trees that have not seen its fold.
    pub left_out: Vec<f64>,
    /// The curve, fitted to [`Self::left_out`].
    pub calibration: Calibration,
    names: Vec<String>,
    options: Options,
}

/// Learns a model: every fold is left out once; the number of trees is the one that loses least over all rows left
/// out, and the calibration is fitted to their scores.
///
/// # Errors
/// [`TrainError`] when nothing can be learned from the samples by these options.
pub fn fit(
    samples: &Samples,
    options: &Options,
    calibration: CalibrationKind,
) -> Result<Fitted, TrainError> {
    samples.check()?;
    options.check(samples.columns())?;
    let mut folds = samples.folds.clone();
    folds.sort_unstable();
    folds.dedup();
    if folds.len() < 2 {
        return Err(TrainError::Folds);
    }
    let mut runs: Vec<(Vec<u32>, Boosted)> = Vec::new();
    for fold in folds {
        let (out, within): (Vec<u32>, Vec<u32>) = (0u32..)
            .take(samples.rows())
            .partition(|row| samples.folds[*row as usize] == fold);
        let boosted = boost(samples, &within, &out, options)?;
        runs.push((out, boosted));
    }
    let trees = best_count(samples, &runs);
    let mut left_out = vec![0.0; samples.rows()];
    for (out, boosted) in &runs {
        for row in out {
            left_out[*row as usize] = boosted.score(samples.row(*row as usize), trees);
        }
    }
    let scored: Vec<Scored> = (0..samples.rows())
        .map(|row| Scored {
            score: left_out[row],
            is_bot: samples.labels[row],
            weight: f64::from(samples.weights[row]),
        })
        .collect();
    let calibration = match calibration {
        CalibrationKind::Isotonic => isotonic(&scored),
        CalibrationKind::Platt => platt(&scored),
    };
    let all: Vec<u32> = (0u32..).take(samples.rows()).collect();
    let options = Options {
        trees,
        ..options.clone()
    };
    let boosted = boost(samples, &all, &[], &options)?;
    Ok(Fitted {
        boosted,
        left_out,
        calibration,
        names: samples.names.clone(),
        options,
    })
}

/// The number of trees with the least loss over all folds, each weighted by its rows. A fold that ended early counts on
/// with its last loss.
fn best_count(samples: &Samples, runs: &[(Vec<u32>, Boosted)]) -> usize {
    let most = runs
        .iter()
        .map(|(_, boosted)| boosted.losses.len())
        .max()
        .unwrap_or(1);
    let weight = |rows: &[u32]| -> f64 {
        rows.iter()
            .map(|row| f64::from(samples.weights[*row as usize]))
            .sum()
    };
    let weights: Vec<f64> = runs.iter().map(|(rows, _)| weight(rows)).collect();
    let mut best = (f64::INFINITY, 1);
    for count in 1..=most {
        let loss = |boosted: &Boosted| {
            let held = boosted.losses.get(count - 1).or(boosted.losses.last());
            held.copied().unwrap_or_default()
        };
        let total: f64 = runs
            .iter()
            .zip(&weights)
            .map(|((_, run), weight)| weight * loss(run))
            .sum();
        if total < best.0 {
            best = (total, count);
        }
    }
    best.1
}

impl Fitted {
    /// The model's file. Parameters and importances are added to the metadata; columns that no split looks at are
    /// left out.
    ///
    /// # Errors
    /// [`TrainError::Model`] when the columns are not features of the detector, or it has become too large.
    pub fn into_file(self, version: &str, mut metadata: Metadata) -> Result<ModelFile, TrainError> {
        let mut trees = self.boosted.trees;
        let mut places: BTreeMap<u16, u16> = trees
            .iter()
            .flat_map(|tree| tree.feature.iter().map(|one| (*one, 0)))
            .collect();
        (0u16..)
            .zip(places.values_mut())
            .for_each(|(place, held)| *held = place);
        for feature in trees.iter_mut().flat_map(|tree| &mut tree.feature) {
            *feature = places.get(feature).copied().unwrap_or_default();
        }
        let total: f64 = self
            .boosted
            .gains
            .iter()
            .sum::<f64>()
            .max(f64::MIN_POSITIVE);
        let rounded = |share: f64| (share * 1e6).round() / 1e6;
        for column in places.keys().map(|column| usize::from(*column)) {
            let share = rounded(self.boosted.gains[column] / total);
            metadata
                .importance
                .insert(self.names[column].clone(), share);
        }
        metadata.seed = self.options.seed;
        metadata.parameters.extend(self.options.numbers());
        let file = ModelFile {
            format: FORMAT.to_owned(),
            version: version.to_owned(),
            features: places
                .keys()
                .map(|column| self.names[usize::from(*column)].clone())
                .collect(),
            base_score: self.boosted.base_score,
            trees,
            calibration: self.calibration,
            metadata,
        };
        file.check()?;
        Ok(file)
    }
}

impl Options {
    /// The numbers, by name.
    fn numbers(&self) -> [(String, f64); 11] {
        [
            ("trees", self.trees as f64),
            ("learning_rate", self.learning_rate),
            ("leaves", self.leaves as f64),
            ("depth", self.depth as f64),
            ("min_child_weight", self.min_child_weight),
            ("min_gain", self.min_gain),
            ("l2", self.l2),
            ("row_share", self.row_share),
            ("column_share", self.column_share),
            ("bins", self.bins as f64),
            ("patience", self.patience as f64),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }
}
