//! The score of dependence, and the finding that there is too little of it.

use super::place::Place;
use super::table::{BINS, Dependence};
use super::{INTERVALS, Typing};
use crate::finding::Finding;

/// Least information (standard errors) with which the test speaks.
const LEAST_INFORMATION: f64 = 2.8;
/// Intervals without which nothing is measured.
const LEAST_INTERVALS: f64 = 50.0;

/// One way of looking at the dependence: all places, or those off the edges of words.
#[derive(Debug, Clone, Copy, PartialEq)]
struct View {
    dependence: Dependence,
    score: f64,
    limit: f64,
}

impl View {
    /// How far below the limit; not positive when the test is silent.
    fn margin(&self) -> f64 {
        if self.dependence.information < LEAST_INFORMATION {
            0.0
        } else {
            self.limit - self.score
        }
    }
}

/// How much the rhythm depends on what is typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Independence {
    all: View,
    off_spaces: View,
    of_dwell: Option<f64>,
    with_interval: Option<f64>,
    in_a_row: Option<f64>,
    spread: f64,
}

impl Typing {
    /// Measures the dependence; `None` below 50 intervals in running text. `dwells_count` says whether dwell
    /// times are real measurements.
    pub(crate) fn independence(&self, dwells_count: bool) -> Option<Independence> {
        let all = self.intervals.dependence(Place::expected);
        if all.count < LEAST_INTERVALS {
            return None;
        }
        let off_spaces = self.intervals.dependence(Place::expected_off_spaces);
        let by_class = self.dwells.dependence(|class| Some(f64::from(class == 0)));
        let dwells_count = dwells_count && by_class.count >= 0.5 * all.count;
        let measured = |value: Option<f64>| value.filter(|_| dwells_count);
        let of_dwell = measured(Some(by_class.eta));
        let with_interval = measured(self.presses.with_interval.correlation());
        let in_a_row = measured(self.presses.in_a_row.correlation());
        let spread = deviation(&self.intervals.totals(|_| true));
        let in_words = deviation(&self.intervals.totals(|group| group == 0));
        let of_hand = 3.0 * of_dwell.map_or(0.0, |eta| eta.clamp(-0.02, 0.1))
            + 2.0 * with_interval.map_or(0.0, |r| (-r).clamp(-0.1, 0.25))
            + 2.0 * in_a_row.map_or(0.0, |r| r.clamp(-0.1, 0.2));
        let view = |dependence: Dependence, narrow: f64, limit: f64| View {
            dependence,
            score: 4.0 * dependence.eta.clamp(-0.03, 0.15)
                + 6.0 * dependence.place.clamp(-0.1, 0.4)
                + 2.0 * narrow.clamp(-0.25, 0.0)
                + of_hand,
            limit,
        };
        Some(Independence {
            all: view(all, spread - 0.45, limit(all, false, dwells_count)),
            off_spaces: view(
                off_spaces,
                in_words - 0.4,
                limit(off_spaces, true, dwells_count),
            ),
            of_dwell,
            with_interval,
            in_a_row,
            spread,
        })
    }
}

/// The score that people reach, as far as the information allows: 0.1 % of stretches of 100 and 150 presses in
/// the recorded sources stayed below, none of longer ones and none of 469 whole sessions.
fn limit(of: Dependence, off_spaces: bool, dwells_count: bool) -> f64 {
    let (slope, from, most) = match (dwells_count, off_spaces) {
        (true, true) => (0.6, 2.5, 0.9),
        (true, false) => (0.5, 2.6, 0.9),
        (false, _) => (0.5, 2.8, 0.6),
    };
    (slope * (of.information - from)).min(most)
}

/// Standard deviation of the logarithm of intervals.
fn deviation(totals: &[f64; BINS]) -> f64 {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let mut middle = 0.5;
    for total in totals {
        count += total;
        sum += total * middle;
        squares += total * middle * middle;
        middle += 1.0;
    }
    if count < 5.0 {
        return 0.5;
    }
    let mean = sum / count;
    ((squares - count * mean * mean) / (count - 1.0))
        .max(0.0)
        .sqrt()
        * INTERVALS.1
}

impl Independence {
    fn strongest(&self) -> &View {
        if self.off_spaces.margin() > self.all.margin() {
            &self.off_spaces
        } else {
            &self.all
        }
    }

    /// Whether the rhythm follows the text beyond chance (three standard errors): hardly anything but a hand does.
    pub(crate) fn follows_text(&self) -> bool {
        let Dependence { count, place, .. } = self.all.dependence;
        place * count.sqrt() > 3.0
    }

    /// The finding, when there is too little dependence.
    pub(crate) fn finding(&self) -> Option<Finding> {
        let view = self.strongest();
        let margin = view.margin();
        if margin <= 0.0 {
            return None;
        }
        let Dependence {
            count,
            eta,
            place,
            information,
        } = view.dependence;
        let mut evidence = vec![
            ("dependence", view.score),
            ("least_of_people", view.limit),
            ("place_correlation", place),
            ("interval_eta", eta),
            ("intervals", count),
            ("information", information),
            ("log_spread", self.spread),
        ];
        let of_hand = [
            ("dwell_eta", self.of_dwell),
            ("dwell_interval_correlation", self.with_interval),
            ("dwell_memory", self.in_a_row),
        ];
        evidence.extend(
            of_hand
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        Some(Finding {
            code: "keystroke.independent",
            weight: 0.62 + 0.3 * (margin / 0.8).min(1.0),
            evidence,
            text: format!(
                "The rhythm of {count:.0} key intervals hardly depends on what was typed (dependence {:.2}, people reach {:.2} and more): no slowing at word starts, marks, capitals and corrections beyond chance.",
                view.score, view.limit
            ),
        })
    }

    /// Names of [`Self::values`].
    pub(crate) const NAMES: [&'static str; 9] = [
        "typing.place",
        "typing.place_off_spaces",
        "typing.eta_interval",
        "typing.eta_interval_off_spaces",
        "typing.eta_dwell",
        "typing.dwell_interval",
        "typing.dwell_memory",
        "typing.log_spread",
        "typing.dependence",
    ];

    /// The measures, for a learned model.
    pub(crate) fn values(&self) -> [Option<f64>; 9] {
        let powerful = |view: &View| view.dependence.information >= LEAST_INFORMATION;
        let off_spaces = Some(self.off_spaces).filter(powerful);
        let all = Some(self.all).filter(powerful);
        [
            all.map(|view| view.dependence.place),
            off_spaces.map(|view| view.dependence.place),
            all.map(|view| view.dependence.eta),
            off_spaces.map(|view| view.dependence.eta),
            self.of_dwell,
            self.with_interval,
            self.in_a_row,
            Some(self.spread),
            all.map(|view| view.score),
        ]
    }
}
