//! Isotonic regression: the non-decreasing step function nearest to the truth (pool adjacent violators,
//! Ayer et al. 1955, Ann. Math. Statist. 26:641), for turning scores into probabilities.

use super::Scored;

/// A fitted step function.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Highest score of each step, and its probability; both rise.
    steps: Vec<(f64, f64)>,
}

impl Isotonic {
    /// Fits to `scored`; `None` of nothing.
    pub fn fit(scored: &[Scored]) -> Option<Self> {
        let mut sorted: Vec<&Scored> = scored.iter().collect();
        sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
        // Of each pool: highest score, weight, weight of bots.
        let mut pools: Vec<(f64, f64, f64)> = Vec::new();
        for tied in sorted.chunk_by(|a, b| a.score == b.score) {
            let weight: f64 = tied.iter().map(|scored| scored.weight).sum();
            let bots: f64 = tied
                .iter()
                .filter(|scored| scored.bot)
                .map(|scored| scored.weight)
                .sum();
            pools.push((tied[0].score, weight, bots));
            while let [.., before, last] = pools.as_mut_slice()
                && before.2 * last.1 >= last.2 * before.1
            {
                *before = (last.0, before.1 + last.1, before.2 + last.2);
                pools.pop();
            }
        }
        (!pools.is_empty()).then(|| Self {
            steps: pools
                .iter()
                .map(|(score, weight, bots)| (*score, bots / weight))
                .collect(),
        })
    }

    /// The probability of a bot at `score`.
    pub fn probability(&self, score: f64) -> f64 {
        let step = self.steps.partition_point(|(highest, _)| *highest < score);
        self.steps[step.min(self.steps.len() - 1)].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.2 (bot) before 0.3 (person) is out of order: the two are pooled to one half.
    #[test]
    fn neighbours_out_of_order_are_pooled() {
        let scored: Vec<Scored> = [(0.1, false), (0.2, true), (0.3, false), (0.9, true)]
            .map(|(score, bot)| Scored {
                score,
                bot,
                weight: 1.0,
            })
            .into();
        let fit = Isotonic::fit(&scored).unwrap();
        for (score, expected) in [
            (0.0, 0.0),
            (0.1, 0.0),
            (0.15, 0.5),
            (0.3, 0.5),
            (0.5, 1.0),
            (1.0, 1.0),
        ] {
            assert!((fit.probability(score) - expected).abs() < 1e-12, "{score}");
        }
        assert_eq!(Isotonic::fit(&[]), None);
    }
}
