//! Figures of a classifier: shares with their bounds, ROC, calibration. Pure functions of scores.

mod calibration;
mod interval;
mod isotonic;
mod roc;

pub use calibration::{Bin, Binning, Calibration, calibration};
pub use interval::{Share, clopper_pearson};
pub use isotonic::Isotonic;
pub use roc::{Roc, RocPoint, auc, roc, threshold_for};

/// A score with the truth about its session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Score from 0 to 1.
    pub score: f64,
    /// Whether the session is automated.
    pub bot: bool,
    /// How much it counts, above 0.
    pub weight: f64,
}

/// A count as a number for arithmetic.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of sessions are far below 2^53"
)]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

/// The bin of `place`, a number from 0 to 1, among `bins` of equal width.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the bins before"
)]
pub(crate) fn bin(place: f64, bins: usize) -> usize {
    (place * number(bins)).floor().clamp(0.0, number(bins - 1)) as usize
}
