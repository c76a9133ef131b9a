//! Variations of recorded sessions: coarser sampling, noise, other tempo, turned and mirrored ways, the
//! look of another device, and the warped copies that a replaying bot sends.
//!
//! For training (a method must not learn one recorder's habits) and for tests. Every variation is a pure
//! function of the recording, its parameters and a seed. Times stay in order; no event gets a field that
//! it did not have; nothing but moves is ever left out or added.

mod copies;
mod places;
mod sampling;
mod times;

pub use copies::{Difficulty, replay_copies};
pub use places::{add_noise, mirror, round_positions, turn_and_scale};
pub use sampling::{DeviceClass, resample, seen_by, thin};
pub use times::{change_tempo, warp_time};

use schemas::recording::{RecordedEvent, Recording};

/// Milliseconds without a move that end a run of moves.
const REST: f64 = 250.0;

/// `recording` with other events.
fn with_events(recording: &Recording, events: Vec<RecordedEvent>) -> Recording {
    Recording {
        events,
        ..recording.clone()
    }
}

/// The moves of each run, as positions in `events`. A run ends at a rest, and at anything else that has
/// a place (a press, a click, a touch that begins or ends); scrolling and keys do not end it.
fn runs(events: &[RecordedEvent]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut open = false;
    for (index, event) in events.iter().enumerate() {
        if !event.is_move() {
            open &= event.position().is_none();
            continue;
        }
        let last = runs.last_mut().filter(|_| open);
        match last {
            Some(run)
                if run
                    .last()
                    .is_some_and(|last| event.offset_ms - events[*last].offset_ms <= REST) =>
            {
                run.push(index);
            }
            _ => runs.push(vec![index]),
        }
        open = true;
    }
    runs
}

/// Brings events back into the order of their times; equal ones keep theirs.
fn in_order(mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    events.sort_by(|one, other| one.offset_ms.total_cmp(&other.offset_ms));
    events
}
