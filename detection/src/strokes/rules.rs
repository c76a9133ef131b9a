//! How a session's strokes compare with the most regular people that were measured.
//!
//! Each test is one number of the summary with the value that 99.5 % of the sessions of every source of
//! people keep to, taken from the source that keeps to it worst. How far a session is beyond it is
//! counted in the distance from there to the median person, but at least in the spread of people: a
//! value that many people share must not make a tiny unit. The score is the mean of the six largest;
//! one test alone decides nothing.

use super::bundle::{Summary, number_between, number_of_measure};
use super::measures::{
    EVEN_SPEED, HOMING, MINIMUM_JERK, PEAK, SKEW, SLOW_SHARE, SMOOTHNESS, SPREAD, START,
};
use crate::finding::Finding;

/// Fewest strokes that are tested.
pub(super) const FEWEST: u32 = 4;
/// Fewest strokes with which the tests have power against most generators.
pub(super) const ENOUGH: u32 = 6;
/// Tests in the score.
const LARGEST: usize = 6;
/// Score above which strokes are too regular, and what it times the number of strokes is at least. The
/// most regular of 268 + 70 + 36 sessions of people, in windows of n strokes, scored 0.02 at n = 20 to 24,
/// 0.18 at n = 12, 0.45 at n = 8 and 0.52 at n = 6. With a source left out of the tests' limits, its people
/// exceed all others by 0.15 at most.
const LIMIT: f64 = 0.18;
const LIMIT_OF_FEW: f64 = 4.8;
/// Below the limit by no more than this the score is worth a remark.
const REMARK: f64 = 0.12;
const REMARK_WEIGHT: f64 = 0.35;
const LEAST_WEIGHT: f64 = 0.65;
const MOST_WEIGHT: f64 = 0.97;
/// So far above the limit the weight is as large as it gets.
const CERTAIN: f64 = 0.35;

/// Which side of its limit people keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum People {
    Above,
    Below,
}

/// One test: people keep to one side of `limit`.
#[derive(Debug, Clone, Copy)]
struct Test {
    name: &'static str,
    what: &'static str,
    number: usize,
    people: People,
    limit: f64,
    unit: f64,
}

const MEDIAN_OF: usize = 0;
const SPREAD_OF: usize = 1;
const LOW_OF: usize = 2;
const HIGH_OF: usize = 3;

/// Name and words for the analyst.
type Label = (&'static str, &'static str);
/// The limit that people keep to, and the unit in which what is beyond it is counted.
type Bound = (f64, f64);

const fn test((name, what): Label, number: usize, people: People, (limit, unit): Bound) -> Test {
    Test {
        name,
        what,
        number,
        people,
        limit,
        unit,
    }
}

const fn varies(label: Label, measure: usize, bound: Bound) -> Test {
    let number = number_of_measure(measure, SPREAD_OF);
    test(label, number, People::Above, bound)
}

const fn differ(label: Label, number: usize, bound: Bound) -> Test {
    test(label, number_between(number), People::Above, bound)
}

const fn is_rough(label: Label, number: usize, bound: Bound) -> Test {
    let number = number_of_measure(SMOOTHNESS, number);
    test(label, number, People::Below, bound)
}

const fn at_worst(label: Label, measure: usize, bound: Bound) -> Test {
    let number = number_of_measure(measure, HIGH_OF);
    test(label, number, People::Above, bound)
}

