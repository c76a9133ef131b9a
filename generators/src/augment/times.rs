//! Other times: a tempo of one's own, and a tempo that wavers.

use schemas::recording::{RecordedEvent, Recording};

use super::{REST, in_order, with_events};
use crate::dice::Dice;

/// Every time and every duration times `factor`, rounded to whole milliseconds.
pub fn change_tempo(recording: &Recording, factor: f64) -> Recording {
    let mut events = recording.events.clone();
    for event in &mut events {
        event.offset_ms = (event.offset_ms * factor).round();
        for field in ["dwell", "duration"] {
            if let Some(duration) = event.number(field) {
                event.set_number(field, (duration * factor).round());
            }
        }
    }
    with_events(recording, events)
}

/// Lets the tempo waver inside each stretch of activity, whose ends stay: share u of its time becomes
/// u + a sin πu + b sin 2πu, a and b drawn up to `slow` and `fast`. Each is at most 0.07, so that time
/// never runs backwards.
pub fn warp_time(recording: &Recording, slow: f64, fast: f64, seed: u64) -> Recording {
    let (slow, fast) = (slow.clamp(0.0, 0.07), fast.clamp(0.0, 0.07));
    let mut dice = Dice::new(seed, 0);
    let mut events = recording.events.clone();
    let mut start = 0;
    while start < events.len() {
        let rest = |pair: &[RecordedEvent]| pair[1].offset_ms - pair[0].offset_ms > REST;
        let length = events[start..].windows(2).position(rest);
        let end = length.map_or(events.len(), |length| start + length + 1);
        let (a, b) = (dice.between(-slow, slow), dice.between(-fast, fast));
        warp(&mut events[start..end], a, b);
        start = end;
    }
    with_events(recording, in_order(events))
}

fn warp(stretch: &mut [RecordedEvent], a: f64, b: f64) {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
        return;
    };
    let (from, whole) = (first.offset_ms, last.offset_ms - first.offset_ms);
    if whole <= 0.0 {
        return;
    }
    for event in stretch {
        let share = (event.offset_ms - from) / whole;
        let angle = std::f64::consts::PI * share;
        let warped = share + a * angle.sin() + b * (2.0 * angle).sin();
        event.offset_ms = (from + whole * warped).round();
    }
}
