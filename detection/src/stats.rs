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

/// Quantiles of non-negative values by counting in buckets that grow by a quarter each.
///
/// Bucket `i` holds values from `edge(i)` to `edge(i + 1)`, with `edge(0) = 0`, `edge(i) = 1.25^(i-1)`.
/// A quantile is the upper edge of its bucket: at most a quarter too high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    #[serde(with = "crate::compact::sparse")]
    counts: [u32; Self::BUCKETS],
    total: u32,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self {
            counts: [0; Self::BUCKETS],
            total: 0,
        }
    }
}

impl Quantiles {
    const BUCKETS: usize = 48;

    pub(crate) fn add(&mut self, value: f64) {
        let mut bucket = 0;
        let mut edge = 1.0;
        while value >= edge && bucket + 1 < Self::BUCKETS {
            bucket += 1;
            edge *= 1.25;
        }
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.total = self.total.saturating_add(1);
    }

    pub(crate) fn count(&self) -> u32 {
        self.total
    }

    /// Upper edge of the bucket that holds the quantile `share` (0 to 1); 0 without values.
    pub(crate) fn upper(&self, share: f64) -> f64 {
        let wanted = share * f64::from(self.total);
        let mut seen = 0;
        let mut edge = 1.0;
        for count in self.counts {
            seen += count;
            if self.total > 0 && f64::from(seen) >= wanted {
                return edge;
            }
            edge *= 1.25;
        }
        0.0
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

        #[test]
        fn a_quantile_is_at_most_a_quarter_too_high(mut values in prop::collection::vec(0f64..20_000.0, 1..200), share in 0.05f64..1.0) {
            let mut quantiles = Quantiles::default();
            values.iter().for_each(|value| quantiles.add(*value));
            values.sort_by(f64::total_cmp);
            let rank = ((share * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            let upper = quantiles.upper(share);
            prop_assert!(upper >= exact && upper <= (exact * 1.25 + 1e-9).max(1.0), "{upper} for {exact}");
        }
    }
}
