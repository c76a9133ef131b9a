//! A person with a screen reader or a switch: controls are reached by keys that the page partly sees,
//! and activated by a click that the technology makes at their exact centre. No pointer ever moves.

use super::keyboard::Keyboard;
use crate::dice::{Dice, Spread};
use crate::flow::Hand;
use crate::mouse::clicked;
use crate::people::Fingers;
use crate::stage::Stage;
use crate::survey::Target;

/// Assistive technology in its owner's hands.
#[derive(Debug, Clone)]
pub(crate) struct Assistive {
    keyboard: Keyboard,
    /// Whether the page sees the keys that move the reading cursor.
    keys_seen: bool,
    /// Listening to one control, or waiting for a switch's scan to reach it.
    step: Spread,
}

impl Assistive {
    pub(crate) fn of_a_person(dice: &mut Dice, fingers: Fingers) -> Self {
        Self {
            keyboard: Keyboard::new(dice, fingers),
            keys_seen: dice.chance(0.5),
            step: Spread::Skewed {
                median: dice.around(700.0, 0.4),
                sigma: 0.5,
                least: 180.0,
                most: 6000.0,
            },
        }
    }
}

impl Hand for Assistive {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        for number in 0..target.tabs + target.arrows {
            let pause = stage.dice.draw(self.step);
            stage.wait(pause);
            if self.keys_seen {
                let class = if number < target.tabs { "Tab" } else { "Arrow" };
                self.keyboard.press_key(stage, class);
            }
        }
        let decision = stage.dice.draw(self.step);
        stage.wait(decision);
        stage.emit("click", clicked(target.centre, target));
        let echo = stage.dice.around(500.0, 0.4);
        stage.wait(echo);
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        if self.keys_seen {
            self.keyboard.scroll(stage, distance);
        }
    }
}
