//! The way to a press: jumps, lines, haste, and where none was needed.

use super::super::Surroundings;
use super::script::*;
use crate::finding::Sufficiency;

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
