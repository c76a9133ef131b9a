//! Fewer moves: what a slower recorder would have seen.

use schemas::recording::{RecordedEvent, Recording};

use super::{in_order, round_positions, runs, with_events};
use crate::dice::Dice;

/// Leaves out moves that follow the last kept one of their run by less than `step` milliseconds (less
/// one of tolerance); the first and the last of each run stay.
pub fn thin(recording: &Recording, step: f64) -> Recording {
    let events = &recording.events;
    let mut kept = vec![true; events.len()];
    for run in runs(events) {
        let mut since = f64::NEG_INFINITY;
        let last = run.last().copied();
        for index in run {
            let at = events[index].offset_ms;
            kept[index] = at - since >= step - 1.0 || Some(index) == last;
            if kept[index] {
                since = at;
            }
        }
    }
    let left = events.iter().zip(kept).filter(|(_, kept)| *kept);
    with_events(recording, left.map(|(event, _)| event.clone()).collect())
}

/// Replaces the moves of each run by interpolated ones every `period` milliseconds, with a jitter of a
/// twentieth of it; the first and the last stay. A run that was recorded more coarsely than that is left
/// alone: nothing is invented between its positions.
pub fn resample(recording: &Recording, period: f64, seed: u64) -> Recording {
    let mut dice = Dice::new(seed, 0);
    let events = &recording.events;
    let mut made = Vec::with_capacity(events.len());
    made.extend(events.iter().filter(|event| !event.is_move()).cloned());
    for run in runs(events) {
        let moves: Vec<&RecordedEvent> = run.iter().map(|index| &events[*index]).collect();
        if typical_step(&moves) >= period * 0.9 {
            made.extend(moves.into_iter().cloned());
        } else {
            made.extend(between(&moves, period, &mut dice));
        }
    }
    with_events(recording, in_order(made))
}

/// The median time between two moves.
fn typical_step(moves: &[&RecordedEvent]) -> f64 {
    let mut steps: Vec<f64> = moves
        .windows(2)
        .map(|pair| pair[1].offset_ms - pair[0].offset_ms)
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(f64::INFINITY)
}

fn between(moves: &[&RecordedEvent], period: f64, dice: &mut Dice) -> Vec<RecordedEvent> {
    let (Some(first), Some(last)) = (moves.first(), moves.last()) else {
        return Vec::new();
    };
    let mut made = vec![(*first).clone()];
    let mut index = 0;
    let mut at = first.offset_ms;
    loop {
        at += dice.normal(period, period * 0.05).max(1.0);
        if at + period * 0.5 >= last.offset_ms {
            break;
        }
        while moves[index + 1].offset_ms < at {
            index += 1;
        }
        let (before, after) = (moves[index], moves[index + 1]);
        let whole = (after.offset_ms - before.offset_ms).max(1e-9);
        let share = ((at - before.offset_ms) / whole).clamp(0.0, 1.0);
        let mut event = before.clone();
        event.offset_ms = at.round();
        if let Some(((x, y), (to_x, to_y))) = before.position().zip(after.position()) {
            event.set_position((x + (to_x - x) * share, y + (to_y - y) * share));
        }
        made.push(event);
    }
    if moves.len() > 1 {
        made.push((*last).clone());
    }
    made
}

/// How a kind of device reports a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceClass {
    /// A mouse at 125 reports a second, whole pixels.
    Mouse,
    /// A browser that reports once a frame, 60 times a second, whole pixels.
    Frames,
    /// A slow machine or a polling script: 40 times a second, whole pixels.
    Polled,
    /// A remote desktop: nine times a second, whole pixels.
    Remote,
}

impl DeviceClass {
    /// Every class, from fine to coarse.
    pub const ALL: [Self; 4] = [Self::Mouse, Self::Frames, Self::Polled, Self::Remote];

    /// Milliseconds between two reports.
    pub fn period_ms(self) -> f64 {
        match self {
            Self::Mouse => 8.0,
            Self::Frames => 1000.0 / 60.0,
            Self::Polled => 25.0,
            Self::Remote => 110.0,
        }
    }
}

/// The recording as a device of `class` would have reported it: coarser, in whole pixels. A recording
/// that is coarser already keeps its moves.
pub fn seen_by(recording: &Recording, class: DeviceClass, seed: u64) -> Recording {
    round_positions(&resample(recording, class.period_ms(), seed))
}
