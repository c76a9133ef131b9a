//! Answers: speed against wording, straight lines, traps, attention checks, texts without keys.

use schemas::event::{Event, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::model::measured;
use crate::moment::Moment;
use crate::ruleset::Thresholds;
use crate::stats::share;

/// Characters a second that nobody reads: twice the fastest silent reading.
const READING_SPEED: f64 = 60.0;
/// An insertion this long, characters, is an answer rather than a name or a number.
const ANSWER_LENGTH: f64 = 20.0;

/// Counts of answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Answers {
    events: u32,
    /// When the question was shown whose answer is awaited, and the characters of its wording.
    shown: Moment,
    shown_length: f64,
    timed: u32,
    answered: u32,
    slow_enough: u32,
    run: u32,
    longest_run: u32,
    last_column: Option<f64>,
    traps: u32,
    failed_checks: u32,
    insertions: u32,
    long_insertions: u32,
    /// Keys since the last text arrived.
    keys: u32,
}

impl Answers {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        match event.event_type {
            EventType::QuestionView => {
                let length = event.number(Field::TextLength);
                self.shown = length.map_or_else(Moment::default, |_| event.at.into());
                self.shown_length = length.unwrap_or_default();
            }
            EventType::QuestionAnswer => self.answer(event),
            EventType::Honeypot => self.traps += u32::from(event.flag(Field::Filled) == Some(true)),
            _ => {}
        }
    }

    fn answer(&mut self, event: &Event<'_>) {
        self.answered = self.answered.saturating_add(1);
        self.failed_checks += u32::from(event.word(Field::Attention) == Some("failed"));
        if let Some(shown) = self.shown.take() {
            self.timed = self.timed.saturating_add(1);
            let fastest = self.shown_length / READING_SPEED * 1000.0;
            self.slow_enough += u32::from(event.at.millis_since(shown) >= fastest);
        }
        if event.word(Field::Kind) == Some("grid") {
            let column = event
                .number(Field::Column)
                .or(event.number(Field::OptionIndex));
            self.run = if column.is_some() && column == self.last_column {
                self.run.saturating_add(1)
            } else {
                1
            };
            self.longest_run = self.longest_run.max(self.run);
            self.last_column = column;
        }
    }

    /// A key was pressed: a text that is reported after its keys was typed.
    pub(crate) fn key(&mut self) {
        self.keys = self.keys.saturating_add(1);
    }

    pub(crate) fn paste(&mut self, event: &Event<'_>) {
        self.insertions = self.insertions.saturating_add(1);
        let length = event.number(Field::Length).unwrap_or(0.0);
        let typed = f64::from(std::mem::take(&mut self.keys)) * 2.0 >= length;
        let person = event.word(Field::Source) == Some("autofill");
        self.long_insertions += u32::from(length >= ANSWER_LENGTH && !typed && !person);
    }

    /// Names of [`Self::feature_values`].
    pub(crate) const FEATURES: [&'static str; 1] = ["answers.rushed_share"];

    /// What a learned model sees of this channel.
    pub(crate) fn feature_values(&self) -> [f32; 1] {
        let rushed = share(self.timed - self.slow_enough, self.timed);
        [measured(self.timed >= 4, rushed)]
    }

    pub(crate) fn judge(&self, rules: &Thresholds) -> Judgement {
        let seen = self.events.saturating_add(self.insertions);
        let mut judgement = Judgement::new(Method::Answers, seen, self.answered >= 3);
        judgement.find(self.traps > 0, || Finding {
            code: "answers.honeypot",
            weight: 0.9,
            evidence: vec![("traps", f64::from(self.traps))],
            text: match self.traps {
                1 => "A field that no person sees was filled.".to_owned(),
                traps => format!("{traps} fields that no person sees were filled."),
            },
        });
        let rushed = share(self.timed - self.slow_enough, self.timed);
        judgement.find(self.timed >= 4 && rushed >= rules.speeding_share, || Finding {
            code: "answers.speeding",
            weight: 0.55,
            evidence: vec![("rushed_share", rushed), ("questions", f64::from(self.timed))],
            text: format!(
                "{} of {} questions were answered faster than {} characters a second can be read.",
                self.timed - self.slow_enough, self.timed, READING_SPEED
            ),
        });
        judgement.find(self.longest_run >= rules.straight_line, || Finding {
            code: "answers.straight_line",
            weight: 0.3,
            evidence: vec![("run", f64::from(self.longest_run))],
            text: format!(
                "{} grid answers in a row chose the same column.",
                self.longest_run
            ),
        });
        judgement.find(self.failed_checks > 0, || Finding {
            code: "answers.attention_failed",
            weight: if self.failed_checks > 1 { 0.45 } else { 0.25 },
            evidence: vec![("checks", f64::from(self.failed_checks))],
            text: match self.failed_checks {
                1 => "An attention check failed.".to_owned(),
                checks => format!("{checks} attention checks failed."),
            },
        });
        judgement.find(self.long_insertions >= 2, || Finding {
            code: "answers.inserted_texts",
            weight: 0.25,
            evidence: vec![("texts", f64::from(self.long_insertions))],
            text: format!(
                "{} longer texts appeared without being typed.",
                self.long_insertions
            ),
        });
        judgement
    }
}
