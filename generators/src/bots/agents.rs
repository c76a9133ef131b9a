//! A browser that a language model drives by looking at screenshots: seconds of thought before an act,
//! or before a few acts in one go.

use super::rhythms::{Dwell, Rhythm, RhythmicKeys};
use super::routes::Jump;
use super::typing::{ConstantKeys, Insert};
use super::{bot, run};
use crate::dice::{Dice, Spread};
use crate::flow::{Hand, Pace};
use crate::mouse::Press;
use crate::session::Event;
use crate::stage::Stage;
use crate::survey::{Shape, Target};

/// Thinks before a press, unless the press belongs to the act before.
struct Thinking {
    hand: Box<dyn Hand>,
    thought: Spread,
    /// Chance that a press follows the one before without a thought.
    together: f64,
}

impl Hand for Thinking {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        let pause = if stage.dice.chance(self.together) {
            stage.dice.between(80.0, 600.0)
        } else {
            stage.dice.draw(self.thought)
        };
        stage.wait(pause);
        self.hand.press(stage, target);
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        self.hand.scroll(stage, distance);
    }
}

/// Screenshot, thought, act. Half of them take the element's centre from the page, half read a place off
/// the picture and use the operating system's pointer and keys.
pub(crate) fn screenshot_agent(mut dice: Dice) -> Vec<Event> {
    let sees_pixels = dice.chance(0.5);
    let hold = dice.between(30.0, 90.0);
    let press = Press {
        hover: Spread::Uniform(5.0, 60.0),
        hold: if sees_pixels {
            Spread::Uniform(1.0, 14.0)
        } else {
            Spread::Uniform(hold, hold + 12.0)
        },
        aim: if sees_pixels { 0.06 } else { 0.0 },
    };
    let mut bot = bot(Jump, press);
    bot.hand = Box::new(Thinking {
        hand: bot.hand,
        thought: Spread::Skewed {
            median: dice.between(2800.0, 8000.0),
            sigma: 0.35,
            least: 1500.0,
            most: 40_000.0,
        },
        together: dice.between(0.0, 0.5),
    });
    bot.typing = if sees_pixels {
        Box::new(ConstantKeys {
            interval: 12.0,
            dwell: 6.0,
            jitter: 1.0,
        })
    } else if dice.chance(0.5) {
        let rhythm = Rhythm::Uniform(10.0, 30.0);
        Box::new(RhythmicKeys {
            dwell: Dwell::Normal {
                mean: 15.0,
                deviation: 1.0,
            },
            ..RhythmicKeys::new(&mut dice, rhythm)
        })
    } else {
        Box::new(Insert)
    };
    bot.pace = Pace::Fixed(Spread::Uniform(100.0, 900.0));
    bot.between = Spread::Uniform(100.0, 900.0);
    bot.loading = Spread::Uniform(300.0, 1200.0);
    bot.verbosity = (90, 260);
    let shape = Shape {
        questions: (8, 14),
        open: 0.25,
    };
    run(dice, shape, 0.1, bot)
}
