//! People with unusual hands and devices.

use generators::{Kind, Member, Session};

use super::{class, holds, median, number, of_type, sessions, types};

/// Milliseconds between neighbouring events of a type, without rests of a quarter of a second.
fn steps(session: &Session, recorded_type: &str) -> Vec<i64> {
    let times: Vec<i64> = of_type(session, recorded_type)
        .map(|event| event.at_ms)
        .collect();
    let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
    steps.filter(|step| *step <= 250).collect()
}

#[test]
fn fingers_draw_for_seconds_at_sixty_positions_a_second() {
    for session in sessions(Kind::TouchDrawer, 20) {
        let starts = of_type(&session, "touch_start");
        let ends: Vec<_> = of_type(&session, "touch_end").collect();
        assert!(!ends.is_empty() && !types(&session).contains("mouse_move"));
        for (start, end) in starts.zip(ends) {
            let lasted = end.at_ms - start.at_ms;
            assert!((800..4700).contains(&lasted), "{lasted} ms");
        }
        let step = median(steps(&session, "touch_move"));
        assert!((15..=18).contains(&step), "{step} ms");
    }
}

#[test]
fn a_finger_seen_as_a_mouse_comes_with_and_without_presses_and_flags() {
    let (mut pressed, mut flagged, mut plain) = (0, 0, 0);
    for session in sessions(Kind::FingerDrawer, 60) {
        let types = types(&session);
        assert!(types.contains("mouse_move") && !types.contains("touch_start"));
        let drag = of_type(&session, "mouse_move")
            .all(|event| event.members.contains(&("drag", Member::Flag(true))));
        match (types.contains("mouse_down"), drag) {
            (true, true) => pressed += 1,
            (false, true) => flagged += 1,
            (false, false) => plain += 1,
            (true, false) => panic!("{} presses without a drag", session.name),
        }
    }
    assert!(
        pressed > 8 && flagged > 8 && plain > 8,
        "{pressed} {flagged} {plain}"
    );
}

#[test]
fn drags_happen_between_press_and_release() {
    for kind in [Kind::Dragger, Kind::MouseDrawer] {
        let mut drags = 0;
        for session in sessions(kind, 15) {
            let mut held = false;
            for event in &session.events {
                match event.recorded_type {
                    "mouse_down" => held = true,
                    "mouse_up" => held = false,
                    "mouse_move" => {
                        let drag = event.members.contains(&("drag", Member::Flag(true)));
                        assert!(held || !drag, "{} at {}", session.name, event.at_ms);
                        drags += usize::from(drag);
                    }
                    _ => {}
                }
            }
        }
        assert!(drags > 15 * 50, "{kind}: {drags}");
    }
}

#[test]
fn a_remote_desktop_shows_nine_positions_a_second() {
    for session in sessions(Kind::RemoteUser, 15) {
        let step = median(steps(&session, "mouse_move"));
        assert!((95..=130).contains(&step), "{step} ms");
    }
}

#[test]
fn some_touchpads_hold_the_button_for_no_time() {
    let holds: Vec<i64> = sessions(Kind::TouchpadUser, 40)
        .iter()
        .map(|session| median(holds(session)))
        .collect();
    let short = holds.iter().filter(|hold| **hold < 12).count();
    assert!((10..35).contains(&short), "{holds:?}");
}

#[test]
fn one_finger_types_two_keys_a_second() {
    for session in sessions(Kind::SlowTypist, 15) {
        let interval = median(steps_of_keys(&session));
        assert!((300..1200).contains(&interval), "{interval} ms");
    }
}

fn steps_of_keys(session: &Session) -> Vec<i64> {
    let keys: Vec<_> = of_type(session, "keypress").collect();
    let letters = keys.windows(2).filter(|pair| class(pair[1]) == "letter");
    letters.map(|pair| pair[1].at_ms - pair[0].at_ms).collect()
}

#[test]
fn assistive_technology_clicks_centres_and_moves_nothing_and_says_so() {
    for session in sessions(Kind::AssistiveUser, 20) {
        let types = types(&session);
        for absent in ["mouse_move", "mouse_down", "touch_start"] {
            assert!(!types.contains(absent), "{absent}");
        }
        assert!(of_type(&session, "click").all(|click| number(click, "offset_x") == Some(0.0)));
        let mut devices = of_type(&session, "device");
        assert!(devices.all(|device| device.members.contains(&("assistive", Member::Flag(true)))));
    }
}

#[test]
fn two_buttons_are_pressed_in_turn_with_the_start() {
    for session in sessions(Kind::BinaryChooser, 10) {
        let heights: Vec<bool> = of_type(&session, "mouse_down")
            .filter_map(|press| number(press, "y"))
            .map(|y| y < 250.0)
            .collect();
        assert!(heights.len() >= 40);
        assert!(
            heights.windows(2).all(|pair| pair[0] != pair[1]),
            "{heights:?}"
        );
    }
}
