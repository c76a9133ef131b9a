//! How a survey is gone through, whoever answers: page, question, reading, answer, next page.
//!
//! Owns the order of events and the survey's own ones (`page`, `question_view`, `question_answer`).
//! What differs between respondents is handed in as their [`Hand`], [`Typing`], [`Pace`] and [`Choosing`].

use crate::dice::Spread;
use crate::session::{Event, Member};
use crate::stage::{Stage, whole};
use crate::survey::{Answering, Question, Survey, Target, as_f64};

/// How controls are reached and used.
pub(crate) trait Hand {
    /// Goes to `target` and presses it.
    fn press(&mut self, stage: &mut Stage, target: &Target);

    /// Moves the page by about `distance` pixels.
    fn scroll(&mut self, stage: &mut Stage, distance: f64);

    /// What happens besides while `milliseconds` are spent reading; lets them pass.
    fn read(&mut self, stage: &mut Stage, milliseconds: f64) {
        stage.wait(milliseconds);
    }
}

/// How text comes into a field.
pub(crate) trait Typing {
    /// Writes about `length` characters.
    fn write(&mut self, stage: &mut Stage, length: usize);
}

/// How much time passes before a question is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// Reads, then decides: time grows with the wording.
    Reading {
        /// Milliseconds per character of the wording.
        per_character: f64,
        /// Time to decide.
        deciding: Spread,
    },
    /// The same spread for every question.
    Fixed(Spread),
}

/// Which option is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choosing {
    /// Each with a tendency to the person's own middle; attention checks are mostly passed.
    Considered { centre: f64, attentive: f64 },
    /// Any, equally often; attention checks are passed (programs read them well).
    Random,
    /// Always the one at this position, attention checks too.
    Always(usize),
}

/// A respondent, taken apart.
pub(crate) struct Respondent {
    pub(crate) hand: Box<dyn Hand>,
    pub(crate) typing: Box<dyn Typing>,
    pub(crate) pace: Pace,
    pub(crate) choosing: Choosing,
    /// Time between two presses on one page.
    pub(crate) between: Spread,
    /// Time a page takes to appear.
    pub(crate) loading: Spread,
    /// Whether fields that no person sees are filled.
    pub(crate) fills_traps: bool,
    /// Characters in an answer to a long open end.
    pub(crate) verbosity: (usize, usize),
}

/// Lets `respondent` answer `survey` and yields the events.
pub(crate) fn answer(mut stage: Stage, survey: &Survey, respondent: &mut Respondent) -> Vec<Event> {
    stage.emit("focus", Vec::new());
    for question in &survey.questions {
        stage.emit(
            "page",
            vec![("page", Member::Name(format!("p{}", question.index + 1)))],
        );
        stage.emit("question_view", describe(question));
        let shown_at = stage.now;
        respondent.read(&mut stage, question);
        let outcome = respondent.answer(&mut stage, survey, question);
        respondent.fill_trap(&mut stage, question);
        stage.emit(
            "question_answer",
            answered(question, &outcome, stage.now - shown_at),
        );
        let pause = stage.dice.draw(respondent.between);
        stage.wait(pause);
        respondent.hand.press(&mut stage, &survey.next_button());
        let loading = stage.dice.draw(respondent.loading);
        stage.wait(loading);
    }
    stage.into_events()
}

/// What was answered.
#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    option: Option<usize>,
    length: Option<usize>,
    changes: usize,
}

impl Respondent {
    fn read(&mut self, stage: &mut Stage, question: &Question) {
        if matches!(question.answering, Answering::Grid { .. }) || stage.dice.chance(0.25) {
            let distance = stage.dice.between(150.0, 500.0);
            self.hand.scroll(stage, distance);
        }
        let time = match self.pace {
            Pace::Reading {
                per_character,
                deciding,
            } => {
                let care = stage.dice.around(1.0, 0.25);
                as_f64(question.text_length) * per_character * care + stage.dice.draw(deciding)
            }
            Pace::Fixed(spread) => stage.dice.draw(spread),
        };
        self.hand.read(stage, time);
    }

