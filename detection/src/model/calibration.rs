//! From a model's log-odds to a probability: a rising curve that was fitted on data left out of the training.

use serde::{Deserialize, Serialize};

/// Most points of a curve.
const MAX_POINTS: usize = 512;

/// How log-odds become a probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope * score + offset)))` (J. Platt, 1999).
    Platt {
        /// At least 0.
        slope: f32,
        /// Log-odds at score 0.
        offset: f32,
    },
    /// Straight lines between points, level beyond them: what isotonic regression gives.
    Points {
        /// Rising.
        scores: Vec<f32>,
        /// Not falling, 0 to 1.
        probabilities: Vec<f32>,
    },
}

impl Calibration {
    /// The probability at a score.
    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt { slope, offset } => {
                1.0 / (1.0 + (-(f64::from(*slope) * score + f64::from(*offset))).exp())
            }
            Self::Points {
                scores,
                probabilities,
            } => {
                let above = scores.partition_point(|one| f64::from(*one) < score);
                let at = |place: usize| (f64::from(scores[place]), f64::from(probabilities[place]));
                if above == 0 {
                    return at(0).1;
                }
                if above == scores.len() {
                    return at(above - 1).1;
                }
                let ((x0, y0), (x1, y1)) = (at(above - 1), at(above));
                y0 + (y1 - y0) * ((score - x0) / (x1 - x0))
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Platt { slope, offset } => {
                if !slope.is_finite() || !offset.is_finite() || *slope < 0.0 {
                    return Err("slope and offset are finite, and the slope is not negative");
                }
            }
            Self::Points {
                scores,
                probabilities,
            } => {
                if scores.len() != probabilities.len()
                    || scores.is_empty()
                    || scores.len() > MAX_POINTS
                {
                    return Err("there are as many scores as probabilities, 1 to 512");
                }
                if scores.iter().any(|score| !score.is_finite())
                    || !scores.is_sorted_by(|a, b| a < b)
                {
                    return Err("scores are finite and rise");
                }
                let within = probabilities.iter().all(|one| (0.0..=1.0).contains(one));
                if !within || !probabilities.is_sorted() {
                    return Err("probabilities are from 0 to 1 and do not fall");
                }
            }
        }
        Ok(())
    }
}
