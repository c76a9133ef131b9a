//! A mouse, in whoever's hand: walks a path to the target, hovers, presses, releases.
//!
//! The way of moving is a [`Route`]; everything about the press is a [`Press`]. People and bots share
//! this code and differ only in those two.

use crate::dice::{Dice, Spread};
use crate::flow::Hand;
use crate::session::Member;
use crate::stage::{Point, Stage, position, whole};
use crate::survey::Target;

/// A place on a path and the milliseconds since the place before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) after: f64,
    pub(crate) at: Point,
}

/// A way of moving the pointer.
pub(crate) trait Route {
    /// The steps from `from` to `to`, a control of `size` pixels. An empty path means no move is seen.
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step>;

    /// Whether the pointer wanders while its owner reads.
    fn wanders(&self) -> f64 {
        0.0
    }
}

/// How a button is pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Press {
    /// From arrival to press.
    pub(crate) hover: Spread,
    /// From press to release.
    pub(crate) hold: Spread,
    /// Deviation from the centre as a share of the target's size; 0 presses the exact centre.
    pub(crate) aim: f64,
}

/// How the wheel is turned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel {
    /// Pixels of one event.
    pub(crate) notch: f64,
    /// Between two events.
    pub(crate) pause: Spread,
    /// Whether the distance decays from event to event, as on a touchpad.
    pub(crate) glides: bool,
}

/// A mouse and the habits of its owner.
pub(crate) struct Mouse<R> {
    pub(crate) route: R,
    pub(crate) press: Press,
    pub(crate) wheel: Wheel,
}

impl<R: Route> Mouse<R> {
    /// Moves the pointer to `to`, a place of `size` pixels.
    pub(crate) fn go(&mut self, stage: &mut Stage, to: Point, size: f64) {
        // The pointer comes in from wherever it was left, often a border of the page.
        let from = stage.pointer.unwrap_or(Point {
            x: stage.dice.between(0.2, 0.95) * stage.viewport.width,
            y: stage.dice.between(0.02, 0.4) * stage.viewport.height,
        });
        let mut last = position(from);
        for step in self.route.steps(&mut stage.dice, from, to, size) {
            stage.wait(step.after);
            let at = stage.inside(step.at);
            let members = position(at);
            // A browser reports no move that does not change the pixel.
            if members != last {
                stage.moved(at);
                last = members;
            }
            stage.pointer = Some(at);
        }
    }
}

impl<R: Route> Hand for Mouse<R> {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        let aim = self.press.aim;
        let mut offset = |size: f64| stage.dice.normal(0.0, aim).clamp(-0.45, 0.45) * size;
        let wanted = Point {
            x: target.centre.x + offset(target.width.min(160.0)),
            y: target.centre.y + offset(target.height),
        };
        self.go(stage, wanted, target.height.min(target.width));
        let at = on_target(stage.pointer.unwrap_or(wanted), wanted, target);
        stage.pointer = Some(at);
        let hover = stage.dice.draw(self.press.hover);
        stage.wait(hover);
        stage.button("mouse_down", at);
        let hold = stage.dice.draw(self.press.hold);
        stage.wait(hold);
        stage.button("mouse_up", at);
        stage.emit("click", clicked(at, target));
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        let mut rest = distance;
        let mut notch = self.wheel.notch;
        while rest > 1.0 && notch >= 1.0 {
            stage.emit("scroll", vec![("dy", Member::Whole(whole(notch)))]);
            rest -= notch;
            if self.wheel.glides {
                notch *= stage.dice.between(0.82, 1.02);
            }
            let pause = stage.dice.draw(self.wheel.pause);
            stage.wait(pause);
        }
    }

    fn read(&mut self, stage: &mut Stage, milliseconds: f64) {
        let until = stage.now + milliseconds;
        while stage.dice.chance(self.route.wanders()) {
            let start = stage.dice.between(0.1, 0.6) * (until - stage.now);
            stage.wait(start);
            let here = stage.pointer.unwrap_or(Point { x: 300.0, y: 300.0 });
            let to = Point {
                x: here.x + stage.dice.normal(0.0, 180.0),
                y: here.y + stage.dice.normal(30.0, 110.0),
            };
            let to = stage.inside(to);
            self.go(stage, to, 90.0);
            if stage.now >= until {
                return;
            }
        }
        stage.wait(until - stage.now);
    }
}

/// Where the press lands: where the pointer is, if that is on the control, else where it was meant.
fn on_target(at: Point, wanted: Point, target: &Target) -> Point {
    let inside = (at.x - target.centre.x).abs() <= target.width / 2.0
        && (at.y - target.centre.y).abs() <= target.height / 2.0;
    if inside { at } else { wanted }
}

/// The members of a click at `at`: place, button, and how far from the control's centre.
pub(crate) fn clicked(at: Point, target: &Target) -> Vec<(&'static str, Member)> {
    let mut members = position(at);
    members.push(("button", Member::Word("left")));
    members.push(("offset_x", tenths(at.x - target.centre.x)));
    members.push(("offset_y", tenths(at.y - target.centre.y)));
    members.push(("target_width", tenths(target.width)));
    members.push(("target_height", tenths(target.height)));
    members
}

/// Rounded to a tenth; adding 0 turns a negative zero into a plain one.
fn tenths(number: f64) -> Member {
    Member::Number((number * 10.0).round() / 10.0 + 0.0)
}