    fn answer(&mut self, stage: &mut Stage, survey: &Survey, question: &Question) -> Outcome {
        match question.answering {
            Answering::OpenShort | Answering::OpenLong => self.write(stage, survey, question),
            Answering::Single => self.choose_one(stage, survey, question),
            Answering::Multiple => {
                let wanted = stage.dice.whole(1, 3.min(question.options));
                let first = self.option(stage, question);
                for step in 0..wanted {
                    let option = match self.choosing {
                        Choosing::Always(option) => option + step,
                        _ => first + step * 2,
                    } % question.options;
                    self.press_option(stage, &survey.option(question, 0, option), step > 0);
                }
                Outcome {
                    option: Some(first),
                    ..Outcome::default()
                }
            }
            Answering::Grid { rows } => {
                let mut last = 0;
                for row in 0..rows {
                    last = self.option(stage, question);
                    self.press_option(stage, &survey.option(question, row, last), row > 0);
                }
                Outcome {
                    option: Some(last),
                    ..Outcome::default()
                }
            }
        }
    }

    fn choose_one(&mut self, stage: &mut Stage, survey: &Survey, question: &Question) -> Outcome {
        let mut option = self.option(stage, question);
        let mut changes = 0;
        // People sometimes take another option at first.
        if matches!(self.choosing, Choosing::Considered { .. }) && stage.dice.chance(0.05) {
            let other = (option + 1) % question.options.max(1);
            self.press_option(stage, &survey.option(question, 0, other), false);
            stage.wait(400.0);
            changes = 1;
        }
        option = option.min(question.options.saturating_sub(1));
        self.press_option(stage, &survey.option(question, 0, option), changes > 0);
        Outcome {
            option: Some(option),
            length: None,
            changes,
        }
    }

    fn press_option(&mut self, stage: &mut Stage, target: &Target, again: bool) {
        if again {
            let pause = stage.dice.draw(self.between);
            stage.wait(pause);
        }
        self.hand.press(stage, target);
    }

    fn write(&mut self, stage: &mut Stage, survey: &Survey, question: &Question) -> Outcome {
        self.hand.press(stage, &survey.field());
        let length = match question.answering {
            Answering::OpenShort => stage.dice.whole(6, 24),
            _ => stage.dice.whole(self.verbosity.0, self.verbosity.1),
        };
        let pause = stage.dice.draw(self.between);
        stage.wait(pause);
        self.typing.write(stage, length);
        Outcome {
            length: Some(length),
            ..Outcome::default()
        }
    }

    fn option(&self, stage: &mut Stage, question: &Question) -> usize {
        let options = question.options.max(1);
        match (self.choosing, question.attention) {
            (Choosing::Always(option), _) => option % options,
            (Choosing::Random, Some(right)) => right,
            (Choosing::Considered { attentive, .. }, Some(right))
                if stage.dice.chance(attentive) =>
            {
                right
            }
            (Choosing::Considered { centre, .. }, _) => {
                let drawn = stage
                    .dice
                    .normal(centre * as_f64(options - 1), as_f64(options) * 0.3);
                usize::try_from(whole(drawn)).unwrap_or(0).min(options - 1)
            }
            (Choosing::Random, None) => stage.dice.below(options),
        }
    }

    fn fill_trap(&self, stage: &mut Stage, question: &Question) {
        // The hidden field stands on the first page and beside every open end.
        if self.fills_traps && (question.index == 0 || question.answering.is_open()) {
            let length = stage.dice.whole(5, 30);
            stage.emit(
                "honeypot",
                vec![
                    ("trap", Member::Word("website")),
                    ("filled", Member::Flag(true)),
                    ("length", count(length)),
                ],
            );
        }
    }
}

fn count(number: usize) -> Member {
    Member::Whole(i64::try_from(number).unwrap_or(i64::MAX))
}

fn describe(question: &Question) -> Vec<(&'static str, Member)> {
    vec![
        ("question", Member::Name(format!("q{}", question.index + 1))),
        ("kind", Member::Word(question.answering.word())),
        ("text_length", count(question.text_length)),
        ("options", count(question.options)),
        ("index", count(question.index)),
    ]
}

fn answered(question: &Question, outcome: &Outcome, duration: f64) -> Vec<(&'static str, Member)> {
    let mut members = describe(question);
    members.push(("duration", Member::Whole(whole(duration))));
    members.push(("changes", count(outcome.changes)));
    if let Some(option) = outcome.option {
        members.push(("option", count(option)));
    }
    if let Some(length) = outcome.length {
        members.push(("length", count(length)));
    }
    if let Some(right) = question.attention {
        let passed = outcome.option == Some(right);
        members.push((
            "attention",
            Member::Word(if passed { "passed" } else { "failed" }),
        ));
    }
    members
}
