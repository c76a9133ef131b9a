//! Whole sessions, made by the project's own generators, through window and verdict.

#![expect(
    clippy::unwrap_used,
    reason = "a session that does not decode is a failed test"
)]

use std::collections::BTreeMap;

use detection::{Folded, Ruleset, Window};
use generators::{Generator, Kind, Label, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::Recording;
use schemas::verdict::{Method, SessionClass, Verdict};

const START: i64 = 1_790_000_000_000;

fn fold(window: &mut Window, recording: &Recording, batch_events: usize) {
    let limits = BatchLimits {
        max_events: 100_000,
        events: EventLimits::NONE,
    };
    for chunk in recording.events.chunks(batch_events) {
        let body = Recording::batch_json(chunk, START);
        let batch = scan_request(&body, &limits).unwrap();
        assert_eq!(batch.rejected, []);
        let value = batch.encode("b");
        assert_eq!(
            window.fold(&BatchRecord::decode(&value).unwrap()),
            Folded::Folded
        );
    }
}

fn judge(recording: &Recording, batch_events: usize) -> Verdict {
    let mut window = Window::new();
    fold(&mut window, recording, batch_events);
    window.verdict(&Ruleset::default())
}

fn sessions(kind: Kind, count: usize) -> Vec<Recording> {
    let generator = Generator::new(5, Mix::only(kind));
    (0..count as u64)
        .map(|index| generator.session(index).to_recording().unwrap())
        .collect()
}

fn batch_of(events: &str, envelope: &str) -> Window {
    let mut window = Window::new();
    let value = format!("{{\"batch_id\":\"b\",{envelope}\"events\":[{events}]}}");
    window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
    window
}

/// The kinds whose mechanics give them away; the smooth ones are work of a later version, and said so.
#[test]
fn crude_bots_are_flagged_and_simulated_people_are_not() {
    const CRUDE: [Kind; 4] = [
        Kind::LinearSteps,
        Kind::TeleportFill,
        Kind::ConstantTypist,
        Kind::HoneypotFiller,
    ];
    let people = Kind::ALL
        .into_iter()
        .filter(|kind| kind.label() == Label::Human);
    let flagged: BTreeMap<Kind, usize> = people
        .chain(CRUDE)
        .map(|kind| {
            let sessions = sessions(kind, 30);
            let count = sessions.iter().filter(|session| judge(session, 50).is_bot);
            (kind, count.count())
        })
        .collect();
    for (kind, count) in &flagged {
        let expected = if kind.label() == Label::Human { 0 } else { 30 };
        assert_eq!(*count, expected, "{kind:?} of {flagged:?}");
    }
}

#[test]
fn every_reason_has_a_sentence_and_a_weight() {
    for kind in Kind::ALL {
        for session in sessions(kind, 5) {
            for reason in judge(&session, 50).reasons {
                assert!(
                    reason.text.ends_with('.') && reason.text.len() > 20,
                    "{reason:?}"
                );
                assert!(reason.weight > 0.0 && reason.weight < 1.0, "{reason:?}");
                assert!(
                    reason.evidence.values().all(|value| value.is_finite()),
                    "{reason:?}"
                );
                let method = serde_json::to_value(reason.method).unwrap();
                assert!(
                    reason.code.starts_with(method.as_str().unwrap()),
                    "{reason:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_seen_is_insufficient_and_not_human() {
    let verdict = Window::new().verdict(&Ruleset::default());
    assert_eq!(
        (verdict.class, verdict.is_bot),
        (SessionClass::InsufficientData, false)
    );
    assert!(!verdict.data_sufficiency.sufficient);
    assert_eq!(verdict.data_sufficiency.absent.len(), 8);
}

#[test]
fn a_touch_session_is_not_judged_for_teleports() {
    let taps: Vec<String> = (0..20)
        .flat_map(|tap| {
            let (at, x) = (START + tap * 2000 + tap * tap % 7 * 311, tap * 137 % 900);
            let touch = |phase: &str, at: i64| format!(r#"{{"event_type":"touch","timestamp":{at},"data":{{"phase":"{phase}","x":{x},"y":40}}}}"#);
            let click = format!(r#"{{"event_type":"click","timestamp":{},"data":{{"x":{x},"y":40,"pointer_type":"touch"}}}}"#, at + 81);
            [touch("start", at), touch("end", at + 80), click]
        })
        .collect();
    let verdict = batch_of(&taps.join(","), "").verdict(&Ruleset::default());
    assert_eq!(verdict.reasons, [], "{verdict:?}");
}

#[test]
fn missing_channels_are_named() {
    let people = sessions(Kind::KeyboardUser, 1);
    let verdict = judge(&people[0], 50);
    let data = &verdict.data_sufficiency;
    assert_eq!(
        data.judged.len() + data.too_little.len() + data.absent.len(),
        8
    );
    assert!(data.absent.contains(&Method::Mouse), "{data:?}");
}

#[test]
fn a_duplicate_batch_changes_nothing() {
    let event = r#"{"event_type":"click","timestamp":1790000000000,"data":{"x":1,"y":2}}"#;
    let envelope = r#""writer":"w","sequence":4,"#;
    let mut window = batch_of(event, envelope);
    let before = window;
    let value = format!("{{\"batch_id\":\"b\",{envelope}\"events\":[{event}]}}");
    let again = BatchRecord::decode(value.as_bytes()).unwrap();
    assert_eq!(window.fold(&again), Folded::Duplicate);
    assert_eq!(window.event_count(), before.event_count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn how_events_are_batched_changes_no_verdict(kind in prop::sample::select(&Kind::ALL[..]), seed: u64, size in 1usize..400) {
        let session = Generator::new(seed, Mix::only(kind)).session(0).to_recording().unwrap();
        prop_assert_eq!(judge(&session, size), judge(&session, usize::MAX));
    }

    /// What a worker stores of a window is the window, to the last bit.
    #[test]
    fn a_window_survives_being_put_away_at_any_point(kind in prop::sample::select(&Kind::ALL[..]), seed: u64, size in 1usize..60, share in 0.0f64..1.0) {
        let mut session = Generator::new(seed, Mix::only(kind)).session(0).to_recording().unwrap();
        let (before, after) = {
            let events = std::mem::take(&mut session.events);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small number")]
            let at = (events.len() as f64 * share) as usize;
            (events[..at].to_vec(), events[at..].to_vec())
        };
        let mut whole = Window::new();
        session.events = before;
        fold(&mut whole, &session, size);
        let bytes = postcard::to_allocvec(&whole).unwrap();
        let mut stored: Window = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&stored, &whole);
        session.events = after;
        fold(&mut whole, &session, size);
        fold(&mut stored, &session, size);
        prop_assert_eq!(postcard::to_allocvec(&stored).unwrap(), postcard::to_allocvec(&whole).unwrap());
    }
}
