//! Bots that type in a rhythm of their own and are people in everything else, so that only the keys
//! tell them from people.

use super::rhythms::{Rhythm, RhythmicKeys};
use crate::dice::Dice;
use crate::people::{at_a_desk_with, pointer_of_a_person};
use crate::session::Event;
use crate::survey::Shape;

const SURVEY: Shape = Shape {
    questions: (8, 12),
    open: 0.5,
};

fn session(mut dice: Dice, keys: RhythmicKeys) -> Vec<Event> {
    // Half of them write enough to judge the keys alone, the others less.
    let verbosity = [(80, 190), (80, 190), (30, 80), (10, 35)][dice.below(4)];
    let hand = pointer_of_a_person(&mut dice);
    at_a_desk_with(dice, SURVEY, (Box::new(hand), Box::new(keys)), verbosity)
}

fn in_rhythm(mut dice: Dice, rhythm: impl FnOnce(&mut Dice, f64) -> Rhythm) -> Vec<Event> {
    // 75 to 240 ms a key: 50 to 160 words a minute.
    let pace = dice.around(140.0, 0.25).clamp(75.0, 240.0);
    let rhythm = rhythm(&mut dice, pace);
    let keys = RhythmicKeys::new(&mut dice, rhythm);
    session(dice, keys)
}

/// The same delay before each key.
pub(crate) fn constant(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |_, pace| Rhythm::Constant(pace))
}

/// Normal intervals.
pub(crate) fn normal(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, mean| Rhythm::Normal {
        mean,
        deviation: mean * dice.between(0.15, 0.4),
    })
}

/// Uniform intervals.
pub(crate) fn uniform(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, mean| {
        let half = mean * dice.between(0.25, 0.7);
        Rhythm::Uniform(mean - half, mean + half)
    })
}

/// Gamma intervals.
pub(crate) fn gamma(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, mean| Rhythm::Gamma {
        shape: dice.between(2.0, 10.0),
        mean,
    })
}

/// Log-normal intervals.
pub(crate) fn lognormal(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, median| Rhythm::LogNormal {
        median,
        sigma: dice.between(0.2, 0.5),
    })
}

/// Exponential intervals above a least one.
pub(crate) fn exponential(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, pace| Rhythm::Exponential {
        least: dice.between(15.0, 50.0),
        mean: pace * 0.8,
    })
}

/// Log-normal intervals, with wrong letters that are taken back.
pub(crate) fn typos(mut dice: Dice) -> Vec<Event> {
    let rhythm = Rhythm::LogNormal {
        median: dice.around(140.0, 0.25).clamp(75.0, 240.0),
        sigma: dice.between(0.2, 0.5),
    };
    let keys = RhythmicKeys {
        slips: dice.between(0.015, 0.05),
        ..RhythmicKeys::new(&mut dice, rhythm)
    };
    session(dice, keys)
}

/// Two speeds, drawn key by key.
pub(crate) fn mixture(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, pace| Rhythm::Mixture {
        medians: (pace, pace * dice.between(1.6, 3.5)),
        slow: dice.between(0.08, 0.35),
        sigma: dice.between(0.15, 0.35),
    })
}

/// Log-normal intervals, longer before a space.
pub(crate) fn slow_space(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, median| Rhythm::SlowSpace {
        median,
        sigma: dice.between(0.2, 0.45),
        factor: dice.between(1.15, 1.6),
    })
}

/// Log-normal intervals, each like the one before.
pub(crate) fn autoregressive(dice: Dice) -> Vec<Event> {
    in_rhythm(dice, |dice, median| Rhythm::Autoregressive {
        median,
        sigma: dice.between(0.25, 0.5),
        carry: dice.between(0.3, 0.8),
    })
}
