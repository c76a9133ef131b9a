//! Timing: the rhythm of actions, whatever they are.

use schemas::event::{Event, EventTime, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;
use crate::stats::{Moments, share};

/// Actions closer than this belong to one burst, milliseconds.
const BURST: f64 = 40.0;
/// Pauses in this range separate the bursts of a think-act loop, milliseconds.
const THINK: std::ops::Range<f64> = 700.0..8000.0;

/// Counts of the times between actions (presses, keys, insertions, answers).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Timing {
    actions: u32,
    #[serde(with = "crate::compact::unless_default")]
    presses: Moments,
    bursts: u32,
    thinks: u32,
    between: u32,
    backwards: u32,
    last_action: Option<EventTime>,
    last_press: Option<EventTime>,
    last_event: Option<EventTime>,
}

impl Timing {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if let Some(last) = self.last_event {
            // Phones and laptops correct their clocks by small steps; a second is not one.
            self.backwards += u32::from(event.at.millis_since(last) < -1000.0);
        }
        self.last_event = Some(event.at);
        let press = event.event_type == EventType::Click;
        let key_up = event.word(Field::Action) == Some("up");
        let action = press
            || event.event_type == EventType::Paste
            || (matches!(event.event_type, EventType::Keypress | EventType::Keystroke) && !key_up)
            || event.event_type == EventType::QuestionAnswer;
        if !action {
            return;
        }
        self.actions = self.actions.saturating_add(1);
        if let Some(last) = self.last_action {
            let gap = event.at.millis_since(last);
            if (0.0..BURST).contains(&gap) {
                self.bursts = self.bursts.saturating_add(1);
            } else if THINK.contains(&gap) {
                self.thinks = self.thinks.saturating_add(1);
            } else {
                self.between = self.between.saturating_add(1);
            }
        }
        self.last_action = Some(event.at);
        if press {
            if let Some(last) = self.last_press {
                self.presses.add(event.at.millis_since(last).max(0.0));
            }
            self.last_press = Some(event.at);
        }
    }

    pub(crate) fn judge(&self, rules: &Thresholds) -> Judgement {
        let gaps = self.bursts + self.thinks + self.between;
        let mut judgement = Judgement::new(Method::Timing, self.actions, gaps >= rules.min_keys);
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
        let burst_share = share(self.bursts, gaps);
        let think_share = share(self.thinks, gaps - self.bursts);
        let rhythm =
            gaps >= rules.min_keys && burst_share > 0.6 && think_share > 0.8 && self.thinks >= 5;
        judgement.find(rhythm, || Finding {
            code: "timing.think_act_rhythm",
            weight: 0.7,
            evidence: vec![("burst_share", burst_share), ("think_share", think_share), ("pauses", f64::from(self.thinks))],
            text: format!(
                "{:.0} % of actions came within {BURST} ms of the one before, and almost all other gaps were pauses of seconds: actions computed in batches.",
                burst_share * 100.0
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
