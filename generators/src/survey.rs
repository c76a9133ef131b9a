//! The simulated questionnaire: questions, and where their controls stand on the page.
//!
//! One question a page. Layout is a plain column, so that distances and target sizes are those of real
//! surveys; wording exists only as its length. A survey knows nothing of who answers it.

use crate::dice::Dice;
use crate::stage::Point;

/// Size of the visible page, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Viewport {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// What kind of answer a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answering {
    /// One of the options.
    Single,
    /// Some of the options.
    Multiple,
    /// One option in each of the rows.
    Grid { rows: usize },
    /// A few words.
    OpenShort,
    /// A few sentences.
    OpenLong,
}

impl Answering {
    /// The word of the `kind` field.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Multiple => "multiple",
            Self::Grid { .. } => "grid",
            Self::OpenShort => "open_short",
            Self::OpenLong => "open_long",
        }
    }

    /// Whether text is wanted.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::OpenShort | Self::OpenLong)
    }
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    /// Position in the survey, from 0.
    pub(crate) index: usize,
    pub(crate) answering: Answering,
    /// Characters of its wording, options included.
    pub(crate) text_length: usize,
    /// Number of options; 0 for open ends.
    pub(crate) options: usize,
    /// For an attention check: the option that passes.
    pub(crate) attention: Option<usize>,
}

/// A control: its centre and size, CSS pixels, and how a keyboard reaches it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) centre: Point,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Tab stops from the control used before.
    pub(crate) tabs: usize,
    /// Arrow presses inside its group.
    pub(crate) arrows: usize,
}

/// A questionnaire on one device.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    pub(crate) viewport: Viewport,
    pub(crate) questions: Vec<Question>,
}

/// How long a survey is, and how much of it is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) questions: (usize, usize),
    /// Share of open ends.
    pub(crate) open: f64,
}

impl Survey {
    /// A survey of the given shape; the numbers of its questions and options are drawn.
    pub(crate) fn draw(dice: &mut Dice, viewport: Viewport, shape: Shape) -> Self {
        let count = dice.whole(shape.questions.0, shape.questions.1);
        let check_at = dice.whole(count / 2, count.saturating_sub(1));
        let questions = (0..count).map(|index| {
            if index == check_at {
                attention_check(dice, index)
            } else {
                question(dice, index, shape.open)
            }
        });
        Self {
            viewport,
            questions: questions.collect(),
        }
    }

    /// The control of option `option` in `row` (0 unless it is a grid).
    pub(crate) fn option(&self, question: &Question, row: usize, option: usize) -> Target {
        let Viewport { width, height } = self.viewport;
        let (number, row_number) = (as_f64(option), as_f64(row));
        if let Answering::Grid { rows } = question.answering {
            let column = width * 0.6 / as_f64(question.options.max(1));
            let line = (height * 0.5 / as_f64(rows.max(1))).min(60.0);
            return Target {
                centre: Point {
                    x: width * 0.36 + column * (number + 0.5),
                    y: height * 0.3 + line * (row_number + 0.5),
                },
                width: (column * 0.6).min(60.0),
                height: (line * 0.7).min(36.0),
                tabs: 1,
                arrows: option,
            };
        }
        let line = (height * 0.52 / as_f64(question.options.max(1))).min(52.0);
        Target {
            centre: Point {
                x: width * 0.42,
                y: height * 0.28 + line * (number + 0.5),
            },
            width: width * 0.4,
            height: line * 0.8,
            tabs: if question.answering == Answering::Multiple {
                option + 1
            } else {
                1
            },
            arrows: if question.answering == Answering::Single {
                option
            } else {
                0
            },
        }
    }

    /// The text field of an open end.
    pub(crate) fn field(&self) -> Target {
        let Viewport { width, height } = self.viewport;
        Target {
            centre: Point {
                x: width * 0.45,
                y: height * 0.42,
            },
            width: width * 0.6,
            height: height * 0.16,
            tabs: 1,
            arrows: 0,
        }
    }

    /// The button that leads to the next page.
    pub(crate) fn next_button(&self) -> Target {
        let Viewport { width, height } = self.viewport;
        Target {
            centre: Point {
                x: width * 0.68,
                y: height * 0.88,
            },
            width: 96.0,
            height: 40.0,
            tabs: 1,
            arrows: 0,
        }
    }
}

fn question(dice: &mut Dice, index: usize, open: f64) -> Question {
    let (answering, options) = if dice.chance(open) {
        let long = dice.chance(0.6);
        (
            if long {
                Answering::OpenLong
            } else {
                Answering::OpenShort
            },
            0,
        )
    } else {
        let options = dice.whole(3, 7);
        match dice.below(10) {
            0..=5 => (Answering::Single, options),
            6..=7 => (Answering::Multiple, options + 1),
            _ => (
                Answering::Grid {
                    rows: dice.whole(3, 6),
                },
                5,
            ),
        }
    };
    let text_length = match answering {
        Answering::Grid { rows } => dice.whole(90, 160) + rows * dice.whole(20, 40),
        _ => dice.whole(45, 180) + options * dice.whole(6, 24),
    };
    Question {
        index,
        answering,
        text_length,
        options,
        attention: None,
    }
}

fn attention_check(dice: &mut Dice, index: usize) -> Question {
    Question {
        index,
        answering: Answering::Single,
        text_length: dice.whole(80, 140),
        options: 5,
        attention: Some(dice.below(5)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a page are small")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}
