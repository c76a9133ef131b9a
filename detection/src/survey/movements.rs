//! Movements that a session has in common with others of its survey.
//!
//! Two tests. Of the group: how many sessions come near each movement, beside how many are alike, taken over all
//! movements of the session; that finds a bank of movements as well, of which no two sessions share many. Of a pair: how
//! many movements have their copy in the same other session; that finds copies which are too warped for the first.

use std::collections::BTreeMap;

use super::chance::{chance_log, pair_log, sum_log};
use super::index::Index;
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

/// Compares `shapes` of `session` with the others of `index`, in a survey of `sessions` sessions with movements.
pub(super) fn shared(index: &Index, session: u64, shapes: &[Shape], sessions: usize) -> Shared {
    let mut group = Vec::with_capacity(shapes.len());
    let mut pairs: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for shape in shapes {
        let look = Look::at(index, session, shape);
        group.push(look.says());
        for (other, distance) in &look.nearest {
            let says = look.says_of(*distance, index.len());
            pairs.entry(*other).or_default().push(says);
        }
    }
    let sessions_log = (sessions.max(1) as f64).ln();
    let partners = pairs.into_iter().map(|(other, says)| {
        let partner = Partner {
            movements: says.len(),
            expected_log: pair_log(shapes.len(), says) + 2.0 * sessions_log,
        };
        (other, partner)
    });
    Shared {
        movements: shapes.len(),
        copied: group.iter().filter(|says| **says >= 2.0).count(),
        expected_log: sum_log(shapes.len(), group.iter().sum()) + sessions_log,
        partners: partners.collect(),
    }
}

/// The surroundings of one movement.
struct Look {
    alike: u32,
    /// Of every how many movements one was looked at.
    stride: usize,
    /// The nearest movement of each session within the largest radius, squared units.
    nearest: BTreeMap<u64, u32>,
}

impl Look {
    fn at(index: &Index, session: u64, shape: &Shape) -> Self {
        let mut look = Self {
            alike: 0,
            stride: 1,
            nearest: BTreeMap::new(),
        };
        let reach = squared(NEAR[NEAR.len() - 1]);
        look.stride = index.within(shape, ALIKE, |other, distance| {
            if other == session {
                return;
            }
            look.alike += 1;
            if distance <= reach {
                let place = look.nearest.entry(other).or_insert(distance);
                *place = distance.min(*place);
            }
        });
        look
    }

    /// -ln of the probability that chance brings so many sessions so near, at the radius that says most.
    fn says(&self) -> f64 {
        let looks = (NEAR.len() as f64).ln();
        NEAR.iter()
            .map(|radius| {
                let limit = squared(*radius);
                let near = self.nearest.values().filter(|distance| **distance <= limit);
                let near = u32::try_from(near.count()).unwrap_or(u32::MAX);
                let ratio = f64::from(limit) / f64::from(squared(ALIKE));
                -chance_log(self.alike, near, ratio) - looks
            })
            .fold(0.0, f64::max)
            .min(MOST)
    }

    /// -ln of the probability that one other session comes so near by chance.
    fn says_of(&self, distance: u32, movements: usize) -> f64 {
        let share = f64::from(self.alike + 1) * self.stride as f64 / movements.max(1) as f64;
        let ratio = f64::from(distance.max(SAME)) / f64::from(squared(ALIKE));
        let expected = ONE_PERSON * SHAPES as f64 * share.min(1.0) * ratio * ratio;
        (-expected.ln()).clamp(0.0, MOST)
    }
}

fn squared(radius: u8) -> u32 {
    u32::from(radius) * u32::from(radius)
}
