//! Keys: how long they are held and in which rhythm. Only classes and times are known.
//!
//! Rhythm and dwell are judged in runs of text only: Tab, arrows, Enter and shortcuts are how people without
//! a mouse get about, and say nothing about typing. Keys that arrive without a class (input methods, many phones)
//! are no text either.

use schemas::event::{Event, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;
use crate::stats::{Moments, share};
use crate::typing::{Class, Independence, Typing};

/// Shorter intervals come from logs without a clock, milliseconds.
const UNTIMED: f64 = 0.5;
/// Nobody presses one key after another in less, milliseconds, again and again.
const FAST: f64 = 35.0;
/// Intervals are alike when they differ by this share of the shorter, or by [`ALIKE_MS`].
const ALIKE: f64 = 0.12;
/// Milliseconds by which intervals may differ and still be alike: what an event loop adds.
const ALIKE_MS: f64 = 4.0;
/// Lattice of a coarse clock, milliseconds.
const COARSE: f64 = 50.0;
/// A key held shorter than this is instant, milliseconds.
const INSTANT: f64 = 15.0;

/// Counts of key presses.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// Key events of every class, releases left out.
    events: u32,
    untrusted: u32,
    /// Presses of keys that make text.
    presses: u32,
    held: u32,
    instant: u32,
    zero: u32,
    #[serde(with = "crate::compact::unless_default")]
    constant: Constant,
    #[serde(with = "crate::compact::unless_default")]
    intervals: Moments,
    untimed: u32,
    fast: u32,
    #[serde(with = "crate::compact::unless_default")]
    pace: Pace,
    #[serde(with = "crate::compact::unless_default")]
    typing: Typing,
}

/// The value that most of a row share, if there is one (R. S. Boyer, J S. Moore, MJRTY, 1981).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Constant {
    value: u16,
    lead: u32,
    hits: u32,
}

impl Constant {
    fn add(&mut self, value: u16) {
        if self.lead == 0 {
            *self = Self {
                value,
                lead: 1,
                hits: 1,
            };
        } else if self.value == value {
            self.lead = self.lead.saturating_add(1);
            self.hits = self.hits.saturating_add(1);
        } else {
            self.lead -= 1;
        }
    }
}

/// How often an interval is like the one before it: also tells a clock that changes its pace from text to text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Pace {
    /// The interval before, milliseconds; negative at the start of a run.
    before: f64,
    pairs: u32,
    alike: u32,
    /// Intervals on the lattice of a clock of 50 or 100 ms.
    coarse: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            before: -1.0,
            pairs: 0,
            alike: 0,
            coarse: 0,
        }
    }
}

impl Pace {
    fn add(&mut self, interval: Option<f64>) {
        let before = std::mem::replace(&mut self.before, interval.unwrap_or(-1.0));
        let Some(interval) = interval.filter(|_| before >= 0.0) else {
            return;
        };
        self.pairs = self.pairs.saturating_add(1);
        let tolerance = (ALIKE * before.min(interval)).max(ALIKE_MS);
        self.alike += u32::from((before - interval).abs() <= tolerance);
        let off = interval % COARSE;
        self.coarse += u32::from(interval >= COARSE && off.min(COARSE - off) < 1.0);
    }

    /// Share of intervals like the one before; `None` where the clock is too coarse to tell.
    fn steadiness(&self) -> Option<f64> {
        (share(self.coarse, self.pairs) < 0.6).then(|| share(self.alike, self.pairs))
    }

    /// The steadiness that people do not reach: of 20 pairs at most 0.50, of 40 at most 0.42, of 100 at most
    /// 0.29 in 20,000 recorded stretches; with clocks of 16 to 50 ms at most 0.1 more.
    fn limit(&self) -> f64 {
        0.27 + 1.5 / f64::from(self.pairs.max(1)).sqrt()
    }
}

