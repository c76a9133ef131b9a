//! The one source of randomness: a seeded ChaCha stream and the few distributions built on it.
//!
//! Owns determinism: the same seed and stream give the same draws on every machine of one platform.
//! (Logarithms and cosines come from the platform's mathematical library; their last bit may differ
//! between platforms, and what is derived from them is rounded to whole milliseconds and pixels.)
//! It never reads a clock or the system's randomness.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of random draws.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Stream number `stream` of `seed`; streams of one seed are independent.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Another stream of the same seed, from its beginning.
    pub(crate) fn other_stream(&self, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::from_seed(self.0.get_seed());
        rng.set_stream(stream);
        Self(rng)
    }

    /// A seed for something else.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        // The upper 53 bits are what a double holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let whole = (self.0.next_u64() >> 11) as f64;
        whole / 9_007_199_254_740_992.0
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number, each from 0 to `count` - 1 equally often; 0 when `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts here are below a few thousand"
        )]
        let drawn = (self.unit() * count as f64) as usize;
        drawn.min(count.saturating_sub(1))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True with probability `probability`.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Normal, by Box and Muller.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        mean + deviation * radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with the given median; `sigma` is the deviation of the logarithm.
    pub(crate) fn around(&mut self, median: f64, sigma: f64) -> f64 {
        median * self.normal(0.0, sigma).exp()
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// Gamma of the given shape (from 1 up) with scale 1, by Marsaglia and Tsang (2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        let centre = shape - 1.0 / 3.0;
        let width = 1.0 / (9.0 * centre).sqrt();
        loop {
            let z = self.normal(0.0, 1.0);
            let v = (1.0 + width * z).powi(3);
            let accepted = 0.5 * z * z + centre - centre * v + centre * v.max(1e-300).ln();
            if v > 0.0 && (1.0 - self.unit()).ln() < accepted {
                return centre * v;
            }
        }
    }

    /// A draw of `spread`.
    pub(crate) fn draw(&mut self, spread: Spread) -> f64 {
        match spread {
            Spread::Uniform(low, high) => self.between(low, high),
            Spread::Skewed {
                median,
                sigma,
                least,
                most,
            } => self.around(median, sigma).clamp(least, most),
        }
    }
}

/// How a duration varies, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spread {
    /// Every value between the two equally often.
    Uniform(f64, f64),
    /// Log-normal, clamped.
    Skewed {
        median: f64,
        sigma: f64,
        least: f64,
        most: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_for_a_seed_and_differ_from_each_other() {
        let draws = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.unit(), dice.unit(), dice.unit()]
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut dice = Dice::new(7, 0);
        let skewed = Spread::Skewed {
            median: 90.0,
            sigma: 0.3,
            least: 60.0,
            most: 140.0,
        };
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&dice.unit()));
            assert!((3..=5).contains(&dice.whole(3, 5)));
            assert_eq!(dice.below(0), 0);
            assert!((60.0..=140.0).contains(&dice.draw(skewed)));
            assert!(dice.normal(0.0, 1.0).is_finite());
        }
    }

    #[test]
    fn gamma_and_exponential_draws_have_their_means() {
        let mut dice = Dice::new(9, 0);
        for shape in [1.0, 2.5, 9.0] {
            let sum: f64 = (0..20_000).map(|_| dice.gamma(shape)).sum();
            assert!((sum / 20_000.0 / shape - 1.0).abs() < 0.03, "{shape}");
        }
        let sum: f64 = (0..20_000).map(|_| dice.exponential()).sum();
        assert!((sum / 20_000.0 - 1.0).abs() < 0.03);
    }

    #[test]
    fn another_stream_of_the_same_seed_is_that_stream_from_its_beginning() {
        let mut used = Dice::new(4, 1);
        used.unit();
        assert_eq!(
            used.other_stream(7).unit().to_bits(),
            Dice::new(4, 7).unit().to_bits()
        );
    }
}
