//! Drawings and drags, by mouse and by finger.

use super::super::Surroundings;
use super::script::*;
use crate::finding::Sufficiency;

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
