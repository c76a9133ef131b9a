//! Keys: how long they are held and in which rhythm. Only classes and times are known.

use schemas::event::{Event, EventTime, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;
use crate::stats::{Moments, share};

/// A longer interval is a pause between runs, milliseconds.
const PAUSE: f64 = 3000.0;
/// Shorter intervals come from broken recordings, milliseconds.
const SHORTEST_INTERVAL: f64 = 1.7;
/// A key held shorter than this is instant, milliseconds.
const INSTANT: f64 = 15.0;
/// Dwell times below this many milliseconds are counted exactly.
const EXACT: usize = 64;

/// Counts of key presses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keys {
    presses: u32,
    held: u32,
    instant: u32,
    /// How often each whole millisecond of dwell below [`EXACT`] occurred.
    #[serde(with = "crate::compact::sparse")]
    dwell: [u16; EXACT],
    #[serde(with = "crate::compact::unless_default")]
    intervals: Moments,
    broken_intervals: u32,
    corrections: u32,
    untrusted: u32,
    last: Option<EventTime>,
    down: Option<EventTime>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            presses: 0,
            held: 0,
            instant: 0,
            dwell: [0; EXACT],
            intervals: Moments::default(),
            broken_intervals: 0,
            corrections: 0,
            untrusted: 0,
            last: None,
            down: None,
        }
    }
}

impl Keys {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        let key = event.word(Field::Key).unwrap_or("other");
        if matches!(key, "shift" | "control" | "alt" | "meta" | "caps_lock")
            || event.flag(Field::Repeat) == Some(true)
        {
            return;
        }
        if event.event_type == EventType::Keystroke && event.word(Field::Action) == Some("up") {
            // With rollover a release may belong to an earlier key; the latest press is close enough.
            if let Some(down) = self.down.take() {
                self.hold(event.at.millis_since(down));
            }
            return;
        }
        self.presses = self.presses.saturating_add(1);
        self.corrections += u32::from(matches!(key, "backspace" | "delete"));
        self.untrusted += u32::from(event.flag(Field::Trusted) == Some(false));
        if event.event_type == EventType::Keystroke {
            self.down = Some(event.at);
        } else if let Some(dwell) = event.number(Field::Dwell) {
            self.hold(dwell);
        }
        if let Some(last) = self.last {
            let interval = event.at.millis_since(last);
            if (0.0..PAUSE).contains(&interval) {
                self.intervals.add(interval);
                self.broken_intervals += u32::from(interval < SHORTEST_INTERVAL);
            }
        }
        self.last = Some(event.at);
    }

    /// A page or question begins: the next interval is no rhythm.
    pub(crate) fn interrupt(&mut self) {
        self.last = None;
    }

    fn hold(&mut self, dwell: f64) {
        if dwell < 0.0 {
            return;
        }
        self.held = self.held.saturating_add(1);
        self.instant += u32::from(dwell < INSTANT);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 ≤ dwell; larger values are cut off"
        )]
        let whole = dwell as usize;
        if let Some(count) = self.dwell.get_mut(whole) {
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn judge(&self, rules: &Thresholds) -> Judgement {
        let enough = self.presses >= rules.min_keys && !self.intervals_are_broken();
        let mut judgement = Judgement::new(Method::Keystroke, self.presses, enough);
        let untrusted = share(self.untrusted, self.presses);
        judgement.find(self.presses >= 5 && untrusted > 0.5, || Finding {
            code: "keystroke.untrusted",
            weight: 0.97,
            evidence: vec![
                ("untrusted_share", untrusted),
                ("presses", f64::from(self.presses)),
            ],
            text: format!(
                "{} of {} key events were made by script.",
                self.untrusted, self.presses
            ),
        });
        if enough {
            self.judge_rhythm(rules, &mut judgement);
        }
        judgement
    }

    fn judge_rhythm(&self, rules: &Thresholds, judgement: &mut Judgement) {
        let instant = share(self.instant, self.held);
        let measured = self.held >= rules.min_keys && !self.dwell_is_broken();
        judgement.find(measured && instant > 0.5, || Finding {
            code: "keystroke.instant_keys",
            weight: 0.95,
            evidence: vec![("instant_share", instant), ("presses", f64::from(self.held))],
            text: format!(
                "{:.0} % of {} keys were held for less than {} ms; people hold a key for 50 ms and more.",
                instant * 100.0, self.held, INSTANT
            ),
        });
        let variation = self.intervals.variation().unwrap_or(1.0);
        let clockwork =
            self.intervals.count() + 1 >= rules.min_keys && variation < rules.clockwork_variation;
        judgement.find(clockwork, || Finding {
            code: "keystroke.clockwork",
            weight: 0.9,
            evidence: vec![("interval_variation", variation), ("intervals", f64::from(self.intervals.count())), ("mean_interval_ms", self.intervals.mean())],
            text: format!(
                "{} key intervals vary by only {:.1} % around {:.0} ms; people vary by 40 % and more.",
                self.intervals.count(), variation * 100.0, self.intervals.mean()
            ),
        });
    }

    /// Intervals are mostly below what a keyboard can report: such a log says nothing about who typed
    /// (12 to 20 % of one public corpus of people is like that).
    fn intervals_are_broken(&self) -> bool {
        share(self.broken_intervals, self.intervals.count()) > 0.5
    }

    /// One dwell value dominates: the log reports a constant, not how long keys were held.
    fn dwell_is_broken(&self) -> bool {
        let commonest = self.dwell.iter().copied().max().unwrap_or_default();
        share(u32::from(commonest), self.held) >= 0.6
    }
}
