//! Every movement of a survey, and smaller and smaller shares of them, so that no look costs more in a large survey.
//!
//! How many movements are alike is only estimated from: a hundred of a share say it as well as all. How many are near is
//! counted among all, unless that many are near that a share of them suffices for that too. Which movements are in a share
//! follows from a hash of each by itself.

use super::index::Index;
use crate::sketch::Shape;

/// Shares: of 4ⁿ movements one.
const SHARES: u8 = 7;
/// Bits of the hash that go with each share.
const BITS: u32 = 2;
/// Alike movements in a share from which on it is enough to estimate all.
const ENOUGH: u32 = 100;
/// Movements of a share from which on it must be enough, however few are alike.
const LARGE: usize = 2000;
/// Near movements of other sessions that are looked at one by one.
const MOST_NEAR: usize = 2000;
/// Deviations of a count that its upper bound is above it.
const DEVIATIONS: f64 = 2.0;
/// Upper bound of a count of which none was seen.
const NONE: f64 = 2.0;

/// The movements of a survey.
#[derive(Debug)]
pub(super) struct Movements {
    /// All, and each share.
    shares: [Index; SHARES as usize],
}

/// What lies around one movement, among all or a share of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Surroundings {
    /// Movements that are alike, at most.
    pub(super) alike: u32,
    /// Movements among which that is.
    pub(super) movements: usize,
    /// The nearest movement of each session within the smaller radius, squared units; in the order of the sessions.
    pub(super) nearest: Vec<(u64, u32)>,
}

impl Movements {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            shares: std::array::from_fn(|_| Index::default()),
        }
    }

    pub(super) fn insert(&mut self, session: u64, shape: Shape) {
        for share in 0..=last_share(session, &shape) {
            self.shares[usize::from(share)].insert(session, shape);
        }
    }

    pub(super) fn remove(&mut self, session: u64, shape: &Shape) {
        for share in &mut self.shares {
            share.remove(session, shape);
        }
    }

    /// Movements.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shares[0].len()
    }

    /// The movements of other sessions than `session` around `shape`.
    pub(super) fn around(
        &self,
        session: u64,
        shape: &Shape,
        (near, alike): (u8, u8),
    ) -> Surroundings {
        let (look_in, nearest) = self.nearest(session, shape, near);
        let alike = if nearest.is_empty() {
            0
        } else {
            self.alike(session, shape, alike, look_in)
        };
        Surroundings {
            alike,
            movements: self.shares[usize::from(look_in)].len(),
            nearest,
        }
    }

    /// The nearest movement of each session, in the largest share in which not too many are near; and that share.
    fn nearest(&self, session: u64, shape: &Shape, radius: u8) -> (u8, Vec<(u64, u32)>) {
        let mut nearest = Vec::new();
        for (share, index) in (0u8..).zip(&self.shares) {
            nearest.clear();
            index.within(shape, radius, |other, distance| {
                if other != session {
                    nearest.push((other, distance));
                }
                nearest.len() <= MOST_NEAR
            });
            if nearest.len() <= MOST_NEAR || share + 1 == SHARES {
                nearest.sort_unstable();
                nearest.dedup_by_key(|(other, _)| *other);
                return (share, nearest);
            }
        }
        (SHARES - 1, nearest)
    }

    /// How many movements are alike in the share `wanted` at most: counted in the smallest that suffices.
    fn alike(&self, session: u64, shape: &Shape, radius: u8, wanted: u8) -> u32 {
        let (mut count, mut counted_in) = (0u32, wanted);
        for share in (wanted..SHARES).rev() {
            let index = &self.shares[usize::from(share)];
            (count, counted_in) = (0, share);
            index.within(shape, radius, |other, _| {
                count += u32::from(other != session);
                true
            });
            if count >= ENOUGH || index.len() >= LARGE {
                break;
            }
        }
        at_most(count, counted_in - wanted)
    }
}

/// Of `count` movements of a share, how many they are at most of another that is 4^`steps` times as large.
fn at_most(count: u32, steps: u8) -> u32 {
    if steps == 0 {
        return count;
    }
    let seen = f64::from(count);
    let above = seen + DEVIATIONS * seen.sqrt() + NONE;
    let times = f64::from(1u32 << (BITS * u32::from(steps)));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of movements in memory; a larger one is the largest"
    )]
    let all = (above * times).ceil() as u32;
    all
}

/// The smallest share that a movement is in.
fn last_share(session: u64, shape: &Shape) -> u8 {
    let mut hash = session;
    for half in shape.numbers().chunks(8) {
        let word = half.iter().fold(0u64, |word, number| {
            word << 8 | u64::from(number.cast_unsigned())
        });
        hash = mixed(hash ^ mixed(word));
    }
    let share = u8::try_from(hash.trailing_zeros() / BITS).unwrap_or(SHARES);
    share.min(SHARES - 1)
}

/// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
pub(super) fn mixed(word: u64) -> u64 {
    let mixed = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
