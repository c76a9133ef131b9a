//! Key rhythms that sessions of a survey have in common.
//!
//! Two rhythms are compared by the correlation of the logarithms of their intervals, place by place; a tempo is a summand
//! of them and drops out. People who type the same prescribed text resemble one another (median r .65 for a password
//! typed over and over), so the survey itself says what is usual: a copy lies far above what this session has in common
//! with the others. A signature of 64 signs finds those worth a comparison.

use std::collections::{BTreeMap, BTreeSet};

use super::sample::mixed;
use crate::sketch::PAUSE;

/// Fewest intervals that two rhythms must share.
const MIN_SHARED: u32 = 30;
/// Signs of two signatures that differ at most; 22 of 64 belong to r = .47.
const MOST_SIGNS: u32 = 22;
/// Transformed correlation (Fisher's z) demanded of copies where everybody types another text: r = .86.
const LOWEST: f64 = 1.3;
/// Demanded where everybody types one text, the most that is ever demanded: r = .973, more than three sessions of one
/// person who types one password over and over have in common.
const HIGHEST: f64 = 2.15;
/// Demanded where too few sessions say what is usual: r = .956.
const UNKNOWN: f64 = 1.9;
/// Usual correlation up to which texts are different, and from which on they are one, transformed.
const DIFFERENT: f64 = 0.15;
const SAME: f64 = 0.45;
/// Sessions that say what is usual, at least and at most.
const FEW: usize = 10;
const MANY: usize = 200;

/// Rhythms of a survey.
#[derive(Debug, Default)]
pub(super) struct Rhythms {
    rhythms: BTreeMap<u64, Vec<i8>>,
    /// Signatures side by side, and whose they are.
    signatures: Vec<(u64, u64)>,
    places: BTreeMap<u64, usize>,
    /// Sessions in the order of a hash: the first of them are a sample that does not depend on how they came.
    shuffled: BTreeSet<(u64, u64)>,
}

impl Rhythms {
    pub(super) fn insert(&mut self, session: u64, intervals: &[i8]) {
        if usable(intervals) >= MIN_SHARED {
            self.places.insert(session, self.signatures.len());
            self.signatures.push((signature(intervals), session));
            self.shuffled.insert((mixed(session), session));
            self.rhythms.insert(session, intervals.to_vec());
        }
    }

    pub(super) fn remove(&mut self, session: u64) {
        self.rhythms.remove(&session);
        self.shuffled.remove(&(mixed(session), session));
        if let Some(place) = self.places.remove(&session) {
            self.signatures.swap_remove(place);
            if let Some((_, moved)) = self.signatures.get(place) {
                self.places.insert(*moved, place);
            }
        }
    }

    /// Sessions whose rhythm is that of `session`, with the correlation.
    pub(super) fn copies(&self, session: u64) -> BTreeMap<u64, f64> {
        let (Some(intervals), Some(place)) =
            (self.rhythms.get(&session), self.places.get(&session))
        else {
            return BTreeMap::new();
        };
        let demanded = self.demanded(session, intervals);
        let signs = self.signatures[*place].0;
        let others = self.signatures.iter().filter(|(their_signs, other)| {
            (signs ^ their_signs).count_ones() <= MOST_SIGNS && *other != session
        });
        others
            .filter_map(|(_, other)| Some((*other, self.rhythms.get(other)?)))
            .filter_map(|(other, theirs)| Some((other, correlation(intervals, theirs)?)))
            .filter(|(_, r)| transformed(*r) > demanded)
            .collect()
    }

    /// What a copy of `intervals` must reach: far above what is usual between this session and others.
    fn demanded(&self, session: u64, intervals: &[i8]) -> f64 {
        let others = self.shuffled.iter().filter(|(_, other)| *other != session);
        let mut usual: Vec<f64> = others
            .take(MANY)
            .filter_map(|(_, other)| correlation(intervals, self.rhythms.get(other)?))
            .map(transformed)
            .collect();
        if usual.len() < FEW {
            return UNKNOWN;
        }
        usual.sort_unstable_by(f64::total_cmp);
        let median = usual[usual.len() / 2];
        let spread = median - usual[usual.len() * 4 / 25];
        let sessions = self.rhythms.len() as f64;
        let spreads = (2.0 * (100.0 * sessions).ln()).sqrt().max(5.0);
        let sameness = ((median - DIFFERENT) / (SAME - DIFFERENT)).clamp(0.0, 1.0);
        let by_text = LOWEST + sameness * (HIGHEST - LOWEST);
        (median + spreads * spread).max(by_text).min(HIGHEST)
    }
}

fn usable(intervals: &[i8]) -> u32 {
    let count = intervals
        .iter()
        .filter(|interval| **interval != PAUSE)
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Fisher's transformation; a perfect correlation stays finite.
fn transformed(r: f64) -> f64 {
    r.clamp(-0.9999, 0.9999).atanh()
}

/// Pearson's correlation of the intervals that both have; `None` of too few or constant ones.
fn correlation(first: &[i8], second: &[i8]) -> Option<f64> {
    let mut sums = [0i32; 6];
    for (a, b) in first.iter().zip(second) {
        if *a != PAUSE && *b != PAUSE {
            let (a, b) = (i32::from(*a), i32::from(*b));
            let terms = [1, a, b, a * a, b * b, a * b];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += term;
            }
        }
    }
    let [count, a, b, aa, bb, ab] = sums.map(f64::from);
    if count < f64::from(MIN_SHARED) {
        return None;
    }
    let (spread_a, spread_b) = (count * aa - a * a, count * bb - b * b);
    (spread_a > 0.0 && spread_b > 0.0).then(|| (count * ab - a * b) / (spread_a * spread_b).sqrt())
}

/// Signs of 64 projections of the intervals about their mean (M. Charikar, STOC 2002): the share of signs in which two
/// differ is the angle between them over π. The projections are the bits of a fixed sequence.
fn signature(intervals: &[i8]) -> u64 {
    let known = || intervals.iter().filter(|interval| **interval != PAUSE);
    let sum: i32 = known().map(|interval| i32::from(*interval)).sum();
    let count = i32::try_from(known().count()).unwrap_or(i32::MAX).max(1);
    let mut sums = [0i32; 64];
    let mut state = 0u64;
    for interval in intervals {
        let bits = next(&mut state);
        if *interval == PAUSE {
            continue;
        }
        let value = i32::from(*interval) * count - sum;
        for (bit, place) in sums.iter_mut().enumerate() {
            *place += if bits >> bit & 1 == 1 { value } else { -value };
        }
    }
    sums.iter()
        .enumerate()
        .fold(0, |signs, (bit, sum)| signs | u64::from(*sum > 0) << bit)
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
fn next(state: &mut u64) -> u64 {
    let bits = mixed(*state);
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits
}
