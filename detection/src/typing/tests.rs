#![expect(
    clippy::cast_precision_loss,
    reason = "a text that cannot be typed is a failed test"
)]

use proptest::prelude::*;
use schemas::event::EventTime;

use super::table::{BINS, Table, bin};
use super::{INTERVALS, Place, Typing};

/// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): numbers for a test's typists.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal: twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Classes of a text of words with slips, marks and numbers.
fn text(dice: &mut Dice, presses: usize) -> Vec<&'static str> {
    let mut keys = Vec::new();
    while keys.len() < presses {
        let digits = dice.unit() < 0.04;
        for _ in 0..=(dice.unit() * 7.0) as usize {
            keys.push(if digits { "digit" } else { "letter" });
            if !digits && dice.unit() < 0.03 {
                keys.extend(["letter", "backspace"]);
            }
        }
        if dice.unit() < 0.15 {
            keys.push("punctuation");
        }
        keys.push("space");
    }
    keys.truncate(presses);
    keys
}

/// Types a text; `interval` is given the press before, the press and the deviation of the interval before.
fn typed(
    seed: u64,
    presses: usize,
    interval: impl Fn(&mut Dice, &str, &str, &mut f64) -> f64,
) -> Typing {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut typing = Typing::default();
    let (mut now, mut state, mut before) = (0.0, 0.0, "");
    for key in text(&mut dice, presses) {
        now += interval(&mut dice, before, key, &mut state);
        typing.down(key, EventTime((now * 1000.0) as i64));
        typing.held(key, (85.0 + 16.0 * dice.normal()).max(20.0));
        before = key;
    }
    typing
}

fn lognormal(dice: &mut Dice, _: &str, _: &str, _: &mut f64) -> f64 {
    160.0 * (0.4 * dice.normal()).exp()
}

fn uniform(dice: &mut Dice, _: &str, _: &str, _: &mut f64) -> f64 {
    60.0 + 200.0 * dice.unit()
}

fn autoregressive(dice: &mut Dice, _: &str, _: &str, state: &mut f64) -> f64 {
    *state = 0.6 * *state + 0.8 * dice.normal();
    150.0 * (0.45 * *state).exp()
}

/// Slows down where people do.
fn person(dice: &mut Dice, before: &str, key: &str, _: &mut f64) -> f64 {
    let slower = match (before, key) {
        (_, "backspace") => 2.2,
        ("backspace", _) | (_, "punctuation" | "digit") => 1.7,
        ("space", _) => 1.4,
        _ => 1.0,
    };
    150.0 * slower * (0.35 * dice.normal()).exp()
}

fn share_found(
    presses: usize,
    interval: impl Fn(&mut Dice, &str, &str, &mut f64) -> f64 + Copy,
) -> f64 {
    let found = (0..100).filter(|seed| {
        let typing = typed(*seed, presses, interval);
        typing
            .independence(true)
            .and_then(|measured| measured.finding())
            .is_some()
    });
    found.count() as f64 / 100.0
}

#[test]
fn independent_rhythms_are_found_from_two_hundred_presses_on() {
    for presses in [200, 400, 1500] {
        assert!(share_found(presses, lognormal) >= 0.9, "{presses}");
        assert!(share_found(presses, uniform) >= 0.9, "{presses}");
        assert!(share_found(presses, autoregressive) >= 0.9, "{presses}");
    }
}

#[test]
fn a_rhythm_that_follows_the_text_is_not_found_at_any_length() {
    for presses in [40, 60, 100, 150, 200, 400, 1500] {
        assert_eq!(share_found(presses, person), 0.0, "{presses}");
    }
}

#[test]
fn a_text_without_places_to_slow_down_is_not_judged() {
    let mut typing = Typing::default();
    let mut dice = Dice(3);
    let mut now = 0.0;
    for _ in 0..400 {
        now += lognormal(&mut dice, "", "", &mut 0.0);
        typing.down("letter", EventTime((now * 1000.0) as i64));
    }
    let measured = typing.independence(false).unwrap();
    assert_eq!(measured.finding(), None);
}

#[test]
fn keys_that_make_no_text_leave_no_rhythm() {
    let mut typing = Typing::default();
    for press in 0..300 {
        let key = [
            "tab", "arrow", "space", "enter", "other", "control", "letter",
        ][press % 7];
        assert_eq!(typing.down(key, EventTime(press as i64 * 90_000)), None);
    }
    assert_eq!(typing.independence(true), None);
}

#[test]
fn rolled_over_releases_belong_to_their_presses() {
    let at = |millis: i64| EventTime(millis * 1000);
    let mut typing = Typing::default();
    typing.down("letter", at(0));
    assert_eq!(typing.down("space", at(70)), Some(70.0));
    assert_eq!(typing.up("letter", at(95)), Some(95.0));
    assert_eq!(typing.down("letter", at(140)), Some(70.0));
    assert_eq!(typing.up("space", at(150)), Some(80.0));
    assert_eq!(typing.up("letter", at(260)), Some(120.0));
    assert_eq!(typing.up("letter", at(270)), None);
    // A release that was lost does not become a dwell of seconds.
    typing.down("digit", at(1000));
    assert_eq!(typing.up("digit", at(9000)), None);
}

#[test]
fn releases_in_their_own_events_measure_what_dwell_in_the_press_measures() {
    let mut dice = Dice(11);
    let (mut whole, mut split) = (Typing::default(), Typing::default());
    let mut now = 0;
    for key in text(&mut dice, 400) {
        now += 90_000 + (dice.unit() * 150_000.0) as i64;
        let dwell = 40_000 + (dice.unit() * 45_000.0) as i64;
        whole.down(key, EventTime(now));
        whole.held(key, dwell as f64 / 1000.0);
        split.down(key, EventTime(now));
        split.up(key, EventTime(now + dwell)).unwrap();
    }
    assert_eq!(whole, split);
}

