//! Timing: the rhythm of actions, whatever they are.

use schemas::event::{Event, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::model::measured;
use crate::moment::Moment;
use crate::ruleset::Thresholds;
use crate::stats::{Moments, share};

/// A silence this long, of everything, separates what is done in one go, milliseconds.
const PAUSE: f64 = 300.0;
/// Silences in this range are a program waiting for a model's next step, or a person reading, milliseconds.
const THINK: std::ops::Range<f64> = 1200.0..15_000.0;
/// Moves before a click, since the last pause or other action, that are no run-up: a hand needs more,
/// even seen through a remote desktop (one sample every 110 ms).
const BARE: u32 = 2;
/// Clicks needed to judge the rhythm of thinking and acting.
const MIN_CLICKS: u32 = 6;

/// Counts of the times between actions (presses, keys, insertions, answers).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Timing {
    actions: u32,
    #[serde(with = "crate::compact::unless_default")]
    presses: Moments,
    pauses: u32,
    thinks: u32,
    clicks: u32,
    bare_clicks: u32,
    moves: u32,
    all_moves: u32,
    touches: u32,
    backwards: u32,
    last_press: Moment,
    last_event: Moment,
}

impl Timing {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if let Some(last) = self.last_event.replace(event.at) {
            self.gap(event.at.millis_since(last));
        }
        let touch = event.event_type == EventType::Touch
            || matches!(event.word(Field::PointerType), Some("touch" | "pen"));
        self.touches += u32::from(touch);
        match event.event_type {
            EventType::MouseMove => self.moved(),
            EventType::Pointer if event.word(Field::Phase) == Some("move") => self.moved(),
            EventType::Keypress | EventType::Keystroke => {
                let up = event.word(Field::Action) == Some("up");
                self.actions = self.actions.saturating_add(u32::from(!up));
                self.moves = 0;
            }
            EventType::Paste | EventType::QuestionAnswer => {
                self.actions = self.actions.saturating_add(1);
            }
            EventType::Scroll => self.moves = 0,
            EventType::Click => self.click(event),
            _ => {}
        }
    }

    fn gap(&mut self, gap: f64) {
        // Phones and laptops correct their clocks by small steps; a second is not one.
        self.backwards += u32::from(gap < -1000.0);
        if gap >= PAUSE {
            self.pauses = self.pauses.saturating_add(1);
            self.thinks += u32::from(THINK.contains(&gap));
            self.moves = 0;
        }
    }

    fn moved(&mut self) {
        self.moves = self.moves.saturating_add(1);
        self.all_moves = self.all_moves.saturating_add(1);
    }

    fn click(&mut self, event: &Event<'_>) {
        self.actions = self.actions.saturating_add(1);
        self.clicks = self.clicks.saturating_add(1);
        self.bare_clicks += u32::from(self.moves <= BARE);
        self.moves = 0;
        if let Some(last) = self.last_press.replace(event.at) {
            self.presses.add(event.at.millis_since(last).max(0.0));
        }
    }

    /// Whether clicks come out of nothing after pauses for thought: a program that asks a model what to do next.
    /// Fingers jump by nature, and clicks made by keys or by assistive technology move no pointer at all.
    pub(crate) fn thinks_and_acts(&self) -> bool {
        self.touches == 0
            && self.all_moves >= self.clicks / 2
            && self.clicks >= MIN_CLICKS
            && self.thinks >= 5
            && share(self.bare_clicks, self.clicks) > 0.7
            && share(self.thinks, self.pauses) > 0.4
    }

    /// Names of [`Self::feature_values`].
    pub(crate) const FEATURES: [&'static str; 2] =
        ["timing.click_interval_variation", "timing.bare_click_share"];

    /// What a learned model sees of this channel.
    pub(crate) fn feature_values(&self) -> [f32; 2] {
        let variation = self.presses.variation();
        let timed = self.presses.count() >= 5 && variation.is_some();
        let clicked = self.touches == 0 && self.clicks >= 5 && self.all_moves >= self.clicks / 2;
        [
            measured(timed, variation.unwrap_or_default()),
            measured(clicked, share(self.bare_clicks, self.clicks)),
        ]
    }

    pub(crate) fn judge(&self, rules: &Thresholds) -> Judgement {
        let enough = self.presses.count() >= 10 || self.actions >= rules.min_keys;
        let mut judgement = Judgement::new(Method::Timing, self.actions, enough);
        let variation = self.presses.variation().unwrap_or(1.0);
        // The most even people measured (a two-choice task) have 0.065.
        judgement.find(self.presses.count() >= 10 && variation < 0.03, || Finding {
            code: "timing.clockwork_clicks",
            weight: 0.85,
            evidence: vec![
                ("interval_variation", variation),
                ("clicks", f64::from(self.presses.count() + 1)),
            ],
            text: format!(
                "{} clicks came every {:.0} ms, give or take {:.1} %.",
                self.presses.count() + 1,
                self.presses.mean(),
                variation * 100.0
            ),
        });
        judgement.find(self.thinks_and_acts(), || Finding {
            code: "timing.think_act_rhythm",
            weight: 0.5,
            evidence: vec![
                ("bare_click_share", share(self.bare_clicks, self.clicks)),
                ("thinking_pauses", f64::from(self.thinks)),
                ("clicks", f64::from(self.clicks)),
            ],
            text: format!(
                "{} of {} clicks came without the movement that leads a hand to its target, between {} pauses of 1 to 15 s: steps decided one by one.",
                self.bare_clicks, self.clicks, self.thinks
            ),
        });
        judgement.find(self.backwards >= 3, || Finding {
            code: "timing.clock_backwards",
            weight: 0.2,
            evidence: vec![("steps", f64::from(self.backwards))],
            text: format!(
                "The client's clock went back by more than a second {} times.",
                self.backwards
            ),
        });
        judgement
    }
}
