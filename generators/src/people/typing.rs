//! A person's fingers: key intervals and dwell times that depend on what is typed.
//!
//! Classes of keys are generated, never characters: words of letters, spaces, now and then a digit or
//! a mark, shifts at the start of sentences, slips with backspaces. The next key may go down before the
//! last one is up (rollover) wherever the interval is shorter than the dwell.

use crate::dice::Dice;
use crate::flow::Typing;
use crate::stage::Stage;

/// One person's way of typing.
#[derive(Debug, Clone)]
pub(crate) struct Fingers {
    /// Median interval between two letters, and the deviation of its logarithm.
    interval: f64,
    sigma: f64,
    /// Mean dwell on a letter, and its deviation.
    dwell: f64,
    dwell_deviation: f64,
    /// How much of one dwell's deviation carries over to the next.
    carry: f64,
    /// Extra time at the start of a word, as a share of the interval.
    word_start: f64,
    /// Chance of a slip per letter.
    slips: f64,
    /// Chance of thinking after a word, and how long.
    thinks: f64,
    /// Whether capitals are typed with a shift of one's own.
    shifts: bool,
    /// Deviation of the last dwell from its mean, in deviations.
    last_deviation: f64,
}

impl Fingers {
    /// On a keyboard of keys.
    pub(crate) fn of_a_person(dice: &mut Dice) -> Self {
        Self {
            interval: dice.around(165.0, 0.28).clamp(85.0, 420.0),
            sigma: dice.between(0.24, 0.4),
            dwell: dice.between(70.0, 118.0),
            dwell_deviation: dice.between(11.0, 22.0),
            carry: dice.between(0.3, 0.55),
            word_start: dice.between(0.25, 0.9),
            slips: dice.between(0.01, 0.04),
            thinks: dice.between(0.06, 0.16),
            shifts: true,
            last_deviation: 0.0,
        }
    }

    /// On the glass of a phone: slower, shorter dwell, capitals come by themselves.
    pub(crate) fn on_glass(dice: &mut Dice) -> Self {
        Self {
            interval: dice.around(240.0, 0.25).clamp(130.0, 500.0),
            dwell: dice.between(55.0, 95.0),
            shifts: false,
            ..Self::of_a_person(dice)
        }
    }

    /// With one finger that looks for each key.
    pub(crate) fn one_by_one(dice: &mut Dice) -> Self {
        Self {
            interval: dice.around(520.0, 0.25).clamp(320.0, 1000.0),
            sigma: dice.between(0.35, 0.55),
            dwell: dice.between(85.0, 150.0),
            dwell_deviation: dice.between(15.0, 32.0),
            word_start: dice.between(0.1, 0.5),
            thinks: dice.between(0.1, 0.2),
            ..Self::of_a_person(dice)
        }
    }

    /// The dwell of the next press of `class`, milliseconds.
    pub(crate) fn dwell(&mut self, dice: &mut Dice, class: &str) -> f64 {
        let own = dice.normal(0.0, (1.0 - self.carry * self.carry).sqrt());
        self.last_deviation = self.carry * self.last_deviation + own;
        let mean = self.dwell
            * match class {
                "space" => 0.82,
                "Shift" => 1.9,
                "Backspace" => 0.9,
                "punct" => 0.88,
                "digit" => 1.12,
                "Tab" | "Enter" | "Arrow" => 0.95,
                _ => 1.0,
            };
        (mean + self.dwell_deviation * self.last_deviation).clamp(24.0, 420.0)
    }

    /// The interval from a press of `before` to one of `class`, milliseconds.
    fn interval(&mut self, dice: &mut Dice, before: &str, class: &str) -> f64 {
        let factor = match (before, class) {
            ("space", "letter") => 1.0 + self.word_start,
            ("letter", "space") => 0.82,
            (_, "punct") => 1.35,
            ("punct", _) => 1.5,
            ("digit", "digit") => 1.1,
            (_, "digit") => 1.7,
            ("Backspace", "Backspace") => 0.95,
            (_, "Backspace") => 2.3,
            ("Backspace", _) => 1.8,
            (_, "Shift") => 1.9,
            ("Shift", _) => 0.75,
            _ => 1.0,
        };
        dice.around(self.interval * factor, self.sigma).max(18.0)
    }

    /// Presses `class` after `before`.
    fn press(&mut self, stage: &mut Stage, before: &str, class: &'static str) {
        let interval = self.interval(&mut stage.dice, before, class);
        stage.wait(interval);
        let dwell = self.dwell(&mut stage.dice, class);
        stage.key(class, dwell);
    }

    /// One wrong letter or more, noticed, taken back and typed anew.
    fn slip(&mut self, stage: &mut Stage) {
        let wrong = stage.dice.whole(1, 3);
        let mut before = "letter";
        for class in ["letter", "Backspace", "letter"] {
            for _ in 0..wrong {
                self.press(stage, before, class);
                before = class;
            }
        }
    }
}

impl Typing for Fingers {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        let mut before = "";
        let mut sentence_starts = true;
        let mut written = 0;
        while written < length {
            if sentence_starts && self.shifts {
                self.press(stage, before, "Shift");
                before = "Shift";
            }
            sentence_starts = false;
            let number = stage.dice.chance(0.03);
            let letters = if number {
                stage.dice.whole(1, 4)
            } else {
                stage.dice.whole(1, 9)
            };
            let class = if number { "digit" } else { "letter" };
            for _ in 0..letters {
                self.press(stage, before, class);
                before = class;
                if !number && stage.dice.chance(self.slips) {
                    self.slip(stage);
                }
            }
            written += letters + 1;
            if stage.dice.chance(0.14) {
                self.press(stage, before, "punct");
                before = "punct";
                sentence_starts = stage.dice.chance(0.6);
            }
            if written < length {
                self.press(stage, before, "space");
                before = "space";
                if stage.dice.chance(self.thinks) {
                    let thinking = stage.dice.around(1100.0, 0.7).min(15_000.0);
                    stage.wait(thinking);
                }
            }
        }
        // The last key is released before anything else happens.
        stage.wait(self.dwell + 60.0);
    }
}
