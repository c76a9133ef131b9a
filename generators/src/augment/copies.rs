//! Copies of a recording as a replaying bot would send them: warped enough that no number repeats.

use schemas::recording::Recording;

use super::{add_noise, change_tempo, resample, round_positions, turn_and_scale, warp_time};
use crate::dice::Dice;

/// How much a copy differs from its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difficulty {
    /// Turned, scaled by 0.7 to 1.4, tempo within 8 %, noise of 0.2 px, 60 positions a second.
    Easy,
    /// Also a tempo that wavers by up to 4 % and 2 %, noise of 1 px, and 40 positions a second.
    Hard,
}

impl Difficulty {
    /// `easy` or `hard`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Hard => "hard",
        }
    }

    /// Milliseconds between two positions, and the noise on each in pixels.
    fn recorder(self) -> (f64, f64) {
        match self {
            Self::Easy => (1000.0 / 60.0, 0.2),
            Self::Hard => (25.0, 1.0),
        }
    }
}

/// `count` copies of `recording`, each with changes of its own in whole pixels and milliseconds. They are
/// labelled bots of kind `replay_easy` or `replay_hard`, and named after the original.
pub fn replay_copies(
    recording: &Recording,
    count: usize,
    difficulty: Difficulty,
    seed: u64,
) -> Vec<Recording> {
    (0..count)
        .map(|number| {
            let stream = u64::try_from(number).unwrap_or(u64::MAX);
            copy(recording, number, difficulty, Dice::new(seed, stream))
        })
        .collect()
}

fn copy(recording: &Recording, number: usize, difficulty: Difficulty, mut dice: Dice) -> Recording {
    let (period, noise) = difficulty.recorder();
    let mut copy = turn_and_scale(
        recording,
        dice.between(-std::f64::consts::PI, std::f64::consts::PI),
        dice.between(0.7, 1.4),
    );
    if difficulty == Difficulty::Hard {
        copy = warp_time(&copy, 0.04, 0.02, dice.seed());
    }
    copy = change_tempo(&copy, dice.between(0.92, 1.08));
    copy = resample(&copy, period, dice.seed());
    copy = round_positions(&add_noise(&copy, noise, dice.seed()));
    copy.session_id = format!("{}/{}/{number}", recording.session_id, difficulty.as_str());
    copy.label = Some("bot".to_owned());
    copy.kind = Some(format!("replay_{}", difficulty.as_str()));
    copy
}
