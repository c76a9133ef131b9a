//! One window of one session: everything the verdict needs, in a fixed number of bytes.

use schemas::batch::BatchRecord;
use schemas::event::{Event, EventType, Field};
use schemas::session::{Property, SessionStarted};
use schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};

use crate::channels::{Answers, Device, Focus, Keys, Network, Pointer, Scroll, Timing};
use crate::combine::{self, Case};
use crate::compact::unless_default;
use crate::judges::Judges;
use crate::model;
use crate::sketch::{SessionSketch, Sketches};
use crate::strokes::Strokes;
use crate::writers::{Admission, WriterLedger};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// Its events are in the features.
    Folded,
    /// It had been folded before; nothing changed.
    Duplicate,
}

/// Streaming features of one window. Holds no events and no memory outside itself.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Window {
    #[serde(with = "unless_default")]
    writers: WriterLedger,
    events: u64,
    unordered: u64,
    #[serde(with = "unless_default")]
    pub(crate) keys: Keys,
    #[serde(with = "unless_default")]
    pub(crate) pointer: Pointer,
    #[serde(with = "unless_default")]
    pub(crate) strokes: Strokes,
    #[serde(with = "unless_default")]
    pub(crate) timing: Timing,
    #[serde(with = "unless_default")]
    pub(crate) device: Device,
    #[serde(with = "unless_default")]
    pub(crate) network: Network,
    #[serde(with = "unless_default")]
    pub(crate) focus: Focus,
    #[serde(with = "unless_default")]
    pub(crate) scroll: Scroll,
    #[serde(with = "unless_default")]
    pub(crate) answers: Answers,
    #[serde(with = "unless_default")]
    sketches: Sketches,
}

impl Window {
    /// An empty window.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what is known before the first event.
    pub fn start(&mut self, started: &SessionStarted) {
        for (name, value) in &started.device {
            if let Some(field) = Field::from_name(name) {
                match value {
                    Property::Flag(flag) => self.device.flag(field, *flag),
                    Property::Number(number) => self.device.number(field, *number),
                    Property::Word(word) => self.device.word(field, word),
                }
            }
        }
        self.network.client(&started.client);
        self.device.client(&started.client);
        self.device.traits.client(&started.client, started.test);
    }

    /// Adds a batch, unless it has been added before.
    pub fn fold(&mut self, batch: &BatchRecord<'_>) -> Folded {
        if let Some(sequence) = batch.sequence {
            match self.writers.admit(sequence) {
                Admission::Fresh => {}
                Admission::Duplicate => return Folded::Duplicate,
                Admission::Unknown => self.unordered += 1,
            }
        }
        for event in batch.events() {
            self.event(&event);
        }
        Folded::Folded
    }

    fn event(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.timing.event(event);
        match event.event_type {
            EventType::MouseMove | EventType::Pointer | EventType::Click | EventType::Touch => {
                self.pointer.event(event);
                self.strokes.event(event);
                self.sketches.pointer(event);
                self.focus.activity(event);
                // Only a press can move the caret; a page or question may come and go within one text.
                if event.event_type == EventType::Click
                    || matches!(event.word(Field::Phase), Some("down" | "start"))
                {
                    self.keys.interrupt();
                }
            }
            EventType::Keypress | EventType::Keystroke => {
                self.keys.event(event);
                self.answers.key();
                self.sketches.key(event);
                self.focus.activity(event);
            }
            EventType::Focus | EventType::Blur | EventType::Visibility => self.focus.event(event),
            EventType::Paste => {
                self.focus.paste(event);
                self.answers.paste(event);
            }
            EventType::Scroll => self.scroll.event(event),
            EventType::PageView
            | EventType::QuestionView
            | EventType::QuestionAnswer
            | EventType::Honeypot => self.answers.event(event),
            EventType::Device => self.device.event(event),
            EventType::Network => self.network.event(event),
            EventType::Copy | EventType::Custom => {}
        }
    }

    /// Number of events folded.
    pub fn event_count(&self) -> u64 {
        self.events
    }

    /// Batches that were folded although they may have been folded before.
    pub fn unknown_batches(&self) -> u64 {
        self.unordered
    }

    /// What can be compared with other sessions of the survey.
    pub fn sketch(&self) -> SessionSketch {
        self.sketches.session()
    }

    /// Judges what has been seen. `processing_time_ms` is 0: the caller has the clock.
    pub fn verdict<'a>(&self, judges: impl Into<Judges<'a>>) -> Verdict {
        let judges = judges.into();
        let rules = &judges.ruleset.thresholds;
        let surroundings = self.device.surroundings();
        let touch = self.pointer.touched() || surroundings.touch;
        let mut mouse = self.pointer.judge(rules, surroundings);
        self.strokes.judge_into(&mut mouse);
        self.sketches.find(&mut mouse);
        let mut judgements = vec![
            self.keys.judge(rules, touch),
            mouse,
            self.timing.judge(rules),
            self.device.judge(&self.pointer),
            self.network.judge(),
            self.focus.judge(),
            self.scroll.judge(),
            self.answers.judge(rules),
        ];
        if let Some(model) = judges.model {
            let enough = combine::has_enough(&judgements);
            judgements.push(model::vote(model, &self.features(), rules, enough));
        }
        let case = Case {
            judgements,
            event_count: self.events,
            assistive: self.device.is_assistive(),
            declared_agent: self.network.is_declared_agent(),
            thinks_and_acts: self.timing.thinks_and_acts(),
        };
        combine::verdict(case, judges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_stays_within_four_kibibytes() {
        assert!(size_of::<Window>() <= 4096, "{} bytes", size_of::<Window>());
    }
}
