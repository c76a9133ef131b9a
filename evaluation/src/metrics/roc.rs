//! Receiver operating characteristic: what each threshold catches and costs.

use serde::Serialize;

use super::{Scored, number};

/// One threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RocPoint {
    /// Sessions with at least this score count as bots.
    pub threshold: f64,
    /// Share of people flagged.
    pub false_positives: f64,
    /// Share of bots flagged.
    pub recall: f64,
}

/// The curve and its area.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roc {
    /// People it rests on.
    pub humans: usize,
    /// Bots it rests on.
    pub bots: usize,
    /// Area under the curve; `None` without people or without bots.
    pub auc: Option<f64>,
    /// A point for each distinct score, highest first.
    pub points: Vec<RocPoint>,
}

/// The curve of `scored`; every session counts the same.
pub fn roc(scored: &[Scored]) -> Roc {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let bots = sorted.iter().filter(|scored| scored.bot).count();
    let humans = sorted.len() - bots;
    let share = |count: usize, of: usize| number(count) / number(of.max(1));
    let (mut flagged_humans, mut flagged_bots) = (0, 0);
    let mut points = Vec::new();
    for tied in sorted.chunk_by(|a, b| a.score == b.score) {
        let tied_bots = tied.iter().filter(|scored| scored.bot).count();
        flagged_bots += tied_bots;
        flagged_humans += tied.len() - tied_bots;
        points.push(RocPoint {
            threshold: tied[0].score,
            false_positives: share(flagged_humans, humans),
            recall: share(flagged_bots, bots),
        });
    }
    let auc = (humans > 0 && bots > 0).then(|| area(&points));
    Roc {
        humans,
        bots,
        auc,
        points,
    }
}

/// The probability that a bot scores higher than a person, a tie counting half.
pub fn auc(scored: &[Scored]) -> Option<f64> {
    roc(scored).auc
}

fn area(points: &[RocPoint]) -> f64 {
    let (mut area, mut last) = (0.0, (0.0, 0.0));
    for point in points {
        let width = point.false_positives - last.0;
        area += width * f64::midpoint(point.recall, last.1);
        last = (point.false_positives, point.recall);
    }
    area
}

/// The lowest threshold among the scores of `humans` and just above them that flags at most the share
/// `allowed` of them. Without people every threshold does: 0.
pub fn threshold_for(humans: &[f64], allowed: f64) -> f64 {
    let mut sorted = humans.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut threshold = f64::NAN;
    let mut flagged = 0;
    for tied in sorted.chunk_by(|a, b| a == b) {
        flagged += tied.len();
        if number(flagged) > allowed * number(sorted.len()) {
            threshold = tied[0].next_up();
            break;
        }
    }
    if threshold.is_nan() { 0.0 } else { threshold }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(pairs: &[(f64, bool)]) -> Vec<Scored> {
        pairs
            .iter()
            .map(|(score, bot)| Scored {
                score: *score,
                bot: *bot,
                weight: 1.0,
            })
            .collect()
    }

    /// Of the 2 x 3 pairs of bot and person, 4 are in order and 1 is tied: (4 + 0.5) / 6.
    #[test]
    fn area_is_the_share_of_pairs_in_order() {
        let five = scored(&[
            (0.9, true),
            (0.8, false),
            (0.4, true),
            (0.4, false),
            (0.1, false),
        ]);
        assert!((auc(&five).unwrap() - 4.5 / 6.0).abs() < 1e-12);
        assert_eq!(roc(&five).points.len(), 4);
        assert_eq!(auc(&scored(&[(0.2, true), (0.1, false)])), Some(1.0));
        assert_eq!(auc(&scored(&[(0.1, true), (0.1, false)])), Some(0.5));
        assert_eq!(auc(&scored(&[(0.1, true)])), None);
    }

    #[test]
    fn a_threshold_keeps_to_what_is_allowed_and_ties_fall_together() {
        let humans = [0.1, 0.2, 0.2, 0.9];
        assert_eq!(threshold_for(&humans, 0.25), 0.2_f64.next_up());
        assert_eq!(threshold_for(&humans, 0.74), 0.2_f64.next_up());
        assert_eq!(threshold_for(&humans, 0.75), 0.1_f64.next_up());
        assert_eq!(threshold_for(&humans, 0.0), 0.9_f64.next_up());
        assert_eq!(threshold_for(&humans, 1.0), 0.0);
        assert_eq!(threshold_for(&[], 0.0), 0.0);
    }
}
