//! Focus and navigation: leaving and coming back, acting on a page that nobody sees.

use schemas::event::{Event, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::moment::Moment;

/// A paste this soon after coming back follows from having been away, milliseconds.
const SOON: f64 = 8000.0;

/// Counts of focus changes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Focus {
    events: u32,
    leaves: u32,
    hidden: bool,
    away: bool,
    returned: Moment,
    hidden_actions: u32,
    pastes: u32,
    external_pastes: u32,
}

impl Focus {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        let state = event.word(Field::State);
        match event.event_type {
            EventType::Visibility => self.hidden = state == Some("hidden"),
            EventType::Focus => self.hidden = self.hidden && state != Some("visible"),
            _ => {}
        }
        let leaves = event.event_type == EventType::Blur || state == Some("hidden");
        if leaves {
            self.leaves += u32::from(!self.away);
            self.away = true;
        } else if self.away {
            self.away = false;
            self.returned = event.at.into();
        }
    }

    /// A pointer or key event: on a hidden page no person makes one.
    pub(crate) fn activity(&mut self, event: &Event<'_>) {
        let pressed = matches!(
            event.event_type,
            EventType::Click | EventType::Keypress | EventType::Keystroke
        );
        self.hidden_actions += u32::from(self.hidden && pressed);
    }

    pub(crate) fn paste(&mut self, event: &Event<'_>) {
        if matches!(event.word(Field::Source), Some("autofill" | "insertion")) {
            return;
        }
        self.pastes = self.pastes.saturating_add(1);
        let soon = self
            .returned
            .known()
            .is_some_and(|returned| event.at.millis_since(returned) < SOON);
        self.external_pastes += u32::from(soon);
    }

    pub(crate) fn judge(&self) -> Judgement {
        let seen = self.events.saturating_add(self.pastes);
        let mut judgement =
            Judgement::new(Method::Focus, seen, self.events >= 2 || self.pastes > 0);
        judgement.find(self.hidden_actions >= 3, || Finding {
            code: "focus.acted_while_hidden",
            weight: 0.85,
            evidence: vec![("actions", f64::from(self.hidden_actions))],
            text: format!(
                "{} presses happened while the page was hidden.",
                self.hidden_actions
            ),
        });
        judgement.find(self.external_pastes >= 2, || Finding {
            code: "focus.left_then_pasted",
            weight: 0.3,
            evidence: vec![
                ("pastes", f64::from(self.external_pastes)),
                ("leaves", f64::from(self.leaves)),
            ],
            text: format!(
                "Text was pasted {} times right after coming back from elsewhere.",
                self.external_pastes
            ),
        });
        judgement
    }
}
