//! What lies between a person's hand and what the page sees of it.

use super::pointer::PersonalRoute;
use crate::dice::Dice;
use crate::mouse::{Route, Step};
use crate::stage::Point;

/// A hand seen through a remote desktop: its position is sent a few times a second.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) route: PersonalRoute,
    /// Milliseconds between two positions.
    pub(crate) period: f64,
}

impl Route for Remote {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let steps = self.route.steps(dice, from, to, size);
        let count = steps.len();
        let mut seen = Vec::new();
        let mut waited = 0.0;
        let mut due = self.period * dice.between(0.2, 1.0);
        for (number, step) in steps.into_iter().enumerate() {
            waited += step.after;
            if waited >= due || number + 1 == count {
                seen.push(Step {
                    after: waited,
                    at: step.at,
                });
                waited = 0.0;
                due = dice.normal(self.period, self.period * 0.06);
            }
        }
        seen
    }

    fn wanders(&self) -> f64 {
        self.route.wanders()
    }
}

/// A finger on a touchpad: long ways take several swipes, and the finger is lifted between them.
#[derive(Debug, Clone)]
pub(crate) struct Touchpad {
    pub(crate) route: PersonalRoute,
    /// Pixels of a comfortable swipe.
    pub(crate) swipe: f64,
}

impl Route for Touchpad {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut here = from;
        for _ in 0..6 {
            let distance = here.distance(to);
            let swipe = self.swipe * dice.around(1.0, 0.25);
            let lifted = if steps.is_empty() {
                0.0
            } else {
                dice.around(130.0, 0.4)
            };
            let reached = distance <= swipe;
            let share = if reached { 1.0 } else { swipe / distance };
            let aim = Point {
                x: here.x + (to.x - here.x) * share,
                y: here.y
                    + (to.y - here.y) * share
                    + dice.normal(0.0, swipe * 0.05 * (1.0 - share)),
            };
            let within = if reached { size } else { 90.0 };
            let mut piece = self.route.steps(dice, here, aim, within);
            if let Some(first) = piece.first_mut() {
                first.after += lifted;
            }
            here = piece.last().map_or(aim, |step| step.at);
            steps.append(&mut piece);
            if reached {
                break;
            }
        }
        steps
    }

    fn wanders(&self) -> f64 {
        self.route.wanders()
    }
}
