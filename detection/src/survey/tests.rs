//! Surveys of simulated people, with copies among them.

use proptest::prelude::*;

use super::*;
use crate::sketch::{PAUSE, Shape};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Standard normal, by the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12)
            .map(|_| (self.next() >> 11) as f64 / (1u64 << 53) as f64)
            .sum::<f64>()
            - 6.0
    }

    fn about(&mut self, middle: i8, spread: f64) -> i8 {
        (f64::from(middle) + spread * self.normal())
            .round()
            .clamp(-127.0, 127.0) as i8
    }
}

/// Spreads of the numbers of people's shapes, about as they were measured.
const SPREADS: [f64; 16] = [
    40.0, 14.0, 8.0, 5.0, 4.5, 4.0, 3.5, 13.0, 12.0, 8.0, 6.0, 6.0, 6.0, 6.0, 4.5, 4.0,
];

fn movement(dice: &mut Dice) -> Shape {
    Shape::from_numbers(SPREADS.map(|spread| dice.about(0, spread)))
}

fn person(dice: &mut Dice) -> SessionSketch {
    SessionSketch {
        shapes: (0..12).map(|_| movement(dice)).collect(),
        intervals: (0..50).map(|_| dice.about(5, 14.0)).collect(),
    }
}

fn warped(dice: &mut Dice, shape: &Shape) -> Shape {
    Shape::from_numbers(shape.numbers().map(|number| dice.about(number, 1.2)))
}

/// A copy in another tempo with noise, of which every fifth movement is lost.
fn copy(dice: &mut Dice, original: &SessionSketch) -> SessionSketch {
    let kept = original
        .shapes
        .iter()
        .enumerate()
        .filter(|(index, _)| index % 5 != 4);
    SessionSketch {
        shapes: kept.map(|(_, shape)| warped(dice, shape)).collect(),
        intervals: original
            .intervals
            .iter()
            .map(|interval| dice.about(interval.saturating_add(4), 2.2))
            .collect(),
    }
}

fn codes(found: &[Coordinated]) -> Vec<&'static str> {
    found.iter().map(|found| found.code).collect()
}

#[test]
fn people_have_nothing_in_common() {
    let mut dice = Dice(1);
    let people: Vec<SessionSketch> = (0..300).map(|_| person(&mut dice)).collect();
    let found = coordinated(&people);
    assert!(found.iter().all(Vec::is_empty));
}

#[test]
fn every_copy_is_found_and_nobody_else() {
    let mut dice = Dice(2);
    let mut survey: Vec<SessionSketch> = (0..200).map(|_| person(&mut dice)).collect();
    for original in [3, 70] {
        for _ in 0..5 {
            let copied = copy(&mut dice, &survey[original]);
            survey.push(copied);
        }
    }
    for (place, found) in coordinated(&survey).iter().enumerate() {
        if place < 200 && ![3, 70].contains(&place) {
            assert_eq!(found, &[], "{place}");
            continue;
        }
        assert_eq!(
            codes(found),
            ["coordination.trajectory", "coordination.rhythm"],
            "{place}"
        );
        for found in found {
            assert_eq!((found.sessions, found.weight), (6, 0.97), "{place}");
            assert_eq!(found.partners.len(), 5);
        }
    }
}

#[test]
fn a_survey_of_nothing_but_copies_is_one_too_and_two_are_for_review() {
    let mut dice = Dice(3);
    let original = person(&mut dice);
    let copies: Vec<SessionSketch> = (0..40).map(|_| copy(&mut dice, &original)).collect();
    for found in coordinated(&copies) {
        assert!(
            codes(&found).contains(&"coordination.trajectory"),
            "{found:?}"
        );
    }
    let mut survey: Vec<SessionSketch> = (0..60).map(|_| person(&mut dice)).collect();
    survey.extend_from_slice(&copies[..2]);
    let found = coordinated(&survey);
    assert!(found[..60].iter().all(Vec::is_empty));
    for found in &found[60..] {
        assert_eq!(codes(found).len(), 2);
        assert!(
            found
                .iter()
                .all(|found| found.weight < 0.6 && found.sessions == 2)
        );
    }
}

