//! Streaming statistics in constant memory.

use serde::{Deserialize, Serialize};

/// Count, mean and spread by Welford's recurrence (B. P. Welford, Technometrics 4, 1962).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Moments {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        let delta = value - self.mean;
        self.mean += delta / f64::from(self.count);
        self.squares += delta * (value - self.mean);
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// Population standard deviation.
    pub(crate) fn deviation(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            (self.squares / f64::from(self.count)).max(0.0).sqrt()
        }
    }

    /// Standard deviation over mean; `None` without a positive mean.
    pub(crate) fn variation(&self) -> Option<f64> {
        (self.mean > 0.0).then(|| self.deviation() / self.mean)
    }
}

/// The share of a count in a total; 0 of nothing is 0.
pub(crate) fn share(part: u32, total: u32) -> f64 {
    if total == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn moments_equal_the_two_pass_formula(values in prop::collection::vec(-1e6f64..1e6, 1..200)) {
            let mut moments = Moments::default();
            values.iter().for_each(|value| moments.add(*value));
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            prop_assert!((moments.mean() - mean).abs() < 1e-6 * (1.0 + mean.abs()));
            prop_assert!((moments.deviation() - variance.sqrt()).abs() < 1e-5 * (1.0 + variance.sqrt()));
        }
    }
}
