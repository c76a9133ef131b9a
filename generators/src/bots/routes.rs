//! Ways in which programs move a pointer.

use crate::dice::Dice;
use crate::mouse::{Route, Step};
use crate::stage::Point;
use crate::survey::as_f64;

/// The point at `share` of the way.
pub(crate) fn along(from: Point, to: Point, share: f64) -> Point {
    Point {
        x: from.x + (to.x - from.x) * share,
        y: from.y + (to.y - from.y) * share,
    }
}

/// Appears on the target.
#[derive(Debug, Clone)]
pub(crate) struct Jump;

impl Route for Jump {
    fn steps(&mut self, _dice: &mut Dice, _from: Point, to: Point, _size: f64) -> Vec<Step> {
        vec![Step { after: 1.0, at: to }]
    }
}

/// A straight line in equal steps.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) steps: usize,
    /// Milliseconds between two steps.
    pub(crate) pause: f64,
}

impl Route for Line {
    fn steps(&mut self, _dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        (1..=self.steps)
            .map(|number| Step {
                after: self.pause,
                at: along(from, to, as_f64(number) / as_f64(self.steps)),
            })
            .collect()
    }
}

/// Minimum jerk: 10 u³ - 15 u⁴ + 6 u⁵ of the way at share u of the time, with noise on each position.
#[derive(Debug, Clone)]
pub(crate) struct SmoothCurve {
    /// Deviation of each position, pixels.
    pub(crate) noise: f64,
    /// Milliseconds per bit of difficulty.
    pub(crate) per_bit: f64,
}

impl Route for SmoothCurve {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let bits = (from.distance(to) / size.max(10.0) + 1.0).log2();
        let count = samples(150.0 + self.per_bit * bits, 10.0);
        (1..=count)
            .map(|number| {
                let u = as_f64(number) / as_f64(count);
                let share = u.powi(3) * (10.0 - 15.0 * u + 6.0 * u * u);
                let mut at = along(from, to, share);
                if number < count {
                    at.x += dice.normal(0.0, self.noise);
                    at.y += dice.normal(0.0, self.noise);
                }
                Step { after: 10.0, at }
            })
            .collect()
    }
}

/// A cubic Bezier curve with two drawn control points, eased at both ends.
#[derive(Debug, Clone)]
pub(crate) struct Curve;

impl Route for Curve {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        let spread = from.distance(to) * 0.2;
        let mut control = |share: f64| {
            let on_line = along(from, to, share);
            Point {
                x: on_line.x + dice.normal(0.0, spread),
                y: on_line.y + dice.normal(0.0, spread),
            }
        };
        let (first, second) = (control(0.33), control(0.66));
        let count = samples(dice.between(450.0, 750.0), 16.0);
        (1..=count)
            .map(|number| {
                let u = as_f64(number) / as_f64(count);
                let share = u * u * (3.0 - 2.0 * u);
                Step {
                    after: 16.0,
                    at: cubic([from, first, second, to], share),
                }
            })
            .collect()
    }
}

fn cubic(points: [Point; 4], share: f64) -> Point {
    let rest = 1.0 - share;
    let weights = [
        rest * rest * rest,
        3.0 * rest * rest * share,
        3.0 * rest * share * share,
        share * share * share,
    ];
    let mut at = Point { x: 0.0, y: 0.0 };
    for (point, weight) in points.iter().zip(weights) {
        at.x += point.x * weight;
        at.y += point.y * weight;
    }
    at
}

/// How many samples of `period` milliseconds a move of `duration` milliseconds has; at least 2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a move is seconds at most"
)]
fn samples(duration: f64, period: f64) -> usize {
    ((duration / period).round() as usize).max(2)
}