/// No two sessions share much, and each has most of its movements from the bank.
#[test]
fn a_bank_of_movements_is_found() {
    let mut dice = Dice(4);
    let bank: Vec<Shape> = (0..300).map(|_| movement(&mut dice)).collect();
    let mut survey: Vec<SessionSketch> = (0..60).map(|_| person(&mut dice)).collect();
    for _ in 0..30 {
        let shapes = (0..20).map(|_| {
            let drawn = bank[usize::try_from(dice.next() % 300).unwrap()];
            warped(&mut dice, &drawn)
        });
        survey.push(SessionSketch {
            shapes: shapes.collect(),
            intervals: Vec::new(),
        });
    }
    let found = coordinated(&survey);
    assert!(found[..60].iter().all(Vec::is_empty));
    let found = found[60..].iter().filter(|found| !found.is_empty()).count();
    assert!(found >= 28, "{found} of 30");
}

/// A hundred people who move alike, as between two buttons: near neighbours everywhere, and none is a copy.
#[test]
fn a_task_that_makes_all_move_alike_is_no_coordination() {
    let mut dice = Dice(5);
    let task = [movement(&mut dice), movement(&mut dice)];
    let people: Vec<SessionSketch> = (0..100)
        .map(|_| SessionSketch {
            shapes: (0..12)
                .map(|number| {
                    let numbers = task[number % 2].numbers();
                    Shape::from_numbers(numbers.map(|number| dice.about(number, 4.0)))
                })
                .collect(),
            intervals: Vec::new(),
        })
        .collect();
    assert!(coordinated(&people).iter().all(Vec::is_empty));
}

/// People who type one text: what the text makes is in all of them.
#[test]
fn one_text_makes_no_copies() {
    let mut dice = Dice(6);
    let text: Vec<i8> = (0..60).map(|_| dice.about(5, 14.0)).collect();
    let of = |dice: &mut Dice, text: &[i8], spread: f64| SessionSketch {
        shapes: Vec::new(),
        intervals: text
            .iter()
            .map(|interval| dice.about(*interval, spread))
            .collect(),
    };
    let mut survey: Vec<SessionSketch> = (0..80).map(|_| of(&mut dice, &text, 9.0)).collect();
    assert!(coordinated(&survey).iter().all(Vec::is_empty));
    let original = survey[7].intervals.clone();
    survey.extend((0..5).map(|_| of(&mut dice, &original, 1.5)));
    let found = coordinated(&survey);
    for (place, found) in found.iter().enumerate() {
        assert_eq!(
            !found.is_empty(),
            place == 7 || place >= 80,
            "{place} {found:?}"
        );
    }
    survey
        .iter_mut()
        .for_each(|sketch| sketch.intervals.truncate(29));
    assert!(
        coordinated(&survey).iter().all(Vec::is_empty),
        "too few intervals"
    );
    let pauses = SessionSketch {
        shapes: Vec::new(),
        intervals: vec![PAUSE; 60],
    };
    assert_eq!(coordinated(&[pauses.clone(), pauses]), [[], []]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_order_of_sessions_does_not_matter(seed: u64, order in Just((0..60).collect::<Vec<usize>>()).prop_shuffle()) {
        let mut dice = Dice(seed);
        let mut survey: Vec<SessionSketch> = (0..50).map(|_| person(&mut dice)).collect();
        for _ in 0..10 {
            let copied = copy(&mut dice, &survey[9]);
            survey.push(copied);
        }
        let shuffled: Vec<SessionSketch> = order.iter().map(|place| survey[*place].clone()).collect();
        let (found, others) = (coordinated(&survey), coordinated(&shuffled));
        for (place, original) in order.iter().enumerate() {
            let without_partners = |found: &[Coordinated]| -> Vec<Coordinated> {
                found.iter().cloned().map(|found| Coordinated { partners: Vec::new(), ..found }).collect()
            };
            prop_assert_eq!(without_partners(&others[place]), without_partners(&found[*original]));
        }
    }
}

#[test]
fn a_full_survey_forgets_the_first() {
    let mut dice = Dice(8);
    let original = person(&mut dice);
    let mut survey = Survey::new(Limits { max_sessions: 10 });
    let forgotten: Vec<Option<u64>> = (0..25)
        .map(|number| survey.add(number, copy(&mut dice, &original)))
        .collect();
    assert_eq!(
        forgotten[..11],
        [
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            Some(0)
        ]
    );
    assert_eq!((survey.len(), survey.coordinated(3).len()), (10, 0));
    assert_eq!(survey.coordinated(20)[0].sessions, 10);
    (0..25).for_each(|number| survey.remove(number));
    assert!(survey.is_empty());
    assert_eq!(survey.index.len(), 0);
}

#[test]
fn one_other_session_is_told_in_the_singular() {
    assert_eq!(others(2), "1 other session");
    assert_eq!(others(3), "2 other sessions");
}
