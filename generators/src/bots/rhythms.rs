//! Programs that press keys one by one: the time from press to press, and how long each is held.
//!
//! All but one of these rhythms take no notice of what is typed, and the two that do know one thing
//! only; a person's time depends on the keys before and after (`people::Fingers`).

use super::text::classes;
use crate::dice::Dice;
use crate::flow::Typing;
use crate::stage::Stage;

/// The time from one press to the next, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rhythm {
    Constant(f64),
    Normal {
        mean: f64,
        deviation: f64,
    },
    Uniform(f64, f64),
    Gamma {
        shape: f64,
        mean: f64,
    },
    LogNormal {
        median: f64,
        sigma: f64,
    },
    /// A least time and an exponential one.
    Exponential {
        least: f64,
        mean: f64,
    },
    /// Log-normal around either of two medians; `slow` is the share of the second.
    Mixture {
        medians: (f64, f64),
        slow: f64,
        sigma: f64,
    },
    /// Log-normal, `factor` times as long before a space.
    SlowSpace {
        median: f64,
        sigma: f64,
        factor: f64,
    },
    /// The logarithm follows an autoregressive process of order 1; `carry` is its coefficient.
    Autoregressive {
        median: f64,
        sigma: f64,
        carry: f64,
    },
}

impl Rhythm {
    /// A draw; `last` is the process's state, in deviations.
    fn draw(self, dice: &mut Dice, class: &str, last: &mut f64) -> f64 {
        let drawn = match self {
            Self::Constant(interval) => interval,
            Self::Normal { mean, deviation } => dice.normal(mean, deviation),
            Self::Uniform(low, high) => dice.between(low, high),
            Self::Gamma { shape, mean } => dice.gamma(shape) * mean / shape,
            Self::LogNormal { median, sigma } => dice.around(median, sigma),
            Self::Exponential { least, mean } => least + dice.exponential() * mean,
            Self::Mixture {
                medians,
                slow,
                sigma,
            } => {
                let median = if dice.chance(slow) {
                    medians.1
                } else {
                    medians.0
                };
                dice.around(median, sigma)
            }
            Self::SlowSpace {
                median,
                sigma,
                factor,
            } => {
                let longer = if class == "space" { factor } else { 1.0 };
                dice.around(median * longer, sigma)
            }
            Self::Autoregressive {
                median,
                sigma,
                carry,
            } => {
                *last = carry * *last + dice.normal(0.0, (1.0 - carry * carry).sqrt());
                median * (sigma * *last).exp()
            }
        };
        drawn.clamp(12.0, 3000.0)
    }
}

/// How long a key is held, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dwell {
    Normal { mean: f64, deviation: f64 },
    LogNormal { median: f64, sigma: f64 },
}

impl Dwell {
    /// One of the two with the values of a program whose author thought of it: 60 to 120 ms.
    pub(crate) fn plausible(dice: &mut Dice) -> Self {
        let centre = dice.between(65.0, 115.0);
        if dice.chance(0.5) {
            Self::Normal {
                mean: centre,
                deviation: dice.between(8.0, 22.0),
            }
        } else {
            Self::LogNormal {
                median: centre,
                sigma: dice.between(0.1, 0.3),
            }
        }
    }

    pub(crate) fn draw(self, dice: &mut Dice) -> f64 {
        let drawn = match self {
            Self::Normal { mean, deviation } => dice.normal(mean, deviation),
            Self::LogNormal { median, sigma } => dice.around(median, sigma),
        };
        drawn.clamp(15.0, 350.0)
    }
}

/// Keys whose times are drawn from a rhythm, whatever is typed.
#[derive(Debug, Clone)]
pub(crate) struct RhythmicKeys {
    pub(crate) rhythm: Rhythm,
    pub(crate) dwell: Dwell,
    /// Chance of a slip per letter: a wrong letter, Backspace, the right one.
    pub(crate) slips: f64,
    /// State of the rhythm, in deviations.
    pub(crate) last: f64,
}

impl RhythmicKeys {
    pub(crate) fn new(dice: &mut Dice, rhythm: Rhythm) -> Self {
        Self {
            rhythm,
            dwell: Dwell::plausible(dice),
            slips: 0.0,
            last: 0.0,
        }
    }

    fn press(&mut self, stage: &mut Stage, class: &'static str) {
        let interval = self.rhythm.draw(&mut stage.dice, class, &mut self.last);
        stage.wait(interval);
        let dwell = self.dwell.draw(&mut stage.dice);
        stage.key(class, dwell);
    }
}

impl Typing for RhythmicKeys {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        for class in classes(&mut stage.dice, length) {
            if class == "letter" && stage.dice.chance(self.slips) {
                self.press(stage, class);
                self.press(stage, "Backspace");
            }
            self.press(stage, class);
        }
        stage.wait(200.0);
    }
}
