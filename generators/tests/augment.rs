//! Variations of recordings keep what they promise.

#![expect(
    clippy::unwrap_used,
    reason = "a session that is no recording is a failed test"
)]

use generators::augment::{
    DeviceClass, Difficulty, add_noise, change_tempo, mirror, replay_copies, resample,
    round_positions, seen_by, thin, turn_and_scale, warp_time,
};
use generators::{Generator, Kind, Mix};
use proptest::prelude::*;
use schemas::recording::{RecordedEvent, Recording};

fn recording(kind: Kind, seed: u64) -> Recording {
    Generator::new(seed, Mix::only(kind))
        .session(0)
        .to_recording()
        .unwrap()
}

fn text(recording: &Recording) -> String {
    Recording::batch_json(&recording.events, 0)
}

fn moves(recording: &Recording) -> Vec<&RecordedEvent> {
    let events = recording.events.iter();
    events.filter(|event| event.is_move()).collect()
}

fn others(recording: &Recording) -> usize {
    recording.events.len() - moves(recording).len()
}

fn in_order(recording: &Recording) -> bool {
    recording
        .events
        .is_sorted_by(|one, other| one.offset_ms <= other.offset_ms)
}

/// Largest distance between places of two recordings with the same events.
fn apart(one: &Recording, other: &Recording) -> f64 {
    one.events
        .iter()
        .zip(&other.events)
        .filter_map(|(one, other)| one.position().zip(other.position()))
        .map(|((x, y), (other_x, other_y))| (x - other_x).hypot(y - other_y))
        .fold(0.0, f64::max)
}

const WITH_MOVES: [Kind; 6] = [
    Kind::MouseUser,
    Kind::TouchDrawer,
    Kind::FingerDrawer,
    Kind::Dragger,
    Kind::TouchUser,
    Kind::WindMouse,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn times_stay_in_order_and_only_moves_come_and_go(kind in prop::sample::select(&WITH_MOVES[..]), seed: u64) {
        let original = recording(kind, seed);
        let mut varied = vec![
            thin(&original, 50.0),
            resample(&original, 16.7, seed),
            change_tempo(&original, 1.1),
            warp_time(&original, 0.07, 0.07, seed),
            add_noise(&original, 1.0, seed),
            turn_and_scale(&original, 1.0, 0.8),
            mirror(&original, 1280.0),
        ];
        varied.extend(DeviceClass::ALL.map(|class| seen_by(&original, class, seed)));
        varied.extend(replay_copies(&original, 2, Difficulty::Hard, seed));
        for (number, variation) in varied.iter().enumerate() {
            prop_assert!(in_order(variation), "variation {}", number);
            prop_assert_eq!(others(variation), others(&original), "variation {}", number);
            prop_assert!(moves(variation).len() <= moves(&original).len(), "variation {}", number);
        }
    }

    #[test]
    fn a_thinned_recording_keeps_first_and_last_and_is_not_thinned_further(kind in prop::sample::select(&WITH_MOVES[..]), seed: u64, step in 20.0f64..120.0) {
        let original = recording(kind, seed);
        let thinned = thin(&original, step);
        let ends = |recording: &Recording| {
            let moves = moves(recording);
            [moves.first(), moves.last()].map(|event| event.map(|event| (event.offset_ms, event.position())))
        };
        prop_assert_eq!(ends(&thinned), ends(&original));
        prop_assert_eq!(text(&thin(&thinned, step)), text(&thinned));
        prop_assert!(moves(&thinned).len() < moves(&original).len() || moves(&original).len() < 20);
    }

    #[test]
    fn one_seed_makes_one_variation(seed: u64) {
        let original = recording(Kind::MouseUser, 3);
        for difficulty in [Difficulty::Easy, Difficulty::Hard] {
            let made = |seed| {
                let copies = replay_copies(&original, 2, difficulty, seed);
                copies.iter().map(text).collect::<Vec<String>>()
            };
            prop_assert_eq!(made(seed), made(seed));
            prop_assert_ne!(&made(seed)[0], &made(seed)[1]);
            prop_assert_ne!(made(seed), made(seed.wrapping_add(1)));
        }
    }
}

#[test]
fn turning_back_and_mirroring_twice_restore_the_places() {
    let original = recording(Kind::MouseUser, 8);
    // Half a turn keeps the middle of all places, so the way back is half a turn, too.
    let turned = turn_and_scale(&original, std::f64::consts::PI, 1.0);
    assert!(apart(&original, &turned) > 100.0);
    let back = turn_and_scale(&turned, -std::f64::consts::PI, 1.0);
    assert!(apart(&original, &back) < 1e-6);
    assert_eq!(
        text(&mirror(&mirror(&original, 1280.0), 1280.0)),
        text(&original)
    );
    let halved = turn_and_scale(&original, 0.0, 0.5);
    let doubled = turn_and_scale(&halved, 0.0, 2.0);
    assert!(apart(&original, &doubled) < 1e-6);
}