const TESTS: [Test; 22] = [
    varies(
        ("spread_of_smoothness", "spread of smoothness"),
        SMOOTHNESS,
        (0.255, 0.398),
    ),
    varies(
        ("spread_of_peak_speed", "spread of peak speed"),
        PEAK,
        (0.510, 0.634),
    ),
    varies(
        ("spread_of_speed_spread", "spread of speed variation"),
        SPREAD,
        (0.150, 0.151),
    ),
    varies(
        ("spread_of_skew", "spread of skewness"),
        SKEW,
        (0.252, 0.550),
    ),
    varies(
        ("spread_of_start", "spread of the starting phase"),
        START,
        (0.028, 0.069),
    ),
    varies(
        ("spread_of_homing", "spread of the homing phase"),
        HOMING,
        (0.066, 0.080),
    ),
    varies(
        ("spread_of_slow_share", "spread of time spent slow"),
        SLOW_SHARE,
        (0.092, 0.081),
    ),
    varies(
        (
            "spread_of_minimum_jerk_residual",
            "spread around the minimum-jerk curve",
        ),
        MINIMUM_JERK,
        (0.046, 0.052),
    ),
    varies(
        ("spread_of_even_speed_residual", "spread around even speed"),
        EVEN_SPEED,
        (0.035, 0.044),
    ),
    differ(
        ("median_distance", "median distance between strokes"),
        0,
        (0.083, 0.099),
    ),
    differ(
        ("low_distance", "distance between similar strokes"),
        1,
        (0.044, 0.044),
    ),
    differ(
        (
            "least_distance",
            "distance between the most similar strokes",
        ),
        2,
        (0.030, 0.027),
    ),
    differ(
        ("spread_of_progress", "spread of progress over time"),
        3,
        (0.074, 0.096),
    ),
    is_rough(
        ("high_smoothness", "smoothness of the smoothest strokes"),
        HIGH_OF,
        (-7.254, 0.703),
    ),
    is_rough(
        ("median_smoothness", "median smoothness"),
        MEDIAN_OF,
        (-7.736, 0.832),
    ),
    is_rough(
        ("low_smoothness", "smoothness of the roughest strokes"),
        LOW_OF,
        (-8.169, 1.040),
    ),
    differ(
        (
            "median_nearest_distance",
            "distance of a stroke from the one most like it",
        ),
        4,
        (0.028, 0.027),
    ),
    differ(
        (
            "high_nearest_distance",
            "distance of the most unusual strokes from the one most like it",
        ),
        5,
        (0.041, 0.050),
    ),
    differ(
        (
            "duration_residual",
            "spread of durations around those the distances ask for",
        ),
        7,
        (0.117, 0.246),
    ),
    Test {
        name: "duration_with_smoothness",
        what: "correlation of smoothness with duration",
        number: number_between(6),
        people: People::Below,
        limit: 0.317,
        unit: 0.773,
    },
    at_worst(
        (
            "high_speed_spread",
            "speed variation of the least even strokes",
        ),
        SPREAD,
        (0.902, 0.427),
    ),
    at_worst(
        ("high_slow_share", "time spent slow in the slowest strokes"),
        SLOW_SHARE,
        (0.144, 0.273),
    ),
];

impl Test {
    fn value(&self, summary: &Summary) -> f64 {
        f64::from(summary[self.number])
    }

    /// How far beyond people's limit, in units.
    fn excess(&self, summary: &Summary) -> f64 {
        let beyond = match self.people {
            People::Above => self.limit - self.value(summary),
            People::Below => self.value(summary) - self.limit,
        };
        beyond / self.unit
    }
}

/// How regular a session's strokes are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Regularity {
    strokes: u32,
    score: f64,
    limit: f64,
    /// The tests with the largest excess, and their values.
    foremost: [(Test, f64); 3],
}

impl Regularity {
    /// Compares the mean summary of `strokes` strokes with people.
    pub(super) fn of(strokes: u32, summary: &Summary) -> Self {
        let mut tests = TESTS.map(|test| (test.excess(summary), test));
        tests.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let largest: f64 = tests.iter().take(LARGEST).map(|(excess, _)| excess).sum();
        Self {
            strokes,
            score: largest / LARGEST as f64,
            limit: (LIMIT_OF_FEW / f64::from(strokes)).max(LIMIT),
            foremost: [0, 1, 2].map(|rank| (tests[rank].1, tests[rank].1.value(summary))),
        }
    }

    fn margin(&self) -> f64 {
        self.score - self.limit
    }

    /// Whether it is worth telling.
    pub(super) fn is_remarkable(&self) -> bool {
        self.margin() >= -REMARK
    }

    fn weight(&self) -> f64 {
        if self.margin() < 0.0 {
            return REMARK_WEIGHT * (1.0 + self.margin() / REMARK);
        }
        LEAST_WEIGHT + (MOST_WEIGHT - LEAST_WEIGHT) * (self.margin() / CERTAIN).min(1.0)
    }

    /// What it says for automation.
    pub(super) fn finding(&self) -> Finding {
        let of_people = |test: &Test| match test.people {
            People::Above => "at least",
            People::Below => "at most",
        };
        let [first, second, _] = &self.foremost;
        let told = |(test, value): &(Test, f64)| {
            let side = of_people(test);
            format!(
                "{} is {value:.2} (people: {side} {:.2})",
                test.what, test.limit
            )
        };
        let mut evidence = vec![
            ("strokes", f64::from(self.strokes)),
            ("regularity", self.score),
            ("regularity_limit", self.limit),
        ];
        evidence.extend(
            self.foremost
                .iter()
                .map(|(test, value)| (test.name, *value)),
        );
        Finding {
            code: "mouse.too_regular",
            weight: self.weight(),
            evidence,
            text: format!(
                "{} strokes of the pointer are more alike or smoother than people's: {}, {}.",
                self.strokes,
                told(first),
                told(second)
            ),
        }
    }
}
