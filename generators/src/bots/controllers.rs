//! Pointer paths that come out of a simulated motion: wind and gravity, a damped spring, and a ballistic
//! move with a correction.

use super::routes::along;
use super::sampling::Sampling;
use crate::dice::Dice;
use crate::mouse::{Route, Step};
use crate::stage::Point;

/// WindMouse (Land 2007): a point drawn to the target by gravity and blown about by a wind that changes
/// slowly far away and dies near the target, with a limit of speed that falls near the target.
#[derive(Debug, Clone)]
pub(crate) struct WindMouse {
    gravity: f64,
    wind: f64,
    /// Largest step, pixels.
    largest: f64,
    /// Within so many pixels wind and speed die down.
    near: f64,
    /// Shortest and longest pause between two steps, milliseconds.
    pause: (f64, f64),
}

impl WindMouse {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let shortest = dice.between(7.0, 10.0);
        Self {
            gravity: dice.between(7.0, 11.0),
            wind: dice.between(2.0, 5.0),
            largest: dice.between(12.0, 24.0),
            near: dice.between(9.0, 18.0),
            pause: (shortest, shortest + dice.between(0.5, 6.0)),
        }
    }
}

impl Route for WindMouse {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        let (root_3, root_5) = (3.0_f64.sqrt(), 5.0_f64.sqrt());
        let (mut at, mut speed, mut wind) = (from, (0.0, 0.0), (0.0, 0.0));
        let mut largest = self.largest;
        let mut steps = Vec::new();
        // The walk always ends: the bound only guards against a wind that gravity does not beat.
        while at.distance(to) >= 1.0 && steps.len() < 500 {
            let distance = at.distance(to);
            if distance >= self.near {
                let strength = self.wind.min(distance);
                let mut blow =
                    |wind: f64| wind / root_3 + dice.between(-1.0, 1.0) * strength / root_5;
                wind = (blow(wind.0), blow(wind.1));
            } else {
                wind = (wind.0 / root_3, wind.1 / root_3);
                largest = if largest < 3.0 {
                    dice.between(3.0, 6.0)
                } else {
                    largest / root_5
                };
            }
            let pull = self.gravity / distance;
            speed.0 += wind.0 + pull * (to.x - at.x);
            speed.1 += wind.1 + pull * (to.y - at.y);
            let size = speed.0.hypot(speed.1);
            if size > largest {
                let clipped = largest * dice.between(0.5, 1.0) / size;
                speed = (speed.0 * clipped, speed.1 * clipped);
            }
            at = Point {
                x: at.x + speed.0,
                y: at.y + speed.1,
            };
            steps.push(Step {
                after: dice.between(self.pause.0, self.pause.1),
                at,
            });
        }
        steps
    }
}

/// A damped spring between pointer and target (a PD controller), with noise on the force.
#[derive(Debug, Clone)]
pub(crate) struct Spring {
    /// Natural frequency, radians a second.
    frequency: f64,
    /// 1 is critical; below it the pointer overshoots.
    damping: f64,
    /// Deviation of the force, as a share of the spring's: like a hand's, the noise grows with the force.
    noise: f64,
    sampling: Sampling,
}

impl Spring {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            frequency: dice.between(8.0, 16.0),
            damping: dice.between(0.6, 1.1),
            noise: dice.between(0.0, 0.5),
            sampling: Sampling::draw(dice),
        }
    }
}

impl Route for Spring {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        // Milliseconds of one step of the integration (semi-implicit Euler).
        const TICK: f64 = 1.0;
        let pull = (self.frequency / 1000.0).powi(2);
        let drag = 2.0 * self.damping * self.frequency / 1000.0;
        let (mut at, mut speed) = (from, (0.0, 0.0));
        let (mut now, mut due, mut last) = (0.0, self.sampling.pause(dice), 0.0);
        let mut steps = Vec::new();
        while now < 2500.0 {
            let shake = pull * at.distance(to) * self.noise;
            let mut force =
                |lack: f64, speed: f64| pull * lack - drag * speed + dice.normal(0.0, shake);
            let (x, y) = (force(to.x - at.x, speed.0), force(to.y - at.y, speed.1));
            speed = (speed.0 + x * TICK, speed.1 + y * TICK);
            at = Point {
                x: at.x + speed.0 * TICK,
                y: at.y + speed.1 * TICK,
            };
            now += TICK;
            let arrived = at.distance(to) < 1.5 && speed.0.hypot(speed.1) < 0.02;
            if now >= due || arrived {
                steps.push(Step {
                    after: now - last,
                    at,
                });
                last = now;
                due = now + self.sampling.pause(dice);
            }
            if arrived {
                break;
            }
        }
        steps
    }
}

