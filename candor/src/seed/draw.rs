//! Random draws of the seed: the same seed and stream give the same draws.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of draws.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// Stream number `stream` of `seed`; streams of one seed are independent.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Sixty-four random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        // The upper 53 bits are what a double holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let whole = (self.0.next_u64() >> 11) as f64;
        whole / 9_007_199_254_740_992.0
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with probability `probability`.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number, each from 0 to `count` - 1 equally often; 0 when `count` is 0.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        scaled(count, self.unit()).min(count.saturating_sub(1))
    }

    /// One of `items`.
    pub(super) fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(items.len() as u64)).ok()?;
        items.get(index)
    }

    /// Log-normal with the given median; `sigma` is the deviation of the logarithm.
    pub(super) fn around(&mut self, median: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }
}

/// The whole part of `count` times `factor`, which is not negative.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of rows are far below 2^53"
)]
pub(super) fn scaled(count: u64, factor: f64) -> u64 {
    (count as f64 * factor) as u64
}

/// Draws places by weight.
#[derive(Debug)]
pub(super) struct Weighted(Vec<f64>);

impl Weighted {
    /// Place `i` is drawn in proportion to the `i`-th weight.
    pub(super) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let sums = weights.into_iter().map(|weight| {
            sum += weight;
            sum
        });
        Self(sums.collect())
    }

    /// Zipf's law over `count` places: the `k`-th is drawn in proportion to `k` to the power of -`exponent`.
    pub(super) fn zipf(count: usize, exponent: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand places")]
        let weights = (1..=count).map(|place| (place as f64).powf(-exponent));
        Self::new(weights)
    }

    /// A place.
    pub(super) fn draw(&self, draw: &mut Draw) -> usize {
        let total = self.0.last().copied().unwrap_or_default();
        let drawn = draw.between(0.0, total);
        let place = self.0.partition_point(|sum| *sum <= drawn);
        place.min(self.0.len().saturating_sub(1))
    }

    /// The share of a place in all draws, 0 to 1.
    pub(super) fn share(&self, place: usize) -> f64 {
        let sum_to = |end: usize| {
            end.checked_sub(1)
                .and_then(|last| self.0.get(last))
                .copied()
        };
        let total = self.0.last().copied().unwrap_or_default();
        (sum_to(place + 1).unwrap_or_default() - sum_to(place).unwrap_or_default()) / total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights() {
        let weighted = Weighted::zipf(4, 1.0);
        let mut counts = [0u32; 4];
        let mut draw = Draw::new(1, 2);
        for _ in 0..10_000 {
            counts[weighted.draw(&mut draw)] += 1;
        }
        for (place, count) in counts.iter().enumerate() {
            let difference = f64::from(*count) / 10_000.0 - weighted.share(place);
            assert!(difference.abs() < 0.02, "{counts:?}");
        }
        assert!(counts.is_sorted_by(|a, b| a > b), "{counts:?}");
    }

    #[test]
    fn a_stream_repeats_itself_and_no_other() {
        let first = |stream| Draw::new(7, stream).bits();
        assert_eq!(first(3), first(3));
        assert_ne!(first(3), first(4));
    }
}
