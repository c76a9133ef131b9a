//! The habits that the README promises are the habits that come out.

#![expect(
    clippy::unwrap_used,
    reason = "a session without what it promises is a failed test"
)]

mod drivers;
mod hands;
mod keys;
mod people;

use std::collections::BTreeSet;

use generators::{Event, Generator, Kind, Member, Mix, Session};

fn sessions(kind: Kind, count: u64) -> Vec<Session> {
    let generator = Generator::new(42, Mix::only(kind));
    (0..count).map(|index| generator.session(index)).collect()
}

fn number(event: &Event, name: &str) -> Option<f64> {
    event
        .members
        .iter()
        .find(|(other, _)| *other == name)
        .and_then(|(_, member)| match member {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            Member::Whole(number) => Some(*number as f64),
            Member::Number(number) => Some(*number),
            _ => None,
        })
}

fn of_type<'s>(session: &'s Session, recorded_type: &'s str) -> impl Iterator<Item = &'s Event> {
    session
        .events
        .iter()
        .filter(move |event| event.recorded_type == recorded_type)
}

fn holds(session: &Session) -> Vec<i64> {
    of_type(session, "mouse_down")
        .zip(of_type(session, "mouse_up"))
        .map(|(down, up)| up.at_ms - down.at_ms)
        .collect()
}

fn types(session: &Session) -> BTreeSet<&str> {
    session
        .events
        .iter()
        .map(|event| event.recorded_type)
        .collect()
}

#[test]
fn people_hold_the_button_and_drivers_do_not() {
    for kind in [Kind::MouseUser, Kind::Typist] {
        for session in sessions(kind, 20) {
            let holds = holds(&session);
            assert!(holds.len() > 8);
            assert!(
                holds.iter().all(|hold| (59..=141).contains(hold)),
                "{holds:?}"
            );
        }
    }
    for kind in [
        Kind::LinearSteps,
        Kind::TeleportFill,
        Kind::Agent,
        Kind::HoneypotFiller,
    ] {
        for session in sessions(kind, 20) {
            let holds = holds(&session);
            assert!(
                holds.iter().all(|hold| (0..=5).contains(hold)),
                "{kind}: {holds:?}"
            );
        }
    }
}

#[test]
fn phones_have_no_mouse_and_keyboards_no_pointer_at_all() {
    for session in sessions(Kind::TouchUser, 20) {
        let types = types(&session);
        assert!(types.contains("touch_start") && types.contains("click"));
        assert!(!types.contains("mouse_move") && !types.contains("mouse_down"));
    }
    for session in sessions(Kind::KeyboardUser, 20) {
        let types = types(&session);
        assert!(types.contains("keypress"));
        for absent in ["mouse_move", "mouse_down", "click", "touch_start"] {
            assert!(!types.contains(absent), "{absent}");
        }
    }
}

#[test]
fn people_take_longer_for_longer_questions_and_fixed_paces_do_not() {
    let correlation = |kind| {
        let mut pairs = Vec::new();
        for session in sessions(kind, 40) {
            for event in of_type(&session, "question_answer") {
                let closed = number(event, "options").is_some_and(|options| options > 0.0);
                let both = number(event, "text_length").zip(number(event, "duration"));
                pairs.extend(both.filter(|_| closed));
            }
        }
        rank_correlation(&pairs)
    };
    let (person, bot) = (correlation(Kind::MouseUser), correlation(Kind::Agent));
    assert!(person > bot + 0.1, "person {person:.2}, agent {bot:.2}");
}

/// Kendall's tau.
#[expect(clippy::cast_precision_loss, reason = "a few hundred thousand pairs")]
fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let mut sum = 0.0;
    for (index, a) in pairs.iter().enumerate() {
        for b in &pairs[..index] {
            let (across, along) = (a.0 - b.0, a.1 - b.1);
            let product = across * along;
            sum += if product == 0.0 {
                0.0
            } else {
                product.signum()
            };
        }
    }
    sum / (pairs.len() * (pairs.len() - 1) / 2) as f64
}

#[test]
fn typists_roll_over_correct_themselves_and_pause_before_words() {
    let (mut rolled, mut backspaces, mut presses) = (0, 0, 0);
    let (mut after_space, mut inside_word) = (Vec::new(), Vec::new());
    for session in sessions(Kind::Typist, 30) {
        let keys: Vec<&Event> = of_type(&session, "keypress").collect();
        presses += keys.len();
        for pair in keys.windows(2) {
            let interval = pair[1].at_ms - pair[0].at_ms;
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let overlaps = number(pair[0], "dwell").is_some_and(|dwell| dwell > interval as f64);
            rolled += usize::from(overlaps);
            match (class(pair[0]), class(pair[1])) {
                ("space", "letter") => after_space.push(interval),
                ("letter", "letter") => inside_word.push(interval),
                _ => {}
            }
            backspaces += usize::from(class(pair[1]) == "Backspace");
        }
    }
    assert!(presses / 30 >= 200, "{presses} presses in 30 sessions");
    assert!(rolled * 50 > presses, "{rolled} of {presses} roll over");
    assert!(
        backspaces * 200 > presses,
        "{backspaces} of {presses} are backspaces"
    );
    let (word_start, within) = (median(after_space), median(inside_word));
    assert!(
        word_start * 10 > within * 12,
        "{word_start} ms against {within} ms"
    );
}

fn class(event: &Event) -> &'static str {
    match event.members[0] {
        ("key", Member::Word(class)) => class,
        _ => "",
    }
}

fn median(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}

#[test]
fn replays_of_one_seed_share_their_places_and_differ_in_tempo() {
    let sessions = sessions(Kind::Replay, 3);
    let places = |session: &Session| -> Vec<(Option<f64>, Option<f64>)> {
        let moves = of_type(session, "mouse_move");
        moves
            .map(|event| (number(event, "x"), number(event, "y")))
            .collect()
    };
    assert_eq!(places(&sessions[0]), places(&sessions[1]));
    assert_ne!(sessions[0].duration_ms(), sessions[1].duration_ms());
}

#[test]
fn only_the_filler_fills_the_trap_and_only_the_liner_always_takes_one_option() {
    for kind in Kind::ALL {
        for session in sessions(kind, 5) {
            let filled = types(&session).contains("honeypot");
            assert_eq!(filled, kind == Kind::HoneypotFiller, "{}", session.name);
        }
    }
    for session in sessions(Kind::StraightLiner, 10) {
        let options: BTreeSet<String> = of_type(&session, "question_answer")
            .filter_map(|event| number(event, "option"))
            .map(|option| option.to_string())
            .collect();
        assert!(options.len() <= 1, "{options:?}");
    }
}

#[test]
fn an_agent_presses_the_exact_centre_after_thinking_for_seconds() {
    for session in sessions(Kind::Agent, 10) {
        let clicks: Vec<&Event> = of_type(&session, "click").collect();
        assert!(clicks.iter().all(|click| {
            number(click, "offset_x") == Some(0.0) && number(click, "offset_y") == Some(0.0)
        }));
        let gaps: Vec<i64> = clicks
            .windows(2)
            .map(|pair| pair[1].at_ms - pair[0].at_ms)
            .collect();
        assert!(median(gaps) >= 2000);
    }
}
