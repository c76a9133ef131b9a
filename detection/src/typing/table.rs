//! Counts of values by group, and what their ranks tell about the groups.

use serde::{Deserialize, Serialize};

/// Bins of every group.
pub(super) const BINS: usize = 32;

/// Small counts: `CELLS / BINS` groups of [`BINS`] bins, in one row so that empty cells cost nothing when written.
///
/// Before a count would overflow all are halved: long sessions weigh their later presses more, and the
/// evidence never claims more presses than it holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Table<const CELLS: usize> {
    #[serde(with = "crate::compact::sparse")]
    counts: [u8; CELLS],
}

impl<const CELLS: usize> Default for Table<CELLS> {
    fn default() -> Self {
        Self { counts: [0; CELLS] }
    }
}

/// How values depend on their group, judged by ranks: no shape of the distribution is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Dependence {
    /// Values counted.
    pub(super) count: f64,
    /// Share of the variance of ranks that lies between groups (eta squared), less what chance gives:
    /// `SSB/SST − (G − 1)/(n − 1)` over groups of three values and more.
    pub(super) eta: f64,
    /// Correlation of ranks with the groups' expected place, −1 to 1.
    pub(super) place: f64,
    /// `√(n · variance of the expected place)`: how many standard errors of chance a full dependence is worth.
    pub(super) information: f64,
}

/// The group's share of the table.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    count: f64,
    mean: f64,
    expected: f64,
}

impl<const CELLS: usize> Table<CELLS> {
    /// Counts a value of `group` in `bin`; what is beyond the table is left out.
    pub(super) fn add(&mut self, group: usize, bin: usize) {
        let place = group * BINS + bin.min(BINS - 1);
        let Some(count) = self.counts.get_mut(place) else {
            return;
        };
        *count += 1;
        if *count == u8::MAX {
            self.counts.iter_mut().for_each(|count| *count /= 2);
        }
    }

    /// Values in each bin of the groups that `keep` keeps.
    pub(super) fn totals(&self, keep: impl Fn(usize) -> bool) -> [f64; BINS] {
        let mut totals = [0.0; BINS];
        for (_, bins) in self.groups().filter(|(group, _)| keep(*group)) {
            for (total, count) in totals.iter_mut().zip(bins) {
                *total += f64::from(*count);
            }
        }
        totals
    }

    fn groups(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.counts.chunks_exact(BINS).enumerate()
    }

    /// How the values depend on the group, among the groups that `expected` gives a place.
    pub(super) fn dependence(&self, expected: impl Fn(usize) -> Option<f64>) -> Dependence {
        let totals = self.totals(|group| expected(group).is_some());
        let count: f64 = totals.iter().sum();
        let Some(scores) = scores(&totals, count) else {
            return Dependence {
                count,
                ..Dependence::default()
            };
        };
        let mut groups = [Group::default(); 16];
        for (slot, (group, bins)) in groups.iter_mut().zip(self.groups()) {
            let Some(expected) = expected(group) else {
                continue;
            };
            let sum: f64 = bins
                .iter()
                .zip(scores)
                .map(|(n, score)| f64::from(*n) * score)
                .sum();
            let n: f64 = bins.iter().map(|n| f64::from(*n)).sum();
            *slot = Group {
                count: n,
                mean: if n > 0.0 { sum / n } else { 0.0 },
                expected,
            };
        }
        let (place, information) = place(&groups, count);
        Dependence {
            count,
            eta: self.eta(&groups, &scores),
            place,
            information,
        }
    }

    fn eta(&self, groups: &[Group], scores: &[f64; BINS]) -> f64 {
        let large = |group: &&Group| group.count >= 3.0;
        let count: f64 = groups.iter().filter(large).map(|group| group.count).sum();
        if count < 20.0 {
            return 0.0;
        }
        let sum = |value: fn(&Group) -> f64| -> f64 {
            let terms = groups.iter().filter(large);
            terms.map(|group| group.count * value(group)).sum()
        };
        let mean = sum(|group| group.mean) / count;
        let between = sum(|group| group.mean * group.mean) - count * mean * mean;
        let totals = self.totals(|group| groups.get(group).is_some_and(|g| g.count >= 3.0));
        let squares = totals
            .iter()
            .zip(scores)
            .map(|(n, score)| n * score * score);
        let all = squares.sum::<f64>() - count * mean * mean;
        let used = groups.iter().filter(large).map(|_| 1.0).sum::<f64>();
        if all > 0.0 {
            between / all - (used - 1.0) / (count - 1.0)
        } else {
            0.0
        }
    }
}

/// Mid-ranks of the bins, centred and scaled to variance 1; `None` when all values share a bin.
fn scores(totals: &[f64; BINS], count: f64) -> Option<[f64; BINS]> {
    let mut below = 0.0;
    let mut ranks = [0.0; BINS];
    for (rank, total) in ranks.iter_mut().zip(totals) {
        *rank = (below + total / 2.0) / count.max(1.0) - 0.5;
        below += total;
    }
    let weighted = totals.iter().zip(ranks);
    let variance = weighted
        .map(|(total, rank)| total * rank * rank)
        .sum::<f64>()
        / count.max(1.0);
    (count >= 20.0 && variance > 0.0).then(|| ranks.map(|rank| rank / variance.sqrt()))
}

/// Correlation of the scores with the expected places, and the information behind it.
fn place(groups: &[Group], count: f64) -> (f64, f64) {
    let mean = groups.iter().map(|g| g.count * g.expected).sum::<f64>() / count;
    let spread = |g: &Group| g.count * (g.expected - mean) * (g.expected - mean);
    let variance = groups.iter().map(spread).sum::<f64>() / count;
    if variance <= 1e-9 {
        return (0.0, 0.0);
    }
    let together = groups
        .iter()
        .map(|g| g.count * (g.expected - mean) * g.mean);
    let covariance = together.sum::<f64>() / count;
    (covariance / variance.sqrt(), (count * variance).sqrt())
}

/// The bin of `value` on a logarithmic scale: bins of width `step` (natural logarithm) from `from` up.
pub(super) fn bin(value: f64, from: f64, step: f64) -> usize {
    let place = (value.max(1.0) / from).ln() / step;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the bins; NaN becomes 0"
    )]
    let bin = place.clamp(0.0, (BINS - 1) as f64) as usize;
    bin
}
