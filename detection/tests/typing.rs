//! Sessions with keys, made by the project's own generators and by hand, through window and verdict.

#![expect(
    clippy::unwrap_used,
    reason = "a session that does not decode is a failed test"
)]

use std::fmt::Write as _;

use detection::{Ruleset, Window};
use generators::{Generator, Kind, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::Recording;
use schemas::verdict::{Method, Verdict};

const START: i64 = 1_790_000_000_000;

fn judge(events: &[schemas::recording::RecordedEvent]) -> Verdict {
    let mut window = Window::new();
    let limits = BatchLimits {
        max_events: 10_000,
        events: EventLimits::NONE,
    };
    for chunk in events.chunks(400) {
        let batch_json = Recording::batch_json(chunk, START);
        let batch = scan_request(&batch_json, &limits).unwrap();
        window.fold(&BatchRecord::decode(&batch.encode("b")).unwrap());
    }
    window.verdict(&Ruleset::default())
}

fn session(kind: Kind, index: u64) -> Recording {
    let generator = Generator::new(23, Mix::only(kind));
    generator.session(index).to_recording().unwrap()
}

/// A recorded session of presses: class, time and dwell in milliseconds, and more fields.
fn presses(
    keys: impl IntoIterator<Item = (&'static str, u64, Option<u64>)>,
    more: &str,
) -> Recording {
    let mut text = String::from(r#"{"session_id":"s","events":["#);
    for (index, (key, at, dwell)) in keys.into_iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let dwell = dwell.map_or(String::new(), |dwell| format!(r#","dwell":{dwell}"#));
        write!(
            text,
            r#"{comma}{{"type":"keypress","t":{at},"key":"{key}"{dwell}{more}}}"#
        )
        .unwrap();
    }
    text.push_str("]}");
    Recording::parse(&text).unwrap()
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict
        .reasons
        .iter()
        .map(|reason| reason.code.as_str())
        .collect()
}

const WORD: [&str; 6] = ["letter", "letter", "letter", "letter", "letter", "space"];

#[test]
fn simulated_people_who_type_are_silent_for_the_keys() {
    for kind in [
        Kind::Typist,
        Kind::KeyboardUser,
        Kind::TouchUser,
        Kind::MouseUser,
    ] {
        for index in 0..25 {
            let verdict = judge(&session(kind, index).events);
            let keys = codes(&verdict)
                .iter()
                .any(|code| code.starts_with("keystroke"));
            assert!(!keys, "{kind} {index}: {verdict:?}");
        }
    }
}

/// Only sessions with enough text: the limits were set on recorded people.
#[test]
fn simulated_rhythms_that_ignore_the_text_are_found_in_long_texts() {
    for kind in [
        Kind::KeysLognormal,
        Kind::KeysMixture,
        Kind::KeysTypos,
        Kind::KeysAutoregressive,
        Kind::KeysSlowSpace,
    ] {
        let (mut long, mut found) = (0, 0);
        for index in 0..30 {
            let session = session(kind, index);
            let mut text = String::new();
            session
                .events
                .iter()
                .for_each(|event| event.write_canonical(START, &mut text));
            if text.matches("keypress").count() >= 250 {
                long += 1;
                found +=
                    u32::from(codes(&judge(&session.events)).contains(&"keystroke.independent"));
            }
        }
        assert!(
            long >= 5 && f64::from(found) >= 0.8 * f64::from(long),
            "{kind}: {found} of {long}"
        );
    }
}

#[test]
fn typing_at_a_constant_delay_is_found_from_twenty_presses() {
    for (delay, jitter) in [(1, 1), (12, 3), (50, 4), (100, 6), (180, 12)] {
        let keys = (0..24u64).map(|n| {
            let at = 1000 + n * delay + (n * n * 7 + n * 3) % (jitter + 1);
            (WORD[n as usize % 6], at, Some(n % 3))
        });
        let verdict = judge(&presses(keys, "").events);
        assert!(verdict.is_bot, "{delay} ms: {verdict:?}");
    }
}

#[test]
fn a_clock_that_changes_its_pace_between_texts_is_still_a_clock() {
    let mut at = 0;
    let keys: Vec<_> = (0..120u64)
        .map(|n| {
            at += [30, 90, 51][n as usize / 40] + n * 5 % 4;
            (WORD[n as usize % 6], at, None)
        })
        .collect();
    let verdict = judge(&presses(keys, "").events);
    assert_eq!(codes(&verdict), ["keystroke.clockwork"]);
}

#[test]
fn a_log_without_a_clock_or_without_classes_is_not_judged() {
    let untimed = (0..300).map(|n| (WORD[n % 6], 5, Some(0)));
    let unnamed = (0..300u64).map(|n| ("other", n * 130 + n * n % 57, None));
    for log in [presses(untimed, ""), presses(unnamed, "")] {
        let verdict = judge(&log.events);
        assert_eq!(codes(&verdict), Vec::<&str>::new());
        assert!(
            verdict
                .data_sufficiency
                .too_little
                .contains(&Method::Keystroke)
        );
    }
}

#[test]
fn keys_without_a_dwell_or_of_a_phone_are_no_evidence() {
    let person = session(Kind::Typist, 1);
    let strip = |dwell: Option<u64>| {
        let keys = (0..300u64).map(move |n| {
            let pause = if n % 6 == 0 { 160 } else { 0 };
            (
                WORD[n as usize % 6],
                n * 260 + n * n * 31 % 170 + pause,
                dwell,
            )
        });
        presses(keys, "")
    };
    for dwell in [None, Some(0), Some(91)] {
        let verdict = judge(&strip(dwell).events);
        assert!(
            !codes(&verdict).contains(&"keystroke.instant_keys"),
            "{dwell:?}: {verdict:?}"
        );
    }
    assert!(!judge(&person.events).is_bot);
}

#[test]
fn getting_about_by_keyboard_and_held_keys_are_not_typing() {
    let about = (0..200u64).map(|n| {
        (
            ["Tab", "Arrow", "Arrow", "space", "Tab", "Enter"][n as usize % 6],
            n * 120,
            Some(60),
        )
    });
    let held = (0..200u64).map(|n| ("Backspace", n * 33, Some(20)));
    for log in [presses(about, ""), presses(held, "")] {
        let verdict = judge(&log.events);
        assert_eq!(codes(&verdict), Vec::<&str>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Page, focus and input events exist in some sources only.
    #[test]
    fn events_beside_the_keys_change_nothing_of_the_keys(kind in prop::sample::select(&Kind::ALL[..]), index in 0u64..200) {
        let whole = session(kind, index);
        let keys = |verdict: Verdict| {
            let reasons = verdict.reasons.into_iter();
            reasons.filter(|reason| reason.method == Method::Keystroke).collect::<Vec<_>>()
        };
        let stripped: Vec<_> = whole
            .events
            .iter()
            .filter(|event| {
                let mut text = String::new();
                event.write_canonical(START, &mut text);
                !["page", "question", "focus", "blur", "visibility", "paste", "scroll"]
                    .iter()
                    .any(|kind| text.contains(&format!(r#""event_type":"{kind}"#)))
            })
            .cloned()
            .collect();
        prop_assert_eq!(keys(judge(&whole.events)), keys(judge(&stripped)));
    }
}
