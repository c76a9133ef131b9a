//! Movements that a session has in common with others of its survey.
//!
//! Two tests. Of the group: how many sessions come near each movement, beside how many are alike, taken over all
//! movements of the session; that finds a bank of movements as well, of which no two sessions share many. Of a pair: how
//! many movements have their copy in the same other session; that finds copies which are too warped for the first.

use std::collections::BTreeMap;

use super::chance::{chance_log, pair_log, sum_log};
use super::sample::{Movements, Surroundings};
use crate::sketch::{SHAPES, Shape};

/// Radii within which two movements may be copies, units; a warped copy of a movement is within the last nine times of ten.
const NEAR: [u8; 3] = [5, 7, 9];
/// Radius within which movements are alike, units.
const ALIKE: u8 = 16;
/// Most that one movement may say, as a natural logarithm.
const MOST: f64 = 15.0;
/// How much more alike the movements of one person are than those of any two.
const ONE_PERSON: f64 = 4.0;
/// Nearer than this two movements are not told apart, squared units.
const SAME: u32 = 16;
/// Up to so many alike movements no place is crowded.
const FEW_ALIKE: u32 = 8;
/// Sessions with which one movement is compared at most: the nearest.
const MOST_COMPARED: usize = 400;

/// What a session has in common with others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shared {
    /// Movements of the session.
    pub(super) movements: usize,
    /// Those whose copies chance would hardly bring about.
    pub(super) copied: usize,
    /// Logarithm of how many sessions of the survey chance would let look so.
    pub(super) expected_log: f64,
    /// Sessions that share movements with it.
    pub(super) partners: BTreeMap<u64, Partner>,
}

/// What two sessions share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Partner {
    /// Movements of the first that have a copy in the second.
    pub(super) movements: usize,
    /// Logarithm of how many pairs of the survey chance would let look so.
    pub(super) expected_log: f64,
}

/// Compares `shapes` of `session` with the others of `others`, in a survey of `sessions` sessions with movements.
pub(super) fn shared(
    others: &Movements,
    session: u64,
    shapes: &[Shape],
    sessions: usize,
) -> Shared {
    let mut group = Vec::with_capacity(shapes.len());
    let mut pairs: Vec<(u64, f64)> = Vec::new();
    for shape in shapes {
        let around = others.around(session, shape, (NEAR[NEAR.len() - 1], ALIKE));
        group.push(says(&around));
        let nearest = nearest(&around.nearest);
        pairs.extend(nearest.map(|(other, distance)| (other, says_of(&around, distance))));
    }
    pairs.sort_unstable_by_key(|(other, _)| *other);
    let sessions_log = (sessions.max(1) as f64).ln();
    let of_one = pairs.chunk_by(|(first, _), (second, _)| first == second);
    let partners = of_one.map(|with| {
        let says = with.iter().map(|(_, says)| *says).collect();
        let partner = Partner {
            movements: with.len(),
            expected_log: pair_log(shapes.len(), says) + 2.0 * sessions_log,
        };
        (with[0].0, partner)
    });
    Shared {
        movements: shapes.len(),
        copied: group.iter().filter(|says| **says >= 2.0).count(),
        expected_log: sum_log(shapes.len(), group.iter().sum()) + sessions_log,
        partners: partners.collect(),
    }
}

/// The nearest of those that are near, as many as one movement is compared with; in no order.
fn nearest(near: &[(u64, u32)]) -> impl Iterator<Item = (u64, u32)> {
    let mut near = near.to_vec();
    if near.len() > MOST_COMPARED {
        near.select_nth_unstable_by_key(MOST_COMPARED, |(other, distance)| (*distance, *other));
        near.truncate(MOST_COMPARED);
    }
    near.into_iter()
}

/// -ln of the probability that chance brings so many sessions so near, at the radius that says most.
fn says(around: &Surroundings) -> f64 {
    let looks = (NEAR.len() as f64).ln();
    NEAR.iter()
        .map(|radius| {
            let limit = squared(*radius);
            let near = around
                .nearest
                .iter()
                .filter(|(_, distance)| *distance <= limit);
            let near = u32::try_from(near.count()).unwrap_or(u32::MAX);
            let ratio = f64::from(limit) / f64::from(squared(ALIKE));
            -chance_log(around.alike, near, share_within(ratio, around.alike)) - looks
        })
        .fold(0.0, f64::max)
        .min(MOST)
}

/// -ln of the probability that one other session comes so near by chance.
fn says_of(around: &Surroundings, distance: u32) -> f64 {
    let share = f64::from(around.alike.saturating_add(1)) / around.movements.max(1) as f64;
    let ratio = f64::from(distance.max(SAME)) / f64::from(squared(ALIKE));
    // Of single sessions the power as a whole matters, at least 4 between recorded people.
    let expected = ONE_PERSON * SHAPES as f64 * share.min(1.0) * ratio * ratio;
    (-expected.ln()).clamp(0.0, MOST)
}

/// Share of `alike` movements that chance brings within a ball, of the ratio of the squared radii. Between people as a
/// whole it falls with the power 3.7 to 6 of the radius; where straight movements crowd with a lower one (2.4 in one
/// place of fifty), and a test of many neighbours in many sessions notices any difference.
fn share_within(ratio: f64, alike: u32) -> f64 {
    if alike <= FEW_ALIKE {
        ratio * ratio
    } else {
        ratio * ratio.sqrt()
    }
}

fn squared(radius: u8) -> u32 {
    u32::from(radius) * u32::from(radius)
}
