//! Scrolling: who made it.

use schemas::event::{Event, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::stats::share;

/// A single step this far, px, is a jump.
const JUMP: f64 = 1200.0;

/// Counts of scroll events.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Scroll {
    events: u32,
    untrusted: u32,
    jumps: u32,
    steps: u32,
    last_position: Option<f64>,
}

impl Scroll {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        self.untrusted += u32::from(event.flag(Field::Trusted) == Some(false));
        let position = event.number(Field::ScrollY);
        let moved = position
            .zip(self.last_position)
            .map(|(now, before)| now - before);
        if let Some(step) = event.number(Field::Dy).or(moved) {
            self.steps = self.steps.saturating_add(1);
            self.jumps += u32::from(step.abs() >= JUMP);
        }
        self.last_position = position.or(self.last_position);
    }

    pub(crate) fn judge(&self) -> Judgement {
        let mut judgement = Judgement::new(Method::Scroll, self.events, self.steps >= 5);
        let untrusted = share(self.untrusted, self.events);
        judgement.find(self.events >= 3 && untrusted > 0.5, || Finding {
            code: "scroll.untrusted",
            weight: 0.6,
            evidence: vec![
                ("untrusted_share", untrusted),
                ("events", f64::from(self.events)),
            ],
            text: format!(
                "{} of {} scroll events were made by script.",
                self.untrusted, self.events
            ),
        });
        let jumps = share(self.jumps, self.steps);
        judgement.find(self.steps >= 5 && jumps > 0.6, || Finding {
            code: "scroll.jumps",
            weight: 0.3,
            evidence: vec![("jump_share", jumps), ("steps", f64::from(self.steps))],
            text: format!(
                "{} of {} scroll steps jumped {JUMP} px or more at once.",
                self.jumps, self.steps
            ),
        });
        judgement
    }
}