/// A ballistic move that falls a little short, a pause, and a correction, each with a log-normal speed
/// profile (Plamondon 1995).
#[derive(Debug, Clone)]
pub(crate) struct TwoPhase {
    /// Mean share of the way that the first move covers, and its deviation.
    reach: (f64, f64),
    /// Deviation of the first move's direction, radians.
    turn: f64,
    /// Milliseconds of the first move and more per bit of difficulty.
    base: f64,
    per_bit: f64,
    /// Pause before the correction, milliseconds.
    pause: (f64, f64),
    sampling: Sampling,
}

impl TwoPhase {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let pause = dice.between(10.0, 60.0);
        Self {
            reach: (dice.between(0.9, 0.95), dice.between(0.01, 0.03)),
            turn: dice.between(0.01, 0.05),
            base: dice.between(120.0, 220.0),
            per_bit: dice.between(60.0, 120.0),
            pause: (pause, pause + dice.between(20.0, 110.0)),
            sampling: Sampling::draw(dice),
        }
    }

    fn phase(&self, dice: &mut Dice, way: (Point, Point), duration: f64, steps: &mut Vec<Step>) {
        let profile = LogNormalProfile {
            median: dice.between(0.3, 0.42),
            sigma: dice.between(0.32, 0.48),
        };
        for (after, share) in self.sampling.shares(dice, duration) {
            steps.push(Step {
                after,
                at: along(way.0, way.1, profile.progress(share)),
            });
        }
    }
}

impl Route for TwoPhase {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let distance = from.distance(to);
        let bits = (distance / size.max(10.0) + 1.0).log2();
        let duration = (self.base + self.per_bit * bits) * dice.around(1.0, 0.12);
        let reach = dice.normal(self.reach.0, self.reach.1).clamp(0.8, 1.05) * distance;
        let angle = (to.y - from.y).atan2(to.x - from.x) + dice.normal(0.0, self.turn);
        let short = Point {
            x: from.x + reach * angle.cos(),
            y: from.y + reach * angle.sin(),
        };
        let mut steps = Vec::new();
        self.phase(dice, (from, short), duration, &mut steps);
        let correction = steps.len();
        let lasting = dice.around(190.0, 0.25).clamp(90.0, 450.0);
        self.phase(dice, (short, to), lasting, &mut steps);
        steps[correction].after += dice.between(self.pause.0, self.pause.1);
        steps
    }
}

/// A speed profile with the shape of a log-normal density, cut off at the end of the move.
#[derive(Debug, Clone, Copy)]
struct LogNormalProfile {
    /// When half of the way is done, as a share of the duration.
    median: f64,
    sigma: f64,
}

impl LogNormalProfile {
    /// The share of the way done at share `u` of the time.
    fn progress(self, u: f64) -> f64 {
        let done = |u: f64| normal_cdf((u / self.median).ln() / self.sigma);
        if u <= 0.0 { 0.0 } else { done(u) / done(1.0) }
    }
}

/// The distribution function of the standard normal, by formula 7.1.26 of Abramowitz and Stegun (error
/// below 1e-7).
fn normal_cdf(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let erf = 1.0 - series * (-x * x).exp();
    0.5 * (1.0 + erf.copysign(z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_function_has_its_known_values() {
        for (z, known) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9)] {
            assert!((normal_cdf(z) - known).abs() < 1e-6, "{z}");
        }
    }

    #[test]
    fn simulated_motions_arrive() {
        let mut dice = Dice::new(8, 0);
        let (from, to) = (Point { x: 60.0, y: 500.0 }, Point { x: 800.0, y: 130.0 });
        for _ in 0..100 {
            let mut routes: [Box<dyn Route>; 3] = [
                Box::new(WindMouse::draw(&mut dice)),
                Box::new(Spring::draw(&mut dice)),
                Box::new(TwoPhase::draw(&mut dice)),
            ];
            for route in &mut routes {
                let steps = route.steps(&mut dice, from, to, 40.0);
                let end = steps.last().unwrap().at;
                assert!(end.distance(to) < 8.0, "{} px away", end.distance(to));
                let time: f64 = steps.iter().map(|step| step.after).sum();
                assert!((200.0..2600.0).contains(&time), "{time} ms");
            }
        }
    }
}
