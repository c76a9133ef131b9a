//! Boosting: tree after tree on what is still wrong.

use detection::model::TreeFile;

use crate::bins::Binned;
use crate::grow::Ground;
use crate::random::Random;
use crate::samples::{Options, Samples, TrainError};
use crate::split::Sums;

/// Trees that have been learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    /// Log-odds before any tree.
    pub base_score: f32,
    /// The trees.
    pub trees: Vec<TreeFile>,
    /// What each column gained in all splits.
    pub gains: Vec<f64>,
    /// Weighted mean log-loss of the rows that were watched, after each tree.
    pub losses: Vec<f64>,
}

impl Boosted {
    /// Log-odds of a row by the first `trees` trees.
    pub fn score(&self, row: &[f32], trees: usize) -> f64 {
        let leaves = self
            .trees
            .iter()
            .take(trees)
            .map(|tree| f64::from(leaf(tree, row)));
        f64::from(self.base_score) + leaves.sum::<f64>()
    }
}

/// The leaf that a row reaches.
fn leaf(tree: &TreeFile, row: &[f32]) -> f32 {
    let mut at = if tree.feature.is_empty() { -1 } else { 0i32 };
    while let Ok(split) = usize::try_from(at) {
        let value = row[usize::from(tree.feature[split])];
        let left = if value.is_nan() {
            tree.missing_left[split]
        } else {
            value <= tree.threshold[split]
        };
        at = if left {
            tree.left[split]
        } else {
            tree.right[split]
        };
    }
    tree.value[!at as usize]
}

/// Learns from the rows `learned`, watching the log-loss of the rows `watched` (none: it ends at the number of
/// trees asked for).
///
/// # Errors
/// [`TrainError`] when the samples or options cannot be, or the rows are of one class.
pub fn boost(
    samples: &Samples,
    learned: &[u32],
    watched: &[u32],
    options: &Options,
) -> Result<Boosted, TrainError> {
    samples.check()?;
    options.check(samples.columns())?;
    let binned = Binned::new(samples, options.bins);
    let base_score = base_score(samples, learned)?;
    let mut boosted = Boosted {
        base_score,
        trees: Vec::new(),
        gains: vec![0.0; samples.columns()],
        losses: Vec::new(),
    };
    let mut scores = vec![f64::from(base_score); samples.rows()];
    let mut each = vec![Sums::default(); samples.rows()];
    let mut random = Random::new(options.seed);
    let columns: Vec<usize> = (0..samples.columns()).collect();
    let mut best = (f64::INFINITY, 0);
    for count in 1..=options.trees {
        for row in learned {
            each[*row as usize] = derivatives(samples, *row as usize, scores[*row as usize]);
        }
        let rows = random.some(learned, options.row_share);
        let columns = random.some(&columns, options.column_share);
        let ground = Ground {
            binned: &binned,
            each: &each,
            columns: &columns,
            options,
        };
        let grown = ground.grow(rows);
        for row in learned.iter().chain(watched) {
            scores[*row as usize] += f64::from(leaf(&grown.tree, samples.row(*row as usize)));
        }
        boosted
            .gains
            .iter_mut()
            .zip(&grown.gains)
            .for_each(|(all, one)| *all += one);
        boosted.trees.push(grown.tree);
        if watched.is_empty() {
            continue;
        }
        let loss = log_loss(samples, watched, &scores);
        boosted.losses.push(loss);
        if loss < best.0 {
            best = (loss, count);
        } else if count - best.1 >= options.patience {
            break;
        }
    }
    Ok(boosted)
}

fn base_score(samples: &Samples, learned: &[u32]) -> Result<f32, TrainError> {
    let (mut people, mut bots) = (0.0f64, 0.0f64);
    for row in learned {
        let weight = f64::from(samples.weights[*row as usize]);
        *(if samples.labels[*row as usize] {
            &mut bots
        } else {
            &mut people
        }) += weight;
    }
    if people == 0.0 || bots == 0.0 {
        return Err(TrainError::OneClass);
    }
    Ok((bots / people).ln() as f32)
}

fn derivatives(samples: &Samples, row: usize, score: f64) -> Sums {
    let weight = f64::from(samples.weights[row]);
    let probability = sigmoid(score);
    let label = f64::from(u8::from(samples.labels[row]));
    Sums {
        gradient: weight * (probability - label),
        curvature: weight * probability * (1.0 - probability),
        weight,
    }
}

pub(crate) fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// Weighted mean log-loss of rows by their log-odds.
pub(crate) fn log_loss(samples: &Samples, rows: &[u32], scores: &[f64]) -> f64 {
    let (mut loss, mut weights) = (0.0, 0.0);
    for row in rows {
        let row = *row as usize;
        let weight = f64::from(samples.weights[row]);
        let towards = if samples.labels[row] {
            scores[row]
        } else {
            -scores[row]
        };
        // ln(1 + exp(-x)) without overflow.
        loss += weight * ((-towards).max(0.0) + (-towards.abs()).exp().ln_1p());
        weights += weight;
    }
    loss / weights
}
