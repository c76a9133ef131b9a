//! Learning of gradient-boosted trees for the detector.
//!
//! Matrices in, a model out: no files, no sessions, no clock. The method is that of XGBoost and LightGBM
//! (Chen and Guestrin 2016; Ke et al. 2017) for log-loss: each tree is fitted to gradients and curvatures of the
//! loss over histograms of at most 255 bins per feature, grown leaf by leaf where the gain is largest, and shrunk.
//! Missing values go where they lose least. Everything random comes from the seed, and sums run in one order, so
//! equal input gives equal bytes.
//!
//! [`fit()`] is the whole way: each fold is predicted by trees that have not seen it; those predictions
//! choose the number of trees and fit the calibration; then all rows make the model.

mod bins;
mod boost;
mod calibrate;
mod fit;
mod grow;
mod random;
mod samples;
mod split;
#[cfg(test)]
mod tests;

pub use boost::{Boosted, boost};
pub use calibrate::{Scored, isotonic, platt};
pub use fit::{CalibrationKind, Fitted, fit};
pub use samples::{Options, Samples, TrainError};
