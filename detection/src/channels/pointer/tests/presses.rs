//! Presses: how long, where, and what the events say of themselves.

use super::super::{Pointer, Surroundings};
use super::script::*;

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
