//! Calibration: of the sessions with score s, is the share s automated?

use serde::Serialize;

use super::{Scored, bin};

/// Bins of a reliability table.
const BINS: usize = 10;

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Tenths of the range of scores.
    EqualWidth,
    /// Tenths of the weight of sessions; equal scores are never parted.
    EqualMass,
}

/// One bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Sessions in it.
    pub sessions: usize,
    /// Their share of all weight.
    pub mass: f64,
    /// Mean score.
    pub mean_score: f64,
    /// Share of bots.
    pub bots: f64,
}

/// How well scores are probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Share of bots in the weighted sessions: calibration holds for this prevalence only.
    pub prevalence: f64,
    /// Expected calibration error, ten bins of equal width.
    pub ece_equal_width: f64,
    /// Expected calibration error, ten bins of equal mass.
    pub ece_equal_mass: f64,
    /// Mean squared difference of score and truth (Brier 1950).
    pub brier: f64,
    /// The bins of equal width that hold a session, lowest first.
    pub bins: Vec<Bin>,
    /// The bins of equal mass, lowest first.
    pub mass_bins: Vec<Bin>,
}

/// The calibration of `scored`; `None` of nothing.
pub fn calibration(scored: &[Scored]) -> Option<Calibration> {
    let total: f64 = scored.iter().map(|scored| scored.weight).sum();
    if scored.is_empty() || total <= 0.0 {
        return None;
    }
    let mean = |value: &dyn Fn(&Scored) -> f64| {
        scored.iter().map(|s| s.weight * value(s)).sum::<f64>() / total
    };
    let truth = |scored: &Scored| f64::from(u8::from(scored.bot));
    let bins = reliability(scored, Binning::EqualWidth);
    let mass_bins = reliability(scored, Binning::EqualMass);
    Some(Calibration {
        prevalence: mean(&truth),
        ece_equal_width: error(&bins),
        ece_equal_mass: error(&mass_bins),
        brier: mean(&|scored| (scored.score - truth(scored)).powi(2)),
        bins,
        mass_bins,
    })
}

fn error(bins: &[Bin]) -> f64 {
    bins.iter()
        .map(|bin| bin.mass * (bin.mean_score - bin.bots).abs())
        .sum()
}

fn reliability(scored: &[Scored], binning: Binning) -> Vec<Bin> {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let total: f64 = sorted.iter().map(|scored| scored.weight).sum();
    let mut sums = [(0, 0.0, 0.0, 0.0); BINS];
    let mut below = 0.0;
    for tied in sorted.chunk_by(|a, b| a.score == b.score) {
        let weight: f64 = tied.iter().map(|scored| scored.weight).sum();
        let place = match binning {
            Binning::EqualWidth => tied[0].score,
            Binning::EqualMass => (below + weight / 2.0) / total,
        };
        below += weight;
        let sum = &mut sums[bin(place, BINS)];
        for scored in tied {
            sum.0 += 1;
            sum.1 += scored.weight;
            sum.2 += scored.weight * scored.score;
            sum.3 += if scored.bot { scored.weight } else { 0.0 };
        }
    }
    sums.iter()
        .filter(|sum| sum.0 > 0)
        .map(|(sessions, weight, scores, bots)| Bin {
            sessions: *sessions,
            mass: weight / total,
            mean_score: scores / weight,
            bots: bots / weight,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(score: f64, bot: bool, weight: f64) -> Scored {
        Scored { score, bot, weight }
    }

    /// Two bins of two: |0.15 - 0.5| and |0.85 - 1.0|, each half of the mass.
    #[test]
    fn error_is_the_mean_distance_of_score_and_share() {
        let four = [
            scored(0.15, false, 1.0),
            scored(0.15, true, 1.0),
            scored(0.85, true, 1.0),
            scored(0.85, true, 1.0),
        ];
        let found = calibration(&four).unwrap();
        assert!((found.ece_equal_width - 0.25).abs() < 1e-12);
        assert!((found.ece_equal_mass - 0.25).abs() < 1e-12);
        assert!((found.prevalence - 0.75).abs() < 1e-12);
        let brier = (0.15_f64.powi(2) + 0.85_f64.powi(2) + 2.0 * 0.15_f64.powi(2)) / 4.0;
        assert!((found.brier - brier).abs() < 1e-12);
    }

    #[test]
    fn weights_count_and_a_perfect_score_has_no_error() {
        let perfect = [scored(0.0, false, 3.0), scored(1.0, true, 1.0)];
        let found = calibration(&perfect).unwrap();
        assert!(found.ece_equal_width.abs() < 1e-12 && found.brier.abs() < 1e-12);
        assert!((found.prevalence - 0.25).abs() < 1e-12);
        // The same score for all: its distance from the share of bots.
        let same = [scored(0.4, false, 3.0), scored(0.4, true, 1.0)];
        let found = calibration(&same).unwrap();
        assert!((found.ece_equal_mass - 0.15).abs() < 1e-12);
        assert_eq!(found.mass_bins.len(), 1);
        assert_eq!(calibration(&[]), None);
    }
}
