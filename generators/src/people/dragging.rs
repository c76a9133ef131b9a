//! A person who moves sliders and drags answers into boxes, besides plain clicks.

use super::pointer::PersonalRoute;
use crate::dice::Dice;
use crate::flow::Hand;
use crate::mouse::Mouse;
use crate::stage::{Point, Stage};
use crate::survey::Target;

/// A mouse that drags.
pub(crate) struct Dragger {
    pub(crate) mouse: Mouse<PersonalRoute>,
    /// Share of the answers that are dragged.
    drags: f64,
    /// Whether it drags sliders, which move on a line, or cards, which move anywhere.
    sliders: bool,
}

impl Dragger {
    pub(crate) fn of_a_person(dice: &mut Dice) -> Self {
        Self {
            mouse: super::pointer_of_a_person(dice),
            drags: dice.between(0.4, 0.9),
            sliders: dice.chance(0.5),
        }
    }

    /// Takes what lies at `from` to `to`.
    fn drag(&mut self, stage: &mut Stage, from: Point, to: Point) {
        self.mouse.go(stage, from, 24.0);
        let hover = stage.dice.draw(self.mouse.press.hover);
        stage.wait(hover);
        let start = stage.pointer.unwrap_or(from);
        stage.button("mouse_down", start);
        let grip = stage.dice.around(120.0, 0.5);
        stage.wait(grip);
        stage.held = true;
        self.mouse.go(stage, to, 30.0);
        // Sliders are set in passing: a look at the value, a small correction.
        while stage.dice.chance(0.35) {
            let look = stage.dice.around(350.0, 0.5);
            stage.wait(look);
            let here = stage.pointer.unwrap_or(to);
            let corrected = Point {
                x: here.x + stage.dice.normal(0.0, 25.0),
                y: here.y + stage.dice.normal(0.0, 4.0),
            };
            self.mouse.go(stage, stage.inside(corrected), 12.0);
        }
        stage.held = false;
        let rest = stage.dice.around(110.0, 0.5);
        stage.wait(rest);
        let end = stage.pointer.unwrap_or(to);
        stage.button("mouse_up", end);
    }
}

impl Hand for Dragger {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        // Options are dragged; buttons, cells of a grid and text fields are pressed.
        let option = target.width > 100.0 && target.height < 60.0;
        if !option || !stage.dice.chance(self.drags) {
            self.mouse.press(stage, target);
            return;
        }
        let centre = target.centre;
        let from = if self.sliders {
            Point {
                x: centre.x - stage.dice.between(80.0, 0.25 * stage.viewport.width),
                y: centre.y + stage.dice.normal(0.0, 4.0),
            }
        } else {
            stage.anywhere()
        };
        let to = Point {
            x: centre.x + stage.dice.normal(0.0, 0.15) * target.width.min(160.0),
            y: centre.y + stage.dice.normal(0.0, 0.15) * target.height,
        };
        self.drag(stage, stage.inside(from), to);
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        self.mouse.scroll(stage, distance);
    }

    fn read(&mut self, stage: &mut Stage, milliseconds: f64) {
        self.mouse.read(stage, milliseconds);
    }
}