impl Keys {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        let key = event.word(Field::Key).unwrap_or("other");
        if event.flag(Field::Repeat) == Some(true) {
            return;
        }
        let stroke = event.event_type == EventType::Keystroke;
        if stroke && event.word(Field::Action) == Some("up") {
            if let Some(dwell) = self.typing.up(key, event.at) {
                self.hold(dwell);
            }
            return;
        }
        if !matches!(key, "shift" | "control" | "alt" | "meta" | "caps_lock") {
            self.events = self.events.saturating_add(1);
            self.untrusted += u32::from(event.flag(Field::Trusted) == Some(false));
        }
        let interval = self.typing.down(key, event.at);
        self.pace.add(interval);
        if let Some(interval) = interval {
            self.intervals.add(interval);
            self.untimed += u32::from(interval < UNTIMED);
            self.fast += u32::from(interval < FAST);
        }
        if Class::of(key).is_none() {
            return;
        }
        self.presses = self.presses.saturating_add(1);
        let dwell = event.number(Field::Dwell).filter(|dwell| *dwell >= 0.0);
        if let Some(dwell) = dwell.filter(|_| !stroke) {
            self.typing.held(key, dwell);
            self.hold(dwell);
        }
    }

    /// A click or a touch: what comes next may be typed elsewhere.
    pub(crate) fn interrupt(&mut self) {
        self.typing.end();
    }

    fn hold(&mut self, dwell: f64) {
        self.held = self.held.saturating_add(1);
        self.instant += u32::from(dwell < INSTANT);
        self.zero += u32::from(dwell < 0.001);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped; dwell is not negative"
        )]
        let whole = dwell.round().min(f64::from(u16::MAX)) as u16;
        self.constant.add(whole);
    }

    /// Judges the keys; `touched` says whether fingers on glass were seen, whose keys go up as they go down.
    pub(crate) fn judge(&self, rules: &Thresholds, touched: bool) -> Judgement {
        let enough = self.presses >= rules.min_keys && !self.is_untimed();
        let mut judgement = Judgement::new(Method::Keystroke, self.events, enough);
        let untrusted = share(self.untrusted, self.events);
        judgement.find(self.events >= 5 && untrusted > 0.5, || Finding {
            code: "keystroke.untrusted",
            weight: 0.97,
            evidence: vec![
                ("untrusted_share", untrusted),
                ("presses", f64::from(self.events)),
            ],
            text: format!(
                "{} of {} key events were made by script.",
                self.untrusted, self.events
            ),
        });
        if enough {
            self.judge_dwell(rules, touched, &mut judgement);
            self.judge_rhythm(rules, &mut judgement);
            let independence = self.typing.independence(self.dwells_vary());
            let finding = independence.and_then(|measured| measured.finding());
            judgement.findings.extend(finding);
        }
        judgement
    }

    fn judge_dwell(&self, rules: &Thresholds, touched: bool, judgement: &mut Judgement) {
        let instant = share(self.instant, self.held);
        // A log without releases or with a coarse clock reports zero and nothing else below the limit.
        let timed = share(self.instant - self.zero, self.held) >= 0.05;
        if self.held < rules.min_keys || !timed || instant <= 0.5 {
            return;
        }
        let rhythm = self.typing.independence(false);
        let follows_text = rhythm.is_some_and(|rhythm| rhythm.follows_text());
        judgement.find(true, || Finding {
            code: "keystroke.instant_keys",
            // Keys drawn on glass go up as they go down, whoever taps them.
            weight: if touched || follows_text { 0.4 } else { 0.95 },
            evidence: vec![("instant_share", instant), ("presses", f64::from(self.held))],
            text: format!(
                "{:.0} % of {} keys were held for less than {} ms; people hold a key for 50 ms and more.",
                instant * 100.0, self.held, INSTANT
            ),
        });
    }

    fn judge_rhythm(&self, rules: &Thresholds, judgement: &mut Judgement) {
        let count = self.intervals.count();
        if count + 1 < rules.min_keys {
            return;
        }
        let fast = share(self.fast, count);
        judgement.find(fast > 0.8, || Finding {
            code: "keystroke.too_fast",
            weight: 0.9,
            evidence: vec![("fast_share", fast), ("intervals", f64::from(count))],
            text: format!(
                "{:.0} % of {count} key intervals are shorter than {FAST} ms, 28 keys a second.",
                fast * 100.0
            ),
        });
        let variation = self.intervals.variation().unwrap_or(1.0);
        let steadiness = self.pace.steadiness().unwrap_or_default();
        let steady = self.pace.pairs + 2 >= rules.min_keys && steadiness > self.pace.limit();
        let even = variation < rules.clockwork_variation;
        judgement.find(fast <= 0.8 && (even || steady), || Finding {
            code: "keystroke.clockwork",
            weight: 0.9,
            evidence: vec![
                ("interval_variation", variation),
                ("steady_share", steadiness),
                ("intervals", f64::from(count)),
                ("mean_interval_ms", self.intervals.mean()),
            ],
            text: format!(
                "{:.0} % of {count} key intervals equal the one before to within {:.0} %, people reach {:.0} %; their variation is {:.1} %.",
                steadiness * 100.0, ALIKE * 100.0, self.pace.limit() * 100.0, variation * 100.0
            ),
        });
    }

    /// Names of [`Self::feature_values`].
    pub(crate) const FEATURES: [&'static str; 12] = {
        let mut names = [""; 12];
        names[0] = "keys.instant_share";
        names[1] = "keys.interval_variation";
        names[2] = "keys.interval_steadiness";
        let mut index = 0;
        while index < Independence::NAMES.len() {
            names[3 + index] = Independence::NAMES[index];
            index += 1;
        }
        names
    };

    /// Measures for a learned model; NaN where not measured.
    pub(crate) fn feature_values(&self) -> [f32; 12] {
        let timed = self.intervals.count() >= 20 && !self.is_untimed();
        let held = self.held >= 20 && self.dwells_vary();
        let mut values = [None; 12];
        values[0] = Some(share(self.instant, self.held)).filter(|_| held);
        values[1] = self.intervals.variation().filter(|_| timed);
        values[2] = self.pace.steadiness().filter(|_| timed);
        let measured = self.typing.independence(self.dwells_vary());
        if let Some(measured) = measured.filter(|_| timed) {
            values[3..].copy_from_slice(&measured.values());
        }
        #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
        values.map(|value| value.map_or(f32::NAN, |value| value as f32))
    }

    /// Most intervals are nothing at all: the log has no clock and says nothing about who typed
    /// (12 to 20 % of one public corpus of people is like that).
    fn is_untimed(&self) -> bool {
        share(self.untimed, self.intervals.count()) > 0.5
    }

    /// Whether dwell times are measurements: one value throughout is what a log without releases reports.
    fn dwells_vary(&self) -> bool {
        share(self.constant.hits, self.held) < 0.6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_has_no_measures() {
        let names: std::collections::BTreeSet<&str> = Keys::FEATURES.into_iter().collect();
        assert_eq!(names.len(), Keys::FEATURES.len());
        let values = Keys::default().feature_values();
        assert!(values.iter().all(|value| value.is_nan()), "{values:?}");
    }
}
