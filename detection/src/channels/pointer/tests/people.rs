//! Simulated people and bots, at any sampling step.

use generators::{Generator, Kind, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::{RecordedEvent, Recording};

use super::super::Surroundings;
use super::script::*;
use crate::window::Window;

fn recorded(kind: Kind, seed: u64) -> Recording {
    Generator::new(seed, Mix::only(kind))
        .session(0)
        .to_recording()
        .unwrap()
}

/// Folds `recording`; of its moves only those `step` milliseconds after the one before, and the last of each way.
fn thinned(recording: &Recording, step: f64) -> Window {
    let is_move = |event: &RecordedEvent| {
        let mut text = String::new();
        event.write_canonical(0, &mut text);
        text.contains(r#""mouse_move""#)
    };
    let events = &recording.events;
    let mut kept = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for (index, event) in events.iter().enumerate() {
        let ends = events.get(index + 1).is_none_or(|next| !is_move(next));
        if !is_move(event) || ends || event.offset_ms - last >= step - 1.0 {
            if is_move(event) {
                last = event.offset_ms;
            }
            kept.push(event.clone());
        }
    }
    let limits = BatchLimits {
        max_events: 100_000,
        events: EventLimits::NONE,
    };
    let body = Recording::batch_json(&kept, START);
    let batch = scan_request(&body, &limits).unwrap();
    let mut window = Window::new();
    window.fold(&BatchRecord::decode(&batch.encode("b")).unwrap());
    window
}

/// Simulated people, each with a pointing of their own.
const PEOPLE: [Kind; 11] = [
    Kind::MouseUser,
    Kind::TouchUser,
    Kind::KeyboardUser,
    Kind::TouchDrawer,
    Kind::FingerDrawer,
    Kind::MouseDrawer,
    Kind::Dragger,
    Kind::RemoteUser,
    Kind::TouchpadUser,
    Kind::BinaryChooser,
    Kind::AssistiveUser,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn simulated_people_are_silent_at_any_sampling_step(
        kind in prop::sample::select(&PEOPLE[..]),
        seed: u64,
        step in 0.0f64..110.0,
    ) {
        let window = thinned(&recorded(kind, seed), step);
        let judgement = judged(&window.pointer, Surroundings::default());
        prop_assert!(judgement.score() <= 0.2, "{:?}", judgement.findings);
    }

    /// What a hand does not do shows through any sampling: the share of crude ways moves by a tenth at most.
    #[test]
    fn jumps_and_lines_look_the_same_at_any_sampling_step(samples in 20u32..60, step in 8i64..20, keep in 0.0f64..110.0) {
        let whole = lines(30, samples, step, |share| share);
        let ways = whole.window().pointer.approaches.pressed;
        prop_assert!(ways.share(ways.crude) >= 0.85);
        let few = u32::try_from((i64::from(samples) * step).unsigned_abs()).unwrap() / (keep.max(8.0) as u32);
        let coarse = lines(30, few.max(3), keep.max(8.0) as i64, |share| share).window().pointer.approaches.pressed;
        prop_assert!((coarse.share(coarse.crude) - ways.share(ways.crude)).abs() <= 0.1, "{coarse:?} {ways:?}");
    }
}
