//! A person who reaches everything with Tab, arrows, space and Enter; no pointer is ever seen.

use crate::dice::Dice;
use crate::flow::Hand;
use crate::people::Fingers;
use crate::session::Member;
use crate::stage::{Stage, whole};
use crate::survey::Target;

/// The keyboard as the only hand.
#[derive(Debug, Clone)]
pub(crate) struct Keyboard {
    fingers: Fingers,
    /// Median interval between two presses of one key, milliseconds.
    interval: f64,
}

impl Keyboard {
    pub(crate) fn new(dice: &mut Dice, fingers: Fingers) -> Self {
        Self {
            fingers,
            interval: dice.around(230.0, 0.25),
        }
    }

    /// Presses one key after a pause.
    pub(crate) fn press_key(&mut self, stage: &mut Stage, class: &'static str) {
        let pause = stage.dice.around(self.interval, 0.38).max(60.0);
        stage.wait(pause);
        let dwell = self.fingers.dwell(&mut stage.dice, class);
        stage.key(class, dwell);
    }
}

impl Hand for Keyboard {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        for _ in 0..target.tabs {
            self.press_key(stage, "Tab");
        }
        for _ in 0..target.arrows {
            self.press_key(stage, "Arrow");
        }
        // A check before the decision is made.
        let hesitation = stage.dice.around(260.0, 0.5);
        stage.wait(hesitation);
        self.press_key(stage, if target.arrows > 0 { "space" } else { "Enter" });
        stage.wait(self.interval);
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        let mut rest = distance;
        while rest > 0.0 {
            self.press_key(stage, "Arrow");
            stage.emit("scroll", vec![("dy", Member::Whole(whole(40.0)))]);
            rest -= 40.0;
        }
    }
}