#[test]
fn an_untyped_session_costs_nothing_and_a_long_one_less_than_a_kilobyte() {
    assert!(size_of::<Typing>() <= 800, "{}", size_of::<Typing>());
    let long = postcard::to_allocvec(&typed(1, 20_000, lognormal)).unwrap();
    assert!(long.len() <= 800, "{}", long.len());
    let usual = postcard::to_allocvec(&typed(1, 200, lognormal)).unwrap();
    assert!(usual.len() <= 420, "{}", usual.len());
}

/// Eta squared and the correlation with the expected place, from the values themselves.
fn exact(values: &[(usize, f64)]) -> (f64, f64) {
    let count = values.len() as f64;
    let rank = |value: f64| {
        let below = values.iter().filter(|(_, other)| *other < value).count() as f64;
        let equal = values.iter().filter(|(_, other)| *other == value).count() as f64;
        below + equal / 2.0
    };
    let ranks: Vec<(usize, f64)> = values.iter().map(|(g, value)| (*g, rank(*value))).collect();
    let expected = |group: usize| Place::expected(group).unwrap();
    let mean = |of: &dyn Fn(&(usize, f64)) -> f64| ranks.iter().map(of).sum::<f64>() / count;
    let (of_rank, of_place) = (mean(&|r| r.1), mean(&|r| expected(r.0)));
    let covariance = mean(&|r| (r.1 - of_rank) * (expected(r.0) - of_place));
    let of_ranks = mean(&|r| (r.1 - of_rank).powi(2));
    let of_places = mean(&|r| (expected(r.0) - of_place).powi(2));
    let groups: std::collections::BTreeSet<usize> = ranks.iter().map(|r| r.0).collect();
    let between: f64 = groups
        .iter()
        .map(|group| {
            let own: Vec<f64> = ranks
                .iter()
                .filter(|r| r.0 == *group)
                .map(|r| r.1)
                .collect();
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            own.len() as f64 * (mean - of_rank).powi(2)
        })
        .sum();
    let chance = (groups.len() as f64 - 1.0) / (count - 1.0);
    (
        between / (of_ranks * count) - chance,
        covariance / (of_ranks * of_places).sqrt(),
    )
}

proptest! {
    /// Counting in bins loses little of what ranks of the values themselves say.
    #[test]
    fn counted_ranks_say_what_exact_ranks_say(seed: u64, slower in 0.0f64..1.5) {
        let mut dice = Dice(seed);
        let values: Vec<(usize, f64)> = (0..200)
            .map(|index| {
                let group = index % Place::COUNT;
                let later = slower * Place::expected(group).unwrap();
                (group, 120.0 * (0.4 * (dice.normal() + later)).exp())
            })
            .collect();
        let mut table = Table::<{ Place::COUNT * BINS }>::default();
        for (group, value) in &values {
            table.add(*group, bin(*value, INTERVALS.0, INTERVALS.1));
        }
        let counted = table.dependence(Place::expected);
        let (eta, place) = exact(&values);
        prop_assert!((counted.eta - eta).abs() < 0.06, "{} and {eta}", counted.eta);
        prop_assert!((counted.place - place).abs() < 0.05, "{} and {place}", counted.place);
    }

    #[test]
    fn correlations_are_those_of_the_logarithms(pairs in prop::collection::vec((30.0f64..900.0, 20.0f64..300.0), 30..200)) {
        let mut typing = Typing::default();
        let mut now = 0.0;
        let mut logarithms = Vec::new();
        for (index, (interval, dwell)) in pairs.iter().enumerate() {
            now += interval * 1000.0;
            typing.down("letter", EventTime(now as i64));
            typing.held("letter", *dwell);
            if index > 0 {
                logarithms.push((interval.ln(), dwell.ln()));
            }
        }
        let count = logarithms.len() as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| logarithms.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
        let exact = mean(&|p| (p.0 - x) * (p.1 - y))
            / (mean(&|p| (p.0 - x).powi(2)) * mean(&|p| (p.1 - y).powi(2))).sqrt();
        let streamed = typing.presses.with_interval.correlation().unwrap();
        prop_assert!((streamed - exact).abs() < 1e-3, "{streamed} and {exact}");
    }

    /// Whatever arrives, nothing panics and every number is finite.
    #[test]
    fn any_order_of_keys_is_survived(events in prop::collection::vec((0usize..9, -5_000i64..400_000, any::<bool>(), -1.0f64..5000.0), 0..600)) {
        let keys = ["letter", "space", "punctuation", "digit", "backspace", "shift", "enter", "other", "delete"];
        let mut typing = Typing::default();
        let mut now = 0;
        for (key, step, up, dwell) in events {
            now += step;
            if up {
                typing.up(keys[key], EventTime(now));
            } else {
                typing.down(keys[key], EventTime(now));
                if dwell > 0.0 {
                    typing.held(keys[key], dwell);
                }
            }
        }
        if let Some(measured) = typing.independence(true) {
            let finite = measured.values().iter().flatten().all(|value| value.is_finite());
            prop_assert!(finite, "{measured:?}");
            if let Some(finding) = measured.finding() {
                prop_assert!((0.6..1.0).contains(&finding.weight));
                prop_assert!(finding.evidence.iter().all(|(_, value)| value.is_finite()));
            }
        }
    }
}