#[test]
fn noise_has_the_stated_size_and_rounding_removes_fractions() {
    let original = recording(Kind::MouseUser, 8);
    let noisy = add_noise(&original, 1.0, 5);
    let offsets: Vec<f64> = moves(&original)
        .iter()
        .zip(moves(&noisy))
        .filter_map(|(one, other)| one.number("x").zip(other.number("x")))
        .map(|(one, other)| other - one)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "some thousand moves")]
    let count = offsets.len() as f64;
    let deviation = (offsets.iter().map(|offset| offset * offset).sum::<f64>() / count).sqrt();
    assert!((0.9..1.1).contains(&deviation), "{deviation}");
    for event in &round_positions(&noisy).events {
        if let Some((x, y)) = event.position() {
            assert!(x.fract() == 0.0 && y.fract() == 0.0);
        }
    }
}

#[test]
fn tempo_stretches_times_and_dwells_and_wavering_keeps_the_length() {
    let original = recording(Kind::Typist, 8);
    let slower = change_tempo(&original, 1.25);
    for (one, other) in original.events.iter().zip(&slower.events) {
        assert!((other.offset_ms - one.offset_ms * 1.25).abs() <= 0.5);
        if let Some((before, after)) = one.number("dwell").zip(other.number("dwell")) {
            assert!((after - before * 1.25).abs() <= 0.5);
        }
    }
    let wavering = warp_time(&original, 0.04, 0.02, 1);
    assert_eq!(
        wavering.duration_ms().to_bits(),
        original.duration_ms().to_bits()
    );
    assert_ne!(text(&wavering), text(&original));
}

#[test]
fn devices_report_as_seldom_as_they_say_and_coarse_recordings_stay() {
    let original = recording(Kind::MouseUser, 8);
    for class in [
        DeviceClass::Frames,
        DeviceClass::Polled,
        DeviceClass::Remote,
    ] {
        let seen = seen_by(&original, class, 1);
        let moves = moves(&seen);
        let mut steps: Vec<f64> = moves
            .windows(2)
            .map(|pair| pair[1].offset_ms - pair[0].offset_ms)
            .filter(|step| *step <= 250.0)
            .collect();
        steps.sort_by(f64::total_cmp);
        let (median, period) = (steps[steps.len() / 2], class.period_ms());
        assert!(
            (median - period).abs() <= 0.12 * period,
            "{class:?}: {median} ms"
        );
    }
    let remote = seen_by(&original, DeviceClass::Remote, 1);
    let again = resample(&remote, DeviceClass::Frames.period_ms(), 2);
    assert_eq!(text(&again), text(&remote));
}

#[test]
fn copies_are_named_and_labelled_and_keep_the_shape_of_every_way() {
    let original = recording(Kind::MouseUser, 8);
    let copies = replay_copies(&original, 3, Difficulty::Easy, 7);
    assert_eq!(copies.len(), 3);
    for (number, copy) in copies.iter().enumerate() {
        assert_eq!(
            copy.session_id,
            format!("{}/easy/{number}", original.session_id)
        );
        assert_eq!(copy.label.as_deref(), Some("bot"));
        assert_eq!(copy.kind.as_deref(), Some("replay_easy"));
        let tempo = copy.duration_ms() / original.duration_ms();
        assert!((0.92..=1.08).contains(&tempo), "{tempo}");
        // The ways between presses keep their proportions, whatever the turn and the scale.
        let (before, after) = (ways(&original), ways(copy));
        let (way, other) = before
            .iter()
            .zip(&after)
            .max_by(|a, b| a.0.total_cmp(b.0))
            .unwrap();
        let scale = other / way;
        assert!((0.69..1.41).contains(&scale), "{scale}");
        for (one, other) in before.iter().zip(&after) {
            assert!(
                (other - one * scale).abs() < 3.0,
                "{one} px became {other} px"
            );
        }
    }
}

/// Pixels from each press, release or click to the next.
fn ways(recording: &Recording) -> Vec<f64> {
    let events = recording.events.iter().filter(|event| !event.is_move());
    let places: Vec<(f64, f64)> = events.filter_map(RecordedEvent::position).collect();
    let way = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    places.windows(2).map(way).collect()
}
