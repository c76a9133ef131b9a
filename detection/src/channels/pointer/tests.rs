//! Each test fires on its mechanism, and is silent on people of every kind.

use generators::{Generator, Kind, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::{RecordedEvent, Recording};

use super::{Pointer, Surroundings};
use crate::finding::{Judgement, Sufficiency};
use crate::ruleset::Thresholds;
use crate::window::Window;

const START: i64 = 1_790_000_000_000;
/// Weight from which a finding alone makes a bot of a session.
const FLAGS: f64 = 0.6;

/// A session written by hand.
#[derive(Default)]
struct Script {
    now: i64,
    events: Vec<String>,
    dice: u64,
}

impl Script {
    fn emit(&mut self, kind: &str, members: &str) {
        let at = START + self.now;
        let event = format!(r#"{{"event_type":"{kind}","timestamp":{at},"data":{{{members}}}}}"#);
        self.events.push(event);
    }

    fn at(&mut self, kind: &str, (x, y): (f64, f64), more: &str) {
        self.emit(kind, &format!(r#""x":{x},"y":{y}{more}"#));
    }

    fn step(&mut self, to: (f64, f64)) {
        self.at("mouse_move", (to.0.round(), to.1.round()), "");
    }

    /// Presses at `to`, holding for `hold` milliseconds.
    fn press(&mut self, to: (f64, f64), hold: i64) {
        self.at("pointer", to, r#","phase":"down""#);
        self.now += hold;
        self.at("pointer", to, r#","phase":"up""#);
        self.at("click", to, "");
    }

    /// A number from `low` to `high`, the next of a fixed sequence (multiplier of Knuth's MMIX).
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.dice >> 33) as f64 / f64::from(1u32 << 31))
    }

    fn wait(&mut self, low: f64, high: f64) {
        self.now += self.between(low, high) as i64;
    }

    /// Places of a page's targets, in no order.
    fn target(&mut self) -> (f64, f64) {
        (
            self.between(80.0, 1200.0).round(),
            self.between(80.0, 640.0).round(),
        )
    }

    /// A way along `path` (progress 0 to 1 to a position) in `samples` steps of `step` milliseconds.
    fn way(&mut self, samples: u32, step: i64, path: impl Fn(f64) -> (f64, f64)) {
        for sample in 1..=samples {
            self.now += step;
            self.step(path(f64::from(sample) / f64::from(samples)));
        }
    }

    fn window(&self) -> Window {
        let mut window = Window::new();
        let value = format!(
            "{{\"batch_id\":\"b\",\"events\":[{}]}}",
            self.events.join(",")
        );
        window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
        window
    }

    fn judge(&self, surroundings: Surroundings) -> Judgement {
        judged(&self.window().pointer, surroundings)
    }
}

fn judged(pointer: &Pointer, surroundings: Surroundings) -> Judgement {
    pointer.judge(&Thresholds::default(), surroundings)
}

fn weight(judgement: &Judgement, code: &str) -> f64 {
    let found = judgement
        .findings
        .iter()
        .find(|finding| finding.code == code);
    found.map_or(0.0, |finding| finding.weight)
}

fn strongest(judgement: &Judgement) -> f64 {
    let weights = judgement.findings.iter().map(|finding| finding.weight);
    weights.fold(0.0, f64::max)
}

fn line(from: (f64, f64), to: (f64, f64)) -> impl Fn(f64) -> (f64, f64) {
    move |share| {
        (
            from.0 + (to.0 - from.0) * share,
            from.1 + (to.1 - from.1) * share,
        )
    }
}

/// A way as a hand makes it: minimum-jerk speed (Flash and Hogan 1985) along an arc.
fn arc(from: (f64, f64), to: (f64, f64), bend: f64) -> impl Fn(f64) -> (f64, f64) {
    move |time| {
        let share = time * time * time * (10.0 - 15.0 * time + 6.0 * time * time);
        let (x, y) = line(from, to)(share);
        let aside = bend * (std::f64::consts::PI * share).sin();
        (x - (to.1 - from.1) * aside, y + (to.0 - from.0) * aside)
    }
}

/// Presses of a driver that puts the pointer on each target with one move.
fn jumps(presses: u32, delay: i64) -> Script {
    let mut script = Script::default();
    for _ in 0..presses {
        script.wait(300.0, 4000.0);
        let to = script.target();
        script.step(to);
        script.now += delay;
        script.press(to, 1);
    }
    script
}

/// Straight lines at constant speed, as drivers and desktop automation move.
fn lines(presses: u32, samples: u32, step: i64, ease: fn(f64) -> f64) -> Script {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..presses {
        script.wait(400.0, 2500.0);
        let to = script.target();
        let path = line(from, to);
        script.way(samples, step, |share| path(ease(share)));
        script.now += 60;
        script.press(to, 80);
        from = to;
    }
    script
}

/// A person at a pad: arcs, a rest, then a press held for `hold`.
fn hands(presses: u32, step: i64, hold: i64) -> Script {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..presses {
        script.wait(400.0, 2500.0);
        let (to, bend) = (script.target(), script.between(0.03, 0.12));
        let took = script.between(450.0, 900.0) as i64;
        script.way((took / step) as u32, step, arc(from, to, bend));
        script.wait(130.0, 300.0);
        script.press(to, hold);
        from = to;
    }
    script
}

#[test]
fn one_move_onto_each_target_is_a_teleport() {
    for presses in [7, 20] {
        let judgement = jumps(presses, 8).judge(Surroundings::default());
        assert!(weight(&judgement, "mouse.teleport") > 0.9, "{judgement:?}");
        assert_eq!(judgement.sufficiency, Sufficiency::Judged);
    }
}

#[test]
fn a_stalled_connection_or_a_rare_sampling_is_no_teleport() {
    assert_eq!(jumps(4, 8).judge(Surroundings::default()).findings.len(), 0);
    // From 250 ms on, the guard and not the lack of jumps keeps it silent.
    for step in [200, 250, 300, 400] {
        let script = hands(40, step, 90);
        let coarse = script.window().pointer.approaches.is_coarse();
        let found = weight(&script.judge(Surroundings::default()), "mouse.teleport");
        assert!(found == 0.0 && coarse, "{step}");
    }
}

#[test]
fn a_tap_that_a_browser_turned_into_a_click_flags_nobody_who_can_touch() {
    let script = jumps(20, 0);
    let driver = script.judge(Surroundings::default());
    assert!(weight(&driver, "mouse.teleport") >= FLAGS, "{driver:?}");
    let phone = Surroundings {
        touch: true,
        windowed: false,
    };
    assert!(
        script.judge(phone).score() < FLAGS,
        "{:?}",
        script.judge(phone)
    );
}

#[test]
fn touches_beside_the_clicks_explain_the_jumps() {
    let mut script = Script::default();
    for _ in 0..20 {
        script.wait(500.0, 3000.0);
        let to = script.target();
        script.at("touch", to, r#","phase":"start""#);
        script.wait(60.0, 120.0);
        script.at("touch", to, r#","phase":"end""#);
        script.step(to);
        script.press(to, 0);
    }
    let judgement = script.judge(Surroundings::default());
    assert!(strongest(&judgement) <= 0.2, "{judgement:?}");
}

#[test]
fn keys_and_screen_readers_press_centres_without_a_pointer() {
    for buttons in [false, true] {
        let mut script = Script::default();
        for index in 0..20 {
            script.wait(800.0, 4000.0);
            let to = (300.0, 200.0 + 120.0 * f64::from(index % 3));
            if buttons {
                script.at("pointer", to, r#","phase":"down""#);
                script.at("pointer", to, r#","phase":"up""#);
            }
            script.at("click", to, r#","offset_x":0,"offset_y":0"#);
        }
        let judgement = script.judge(Surroundings::default());
        assert!(strongest(&judgement) <= 0.2, "{judgement:?}");
        assert_eq!(judgement.sufficiency, Sufficiency::TooLittle);
    }
}

#[test]
fn a_mouse_user_may_press_buttons_with_keys() {
    let mut script = hands(6, 16, 85);
    for index in 0..12 {
        script.wait(500.0, 1500.0);
        let to = (300.0, 150.0 + 140.0 * f64::from(index % 3));
        script.at("click", to, r#","offset_x":0,"offset_y":0"#);
    }
    assert_eq!(script.judge(Surroundings::default()).findings, []);
}

#[test]
fn exact_lines_are_found_however_they_are_timed_and_sampled() {
    let eases: [fn(f64) -> f64; 3] = [
        |share| share,
        |share| share * share * (3.0 - 2.0 * share),
        |share| share.powi(3),
    ];
    for ease in eases {
        for (samples, step) in [(90, 8), (40, 17), (14, 50), (7, 100)] {
            let judgement = lines(6, samples, step, ease).judge(Surroundings::default());
            assert!(
                weight(&judgement, "mouse.straight_moves") > 0.9,
                "{samples} {judgement:?}"
            );
        }
    }
}

#[test]
fn keys_that_move_the_pointer_along_an_axis_are_no_straight_moves() {
    let mut script = Script::default();
    let mut from = (100.0, 100.0);
    for index in 0..20 {
        script.wait(400.0, 900.0);
        let across = if index % 2 == 0 { 300.0 } else { -300.0 };
        let corner = (from.0 + across, from.1);
        script.way(40, 25, line(from, corner));
        script.now += 350;
        let to = (corner.0 + across / 3.0, corner.1 + 100.0);
        script.way(15, 25, line(corner, to));
        script.now += 200;
        script.press(to, 40 + index * 3);
        from = (to.0, 100.0);
        script.way(15, 25, line(to, from));
    }
    let judgement = script.judge(Surroundings::default());
    assert_eq!(
        weight(&judgement, "mouse.straight_moves"),
        0.0,
        "{judgement:?}"
    );
}

#[test]
fn curves_that_end_sooner_than_a_hand_can_are_swift() {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..5 {
        script.wait(400.0, 2500.0);
        let to = (1220.0 - from.0, 700.0 - from.1);
        script.way(13, 7, arc(from, to, 0.1));
        script.now += 40;
        script.press(to, 90);
        from = to;
    }
    let judgement = script.judge(Surroundings::default());
    assert!(
        weight(&judgement, "mouse.swift_moves") > 0.9,
        "{judgement:?}"
    );
}

#[test]
fn a_tap_to_click_pad_flags_nobody() {
    for hold in [0, 3, 95, 175] {
        for step in [8, 110] {
            let judgement = hands(20, step, hold).judge(Surroundings::default());
            assert!(judgement.score() <= 0.2, "{hold} {step} {judgement:?}");
        }
    }
}

/// Curves cut into steps that do not slow down, each ended at once by a press held for `hold`.
fn hurries(hold: i64) -> Script {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..9 {
        script.wait(400.0, 2500.0);
        let to = (1220.0 - from.0, 700.0 - from.1);
        let bend = script.between(0.05, 0.1);
        let path = arc(from, to, bend);
        script.way(60, 10, |share| path(share.sqrt() * 0.4 + share * 0.6));
        script.way(3, 10, line((to.0 - 40.0, to.1), to));
        script.press(to, hold);
        from = to;
    }
    script
}

#[test]
fn an_instant_or_constant_press_while_the_pointer_arrives_is_no_tap() {
    for (hold, code) in [(1, "mouse.instant_press"), (95, "mouse.constant_press")] {
        let judgement = hurries(hold).judge(Surroundings::default());
        assert!(weight(&judgement, code) >= FLAGS, "{judgement:?}");
    }
}

#[test]
fn returning_to_the_very_pixel_is_no_hand() {
    let mut script = Script::default();
    let (answers, next) = (
        [(300.0, 220.0), (300.0, 270.0), (300.0, 330.0)],
        (760.0, 600.0),
    );
    let mut from = next;
    for page in 0..8 {
        for to in [answers[page % 3], next] {
            script.wait(700.0, 2500.0);
            let bend = script.between(0.03, 0.12);
            script.way(60, 9, arc(from, to, bend));
            script.wait(130.0, 300.0);
            let hold = script.between(60.0, 130.0) as i64;
            script.press(to, hold);
            from = to;
        }
    }
    let judgement = script.judge(Surroundings::default());
    assert!(
        weight(&judgement, "mouse.repeated_places") >= FLAGS,
        "{judgement:?}"
    );
}

#[test]
fn centres_reached_by_the_pointer_are_counted() {
    let mut script = Script::default();
    for _ in 0..10 {
        script.wait(500.0, 2000.0);
        let to = script.target();
        script.step(to);
        script.at("pointer", to, r#","phase":"down""#);
        script.at("pointer", to, r#","phase":"up""#);
        script.at("click", to, r#","offset_x":0.25,"offset_y":0"#);
    }
    let judgement = script.judge(Surroundings::default());
    assert!(
        weight(&judgement, "mouse.centred_clicks") > 0.8,
        "{judgement:?}"
    );
}

/// A circle drawn in `took` milliseconds with a finger that trembles, sampled every `step` milliseconds.
fn circle(script: &mut Script, took: i64, step: i64, drag: bool) {
    let (across, down) = (script.between(60.0, 160.0), script.between(60.0, 160.0));
    let (phase, tremor) = (script.between(0.0, 6.3), script.between(0.0, 1.5));
    let more = if drag { r#","drag":true"# } else { "" };
    for sample in 0..=took / step {
        let time = (sample * step) as f64 / took as f64;
        let share = time * time * (3.0 - 2.0 * time);
        let angle = phase + 6.4 * share;
        let shake = tremor * (0.063 * (sample * step) as f64).sin();
        let to = (
            600.0 + (across + 6.0 * share + shake) * angle.cos() + script.between(-0.7, 0.7),
            400.0 + (down - 4.0 * share + shake) * angle.sin() + script.between(-0.7, 0.7),
        );
        script.at("mouse_move", (to.0.round(), to.1.round()), more);
        script.now += step;
    }
}

#[test]
fn fingers_that_draw_are_left_alone() {
    for drag in [false, true] {
        for (took, step) in [(500, 8), (900, 16), (2500, 16), (2500, 33), (1500, 110)] {
            for seed in 0..40 {
                let mut script = Script {
                    dice: seed,
                    ..Script::default()
                };
                if drag {
                    script.at("pointer", (600.0, 400.0), r#","phase":"down""#);
                }
                circle(&mut script, took, step, drag);
                if drag {
                    script.at("pointer", (600.0, 400.0), r#","phase":"up""#);
                }
                let judgement = script.judge(Surroundings::default());
                assert_eq!(judgement.findings, [], "{took} {step} {seed}");
            }
        }
    }
}

#[test]
fn two_fingers_at_once_are_no_shaking_and_a_drawing_is_not_judged() {
    let touched = |fingers: i32| {
        let mut script = Script::default();
        for _ in 0..fingers {
            script.at("touch", (300.0, 300.0), r#","phase":"start""#);
        }
        for sample in 0..150 {
            let apart = f64::from(sample % fingers) * 200.0;
            let angle = f64::from(sample) * 0.06;
            let to = (
                300.0 + apart + 120.0 * angle.cos(),
                300.0 + 120.0 * angle.sin(),
            );
            script.at("touch", to, r#","phase":"move""#);
            script.now += 16;
        }
        script.judge(Surroundings::default())
    };
    for fingers in [1, 2] {
        let judgement = touched(fingers);
        assert_eq!(judgement.findings, []);
        assert_eq!(judgement.sufficiency, Sufficiency::TooLittle);
    }
}

#[test]
fn numbers_for_the_model_are_shares_or_missing() {
    let empty = Pointer::default().feature_values();
    assert!(empty.iter().all(|value| value.is_nan()));
    for script in [
        jumps(20, 8),
        lines(20, 20, 16, |share| share),
        hands(20, 8, 80),
    ] {
        let values = script.window().pointer.feature_values();
        let named: Vec<_> = Pointer::FEATURE_NAMES.into_iter().zip(values).collect();
        assert!(
            named
                .iter()
                .all(|(_, value)| value.is_nan() || (0.0..=1.0).contains(value)),
            "{named:?}"
        );
        assert!(
            values.iter().filter(|value| value.is_finite()).count() >= 4,
            "{named:?}"
        );
    }
}

#[test]
fn a_fast_scribble_is_no_shaking_and_white_noise_asks_for_a_look() {
    let drawn = |noise: f64| {
        let mut script = Script::default();
        for sample in 0..200 {
            let to = (
                400.0
                    + 150.0 * (f64::from(sample) * 0.016 * 31.0).sin()
                    + script.between(-noise, noise),
                300.0 + f64::from(sample) + script.between(-noise, noise),
            );
            script.at("mouse_move", to, r#","drag":true"#);
            script.now += 16;
        }
        weight(&script.judge(Surroundings::default()), "mouse.shaking")
    };
    let (calm, white) = (drawn(1.0), drawn(40.0));
    assert!(calm == 0.0 && white > 0.0, "{calm} {white}");
    // Noise of a sensor looks like it, so it never makes a bot of a session alone.
    assert!(white < FLAGS, "{white}");
}

#[test]
fn a_drag_that_starts_at_full_speed_is_launched() {
    let drag = |speed: f64| {
        let mut script = Script::default();
        for sample in 0..30 {
            let to = (
                100.0 + speed * 8.0 * f64::from(sample),
                300.0 + f64::from(sample * sample) / 9.0,
            );
            script.at("mouse_move", to, r#","drag":true"#);
            script.now += 8;
        }
        weight(
            &script.judge(Surroundings::default()),
            "mouse.launched_drags",
        )
    };
    assert!(drag(3.0) == 0.0 && drag(9.0) >= FLAGS);
}

/// Even steps along a curve, as drivers dispatch it, then a rest and a press `off` px beside its end.
fn dispatched(samples: u32, step: i64, off: f64) -> f64 {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..12 {
        script.wait(400.0, 2500.0);
        let (to, bend) = (script.target(), script.between(0.05, 0.2));
        let along = line(from, to);
        script.way(samples, step, |share| {
            let (x, y) = along(share);
            let aside = bend * (std::f64::consts::PI * share).sin();
            (x - (to.1 - from.1) * aside, y + (to.0 - from.0) * aside)
        });
        script.now += 150;
        script.press((to.0 + off, to.1), 90);
        from = to;
    }
    weight(&script.judge(Surroundings::default()), "mouse.dead_stops")
}

#[test]
fn a_pointer_that_never_brakes_is_no_hand() {
    assert!(dispatched(14, 16, 0.0) >= FLAGS && dispatched(30, 8, 0.0) >= FLAGS);
    for step in [8, 16] {
        let person = hands(30, step, 90).judge(Surroundings::default());
        assert_eq!(weight(&person, "mouse.dead_stops"), 0.0, "{step} ms");
    }
}

#[test]
fn stops_that_the_stream_or_the_press_does_not_show_are_not_judged() {
    assert_eq!(dispatched(14, 60, 0.0), 0.0, "coarse");
    assert_eq!(dispatched(14, 16, 40.0), 0.0, "pressed elsewhere");
}

#[test]
fn positions_on_the_screen_that_are_those_of_the_page_need_a_window_to_be_false() {
    let mut script = Script::default();
    for sample in 0..40 {
        script.now += 12;
        let (x, y) = (100 + sample * 7, 90 + sample * sample / 4);
        script.emit(
            "mouse_move",
            &format!(r#""x":{x},"y":{y},"screen_x":{x},"screen_y":{y}"#),
        );
    }
    let full = weight(
        &script.judge(Surroundings::default()),
        "mouse.screen_is_page",
    );
    let windowed = Surroundings {
        touch: false,
        windowed: true,
    };
    let small = weight(&script.judge(windowed), "mouse.screen_is_page");
    assert!(full > 0.0 && full < FLAGS && small > 0.8, "{full} {small}");
}

#[test]
fn moves_that_deny_having_moved_are_found() {
    let moved = |movement: u32| {
        let mut script = Script::default();
        for sample in 0..40 {
            script.now += 12;
            let x = 100 + sample * 7;
            script.emit(
                "mouse_move",
                &format!(
                    r#""x":{x},"y":{},"movement_x":{movement},"movement_y":0"#,
                    sample * sample / 4
                ),
            );
        }
        weight(
            &script.judge(Surroundings::default()),
            "mouse.movement_denied",
        )
    };
    assert!(moved(0) > 0.0 && moved(7) == 0.0);
}

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
