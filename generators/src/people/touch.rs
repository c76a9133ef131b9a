//! A person's thumb on glass: taps and flings. Fingers jump from place to place by nature, and no
//! mouse moves are seen.

use crate::dice::{Dice, Spread};
use crate::flow::Hand;
use crate::mouse::clicked;
use crate::session::Member;
use crate::stage::{Point, Stage, whole};
use crate::survey::Target;

/// One person's thumb.
#[derive(Debug, Clone)]
pub(crate) struct Thumb {
    reach: Spread,
    hold: Spread,
    aim: f64,
    /// Deviation of the contact between touch and lift, pixels.
    roll: f64,
}

impl Thumb {
    pub(crate) fn of_a_person(dice: &mut Dice) -> Self {
        Self {
            reach: Spread::Skewed {
                median: dice.around(380.0, 0.25),
                sigma: 0.4,
                least: 140.0,
                most: 4000.0,
            },
            hold: Spread::Skewed {
                median: dice.between(68.0, 105.0),
                sigma: 0.2,
                least: 45.0,
                most: 170.0,
            },
            aim: dice.between(0.12, 0.2),
            roll: dice.between(0.3, 1.6),
        }
    }

    fn fling(&self, stage: &mut Stage, distance: f64) {
        let mut at = Point {
            x: stage.viewport.width * stage.dice.between(0.45, 0.8),
            y: stage.viewport.height * stage.dice.between(0.6, 0.8),
        };
        stage.emit_at("touch_start", at);
        let samples = stage.dice.whole(6, 14);
        let mut speed = stage.dice.between(4.0, 9.0);
        for _ in 0..samples {
            let pause = stage.dice.between(14.0, 19.0);
            stage.wait(pause);
            speed *= stage.dice.between(0.95, 1.35);
            let drift = stage.dice.normal(0.6, 1.5);
            at = stage.inside(Point {
                x: at.x + drift,
                y: at.y - speed,
            });
            stage.emit_at("touch_move", at);
            stage.emit("scroll", vec![("dy", Member::Whole(whole(speed)))]);
        }
        stage.emit_at("touch_end", at);
        // The page glides on and slows down.
        let mut rest = distance;
        let decay = stage.dice.between(0.88, 0.95);
        while speed > 1.0 && rest > 0.0 {
            stage.wait(16.7);
            speed *= decay;
            rest -= speed;
            stage.emit("scroll", vec![("dy", Member::Whole(whole(speed.max(1.0))))]);
        }
    }
}

impl Hand for Thumb {
    fn press(&mut self, stage: &mut Stage, target: &Target) {
        let reach = stage.dice.draw(self.reach);
        stage.wait(reach);
        let aim = self.aim;
        let mut offset = |size: f64| stage.dice.normal(0.0, aim).clamp(-0.45, 0.45) * size;
        let at = Point {
            x: target.centre.x + offset(target.width.min(180.0)),
            y: target.centre.y + offset(target.height),
        };
        stage.emit_at("touch_start", at);
        let hold = stage.dice.draw(self.hold);
        stage.wait(hold * 0.6);
        let lifted = Point {
            x: at.x + stage.dice.normal(0.0, self.roll),
            y: at.y + stage.dice.normal(0.0, self.roll),
        };
        if lifted.distance(at) > 1.0 {
            stage.emit_at("touch_move", lifted);
        }
        stage.wait(hold * 0.4);
        stage.emit_at("touch_end", lifted);
        let mut members = clicked(at, target);
        members.push(("pointer_type", Member::Word("touch")));
        stage.emit("click", members);
    }

    fn scroll(&mut self, stage: &mut Stage, distance: f64) {
        self.fling(stage, distance);
        let pause = stage.dice.around(500.0, 0.4);
        stage.wait(pause);
    }

    fn read(&mut self, stage: &mut Stage, milliseconds: f64) {
        let until = stage.now + milliseconds;
        if stage.dice.chance(0.35) {
            stage.wait(milliseconds * 0.4);
            let distance = stage.dice.between(60.0, 260.0);
            self.fling(stage, distance);
        }
        stage.wait(until - stage.now);
    }
}
