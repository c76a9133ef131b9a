//! What drivers of browsers, agents and formulas leave behind.

use generators::{Family, Kind};

use super::{holds, median, number, of_type, sessions, types};

#[test]
fn families_follow_from_kinds_and_people_come_first() {
    let families: Vec<Family> = Kind::ALL.iter().map(|kind| kind.family()).collect();
    let people = families
        .iter()
        .take_while(|family| **family == Family::People);
    let (people, all) = (people.count(), families.len());
    assert!(
        families[people..]
            .iter()
            .all(|family| *family != Family::People)
    );
    assert!(people >= 13 && all - people >= 35, "{people} of {all}");
    for family in Family::ALL {
        assert!(families.contains(&family), "{}", family.as_str());
    }
}

#[test]
fn formulas_move_often_and_hold_the_button_as_people_do() {
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| *kind >= Kind::BezierQuadratic && *kind <= Kind::TwoPhase)
    {
        assert_eq!(kind.family(), Family::Pointer);
        for session in sessions(kind, 6) {
            let holds = holds(&session);
            assert!((24..=110).contains(&holds.len()), "{kind}: {}", holds.len());
            assert!(
                holds.iter().all(|hold| (59..=121).contains(hold)),
                "{kind}: {holds:?}"
            );
            let moves: Vec<i64> = of_type(&session, "mouse_move")
                .map(|event| event.at_ms)
                .collect();
            let step = median(moves.windows(2).map(|pair| pair[1] - pair[0]).collect());
            assert!((7..=18).contains(&step), "{kind}: {step} ms");
        }
    }
}

#[test]
fn selenium_presses_exact_centres_and_playwright_releases_a_key_before_the_next() {
    for session in sessions(Kind::Selenium, 15) {
        assert!(of_type(&session, "click").all(|click| {
            number(click, "offset_x") == Some(0.0) && number(click, "offset_y") == Some(0.0)
        }));
    }
    for session in sessions(Kind::Playwright, 15) {
        let keys: Vec<_> = of_type(&session, "keypress").collect();
        for pair in keys.windows(2) {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let interval = (pair[1].at_ms - pair[0].at_ms) as f64;
            assert!(number(pair[0], "dwell").is_some_and(|dwell| dwell <= interval + 1.0));
        }
    }
}

#[test]
fn ghost_cursor_moves_on_curves_and_presses_for_no_time() {
    for session in sessions(Kind::GhostCursor, 10) {
        assert!(median(holds(&session)) <= 4);
        let presses = of_type(&session, "mouse_down").count();
        assert!(of_type(&session, "mouse_move").count() > 8 * presses);
    }
}

#[test]
fn an_agent_with_screenshots_thinks_for_seconds_and_jumps() {
    for session in sessions(Kind::ScreenshotAgent, 12) {
        let clicks: Vec<i64> = of_type(&session, "click")
            .map(|event| event.at_ms)
            .collect();
        let thoughts = clicks.windows(2).filter(|pair| pair[1] - pair[0] >= 1500);
        assert!(thoughts.count() * 3 >= clicks.len());
        assert!(of_type(&session, "mouse_move").count() <= clicks.len());
    }
}

#[test]
fn a_humanised_driver_shows_nothing_crude() {
    for session in sessions(Kind::Humanised, 10) {
        assert!(holds(&session).iter().all(|hold| (49..=151).contains(hold)));
        assert!(!types(&session).contains("input"));
        let off = of_type(&session, "click").filter(|click| number(click, "offset_y") != Some(0.0));
        assert!(off.count() > 5);
    }
}
