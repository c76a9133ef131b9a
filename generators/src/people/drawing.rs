//! People who draw: circles, boxes, zigzags and loops, with a finger or a mouse.
//!
//! A drawing is an outline that is never quite the shape meant (its radius wavers, it does not close)
//! walked at a speed that rises, wavers and falls, slower where the line bends: speed is proportional to
//! curvature to the power of -1/3 (Lacquaniti, Terzuolo and Viviani 1983).

use crate::dice::Dice;
use crate::mouse::Step;
use crate::stage::{Point, Stage};
use crate::survey::as_f64;

/// Points of an outline.
const FINE: usize = 160;

/// One person's way of drawing.
#[derive(Debug, Clone)]
pub(crate) struct Drawing {
    /// Median time of a drawing, milliseconds.
    median: f64,
    /// Deviation of the radius' slow waves, as a share of it.
    waver: f64,
    /// Deviation of the logarithm of the speed.
    unrest: f64,
    /// Deviation of each position, pixels.
    tremor: f64,
    /// Milliseconds between two positions.
    period: f64,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Circle,
    Box,
    Zigzag,
    Loops,
}

impl Drawing {
    pub(crate) fn of_a_person(dice: &mut Dice) -> Self {
        Self {
            median: dice.around(1700.0, 0.35).clamp(1000.0, 3200.0),
            waver: dice.between(0.02, 0.07),
            unrest: dice.between(0.18, 0.38),
            tremor: dice.between(0.1, 0.45),
            period: [16.0, 16.7, 16.7][dice.below(3)],
        }
    }

    /// The positions of one drawing somewhere on the page, the first where the finger comes down.
    pub(crate) fn draw(&self, stage: &mut Stage) -> Vec<Step> {
        let (width, height) = (stage.viewport.width, stage.viewport.height);
        let dice = &mut stage.dice;
        let shape = match dice.below(10) {
            0..=5 => Shape::Circle,
            6 => Shape::Box,
            7 => Shape::Zigzag,
            _ => Shape::Loops,
        };
        let radius = dice.between(0.14, 0.32) * width.min(height);
        let centre = Point {
            x: dice.between(0.4, 0.6) * width,
            y: dice.between(0.4, 0.6) * height,
        };
        let outline = self.outline(dice, shape, centre, radius);
        let duration = (self.median * dice.around(1.0, 0.22)).clamp(800.0, 4500.0);
        self.walk(dice, &outline, duration)
    }

    fn outline(&self, dice: &mut Dice, shape: Shape, centre: Point, radius: f64) -> Vec<Point> {
        // Slow waves of the radius: what makes a circle drawn by hand an egg.
        let waves: [(f64, f64); 4] = std::array::from_fn(|number| {
            let size = dice.normal(0.0, self.waver / as_f64(number + 1).sqrt());
            (size, dice.between(0.0, std::f64::consts::TAU))
        });
        let squeeze = dice.normal(1.0, 0.12).clamp(0.7, 1.4);
        let turn = if dice.chance(0.7) { -1.0 } else { 1.0 };
        let begin = dice.normal(-std::f64::consts::FRAC_PI_2, 0.5);
        let turns = match shape {
            Shape::Loops => dice.between(1.6, 3.2),
            _ => dice.normal(1.0, 0.035),
        };
        // The end misses the beginning by a drift of the radius and of the centre.
        let (drift, wander) = (dice.normal(0.0, 0.08), dice.normal(0.0, 0.06));
        let at = |number: usize| {
            let share = as_f64(number) / as_f64(FINE - 1);
            let angle = begin + turn * turns * std::f64::consts::TAU * share;
            let wave: f64 = waves
                .iter()
                .zip(1_u8..)
                .map(|((size, phase), order)| size * (f64::from(order) * angle + phase).sin())
                .sum();
            let mut reach = radius * (1.0 + wave + drift * share);
            if shape == Shape::Box {
                // A square with rounded corners, as a superellipse of power 5.
                let (cos, sin) = (angle.cos().abs(), angle.sin().abs());
                reach /= (cos.powi(5) + sin.powi(5)).powf(0.2);
            }
            let (x, y) = match shape {
                Shape::Zigzag => (
                    (share - 0.5) * 2.4 * radius,
                    (5.0 * std::f64::consts::TAU * 0.5 * share + begin)
                        .sin()
                        .asin()
                        * reach
                        * 0.5,
                ),
                _ => (reach * squeeze * angle.cos(), reach * angle.sin()),
            };
            Point {
                x: centre.x + x + wander * radius * share,
                y: centre.y + y,
            }
        };
        (0..FINE).map(at).collect()
    }

    fn walk(&self, dice: &mut Dice, outline: &[Point], duration: f64) -> Vec<Step> {
        let times = self.times(dice, outline, duration);
        let mut steps = Vec::new();
        let (mut now, mut last, mut index) = (0.0, 0.0, 0);
        loop {
            while index + 2 < outline.len() && times[index + 1] < now {
                index += 1;
            }
            let whole = (times[index + 1] - times[index]).max(1e-9);
            let share = ((now - times[index]) / whole).clamp(0.0, 1.0);
            let (a, b) = (outline[index], outline[index + 1]);
            steps.push(Step {
                after: now - last,
                at: Point {
                    x: a.x + (b.x - a.x) * share + dice.normal(0.0, self.tremor),
                    y: a.y + (b.y - a.y) * share + dice.normal(0.0, self.tremor),
                },
            });
            if now >= duration {
                return steps;
            }
            last = now;
            // A screen reports once a frame; now and then a frame is missed.
            let missed = if dice.chance(0.04) { 2.0 } else { 1.0 };
            now = (now + self.period * missed + dice.normal(0.0, 1.2)).min(duration);
        }
    }

    /// When each point of the outline is passed; the last at `duration`.
    fn times(&self, dice: &mut Dice, outline: &[Point], duration: f64) -> Vec<f64> {
        // A speed's unrest lasts for about a tenth of the drawing.
        let carry = (-10.0 / as_f64(FINE)).exp();
        let mut unrest = dice.normal(0.0, 1.0);
        let mut times = vec![0.0];
        for number in 1..outline.len() {
            unrest = carry * unrest + dice.normal(0.0, (1.0 - carry * carry).sqrt());
            let share = as_f64(number) / as_f64(outline.len());
            let ramp = (0.25 + share * 9.0).min(1.0) * (0.2 + (1.0 - share) * 6.0).min(1.0);
            let bend = bend(outline, number).clamp(0.002, 0.3);
            let speed = ramp * (self.unrest * unrest).exp() * bend.powf(-1.0 / 3.0);
            let length = outline[number].distance(outline[number - 1]).max(0.01);
            times.push(times[number - 1] + length / speed);
        }
        let scale = duration / times[times.len() - 1];
        times.iter().map(|time| time * scale).collect()
    }
}

/// Curvature at a point of an outline: the turn between two pieces by their length, radians per pixel.
fn bend(outline: &[Point], at: usize) -> f64 {
    if at + 1 >= outline.len() {
        return 0.0;
    }
    let (before, here, after) = (outline[at - 1], outline[at], outline[at + 1]);
    let direction = |a: Point, b: Point| (b.y - a.y).atan2(b.x - a.x);
    let turn = direction(here, after) - direction(before, here);
    // Into -π..π.
    let turn = turn.sin().atan2(turn.cos());
    turn.abs() / (before.distance(after) * 0.5).max(0.01)
}
