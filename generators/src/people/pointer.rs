//! A person's hand on a mouse: strokes made of overlapping submovements.
//!
//! A stroke is a primary movement that covers most of the way, and corrections towards what is left,
//! each rising fast and ending slowly (a log-logistic course), each bent a little. Number, overlap and
//! error of the submovements vary from stroke to stroke; that variation is what people have and simple
//! generators lack. Positions are sampled with the jitter of a browser's event loop, 8 to 25 ms.

use crate::dice::{Dice, Spread};
use crate::mouse::{Mouse, Press, Route, Step, Wheel};
use crate::stage::Point;

/// One person's way of moving.
#[derive(Debug, Clone)]
pub(crate) struct PersonalRoute {
    /// Milliseconds that every stroke takes, and more per bit of difficulty (Fitts).
    base: f64,
    per_bit: f64,
    /// Deviation of the primary movement's reach, as a share of the distance.
    reach_error: f64,
    /// Deviation of the direction, radians.
    direction_error: f64,
    /// Deviation of the bend, as a share of the distance.
    bend: f64,
    /// Chance of a pause before a correction.
    hesitates: f64,
    /// Tremor, pixels.
    tremor: f64,
    /// Milliseconds between two samples, before jitter.
    period: f64,
    wanders: f64,
}

/// One submovement.
#[derive(Debug, Clone, Copy)]
struct Submovement {
    start: f64,
    duration: f64,
    by: Point,
    /// Sideways bend at its middle, pixels.
    bend: f64,
    /// When half of the way is done, as a share of the duration.
    middle: f64,
    /// How steeply it rises.
    steepness: f64,
}

impl Submovement {
    /// What it has contributed at `time`.
    fn at(&self, time: f64) -> Point {
        let elapsed = ((time - self.start) / self.duration).clamp(0.0, 1.0);
        let (rise, half) = (
            elapsed.powf(self.steepness),
            self.middle.powf(self.steepness),
        );
        let progress = if rise == 0.0 {
            0.0
        } else {
            rise * (1.0 + half) / (rise + half)
        };
        let sideways = self.bend * (std::f64::consts::PI * progress).sin();
        let length = self.by.x.hypot(self.by.y).max(1e-9);
        Point {
            x: self.by.x * progress - self.by.y / length * sideways,
            y: self.by.y * progress + self.by.x / length * sideways,
        }
    }

    fn end(&self) -> f64 {
        self.start + self.duration
    }
}

/// The mouse of a person with habits of their own.
pub(crate) fn pointer_of_a_person(dice: &mut Dice) -> Mouse<PersonalRoute> {
    let touchpad = dice.chance(0.3);
    let wheel = if touchpad {
        Wheel {
            notch: dice.between(20.0, 60.0),
            pause: Spread::Uniform(14.0, 22.0),
            glides: true,
        }
    } else {
        let pause = Spread::Skewed {
            median: dice.around(110.0, 0.3),
            sigma: 0.45,
            least: 20.0,
            most: 900.0,
        };
        Wheel {
            notch: 100.0,
            pause,
            glides: false,
        }
    };
    Mouse {
        route: PersonalRoute::draw(dice),
        press: Press {
            hover: Spread::Skewed {
                median: dice.around(95.0, 0.35),
                sigma: 0.55,
                least: 15.0,
                most: 1500.0,
            },
            hold: Spread::Skewed {
                median: dice.between(75.0, 110.0),
                sigma: 0.18,
                least: 60.0,
                most: 140.0,
            },
            aim: dice.between(0.12, 0.2),
        },
        wheel,
    }
}

impl PersonalRoute {
    /// The same hand of somebody who does not play with the pointer.
    pub(crate) fn without_wandering(self) -> Self {
        Self {
            wanders: 0.0,
            ..self
        }
    }

    fn draw(dice: &mut Dice) -> Self {
        Self {
            base: dice.around(190.0, 0.2),
            per_bit: dice.around(115.0, 0.18),
            reach_error: dice.between(0.06, 0.12),
            direction_error: dice.between(0.04, 0.1),
            bend: dice.between(0.03, 0.08),
            hesitates: dice.between(0.2, 0.5),
            tremor: dice.between(0.2, 0.7),
            period: [8.3, 10.0, 16.7][dice.below(3)],
            wanders: dice.between(0.2, 0.6),
        }
    }

    /// The submovements of one stroke from `from` to `to`, a control of `size` pixels.
    fn plan(&self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Submovement> {
        let mut plan: Vec<Submovement> = Vec::new();
        let mut here = from;
        let mut start = 0.0;
        // After five corrections a person is there, too.
        for attempt in 0..6 {
            let distance = here.distance(to);
            if attempt > 0 && distance < size * 0.3 {
                break;
            }
            let movement = self.submovement(dice, (here, to), start, attempt);
            here = Point {
                x: here.x + movement.by.x,
                y: here.y + movement.by.y,
            };
            start = if dice.chance(self.hesitates) {
                movement.end() + dice.around(95.0, 0.65)
            } else {
                movement.start + movement.duration * dice.between(0.55, 1.0)
            };
            plan.push(movement);
        }
        plan
    }

    fn submovement(
        &self,
        dice: &mut Dice,
        way: (Point, Point),
        start: f64,
        attempt: usize,
    ) -> Submovement {
        let (from, to) = way;
        let distance = from.distance(to);
        let first = attempt == 0;
        let (reach, turn, duration) = if first {
            let difficulty = (distance / 30.0 + 1.0).log2();
            let duration = (self.base + self.per_bit * difficulty) * dice.around(1.0, 0.32);
            // The primary movement mostly falls short; sometimes it is split or overshoots.
            let reach = if dice.chance(0.25) {
                dice.between(0.1, 0.75)
            } else {
                dice.normal(0.93, self.reach_error)
            };
            (reach, dice.normal(0.0, self.direction_error), duration)
        } else {
            let duration = dice.around(210.0, 0.35) + distance * 0.6;
            (dice.normal(0.97, 0.12), dice.normal(0.0, 0.18), duration)
        };
        let angle = (to.y - from.y).atan2(to.x - from.x) + turn;
        Submovement {
            start,
            duration,
            by: Point {
                x: distance * reach * angle.cos(),
                y: distance * reach * angle.sin(),
            },
            bend: dice.normal(0.0, self.bend) * distance,
            middle: dice.normal(0.39, 0.08).clamp(0.22, 0.6),
            steepness: dice.normal(4.0, 1.0).clamp(2.2, 7.5),
        }
    }
}

impl Route for PersonalRoute {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        if from.distance(to) < 2.0 {
            return Vec::new();
        }
        let plan = self.plan(dice, from, to, size);
        let end = plan.iter().map(Submovement::end).fold(0.0, f64::max);
        let mut steps = Vec::new();
        let mut time = 0.0;
        while time < end {
            let late = if dice.chance(0.05) { 1.6 } else { 1.0 };
            let after = (self.period * late + dice.normal(0.0, 1.6).abs()).clamp(8.0, 25.0);
            time += after;
            let shake = self.tremor;
            let mut at = Point {
                x: from.x + dice.normal(0.0, shake),
                y: from.y + dice.normal(0.0, shake),
            };
            for movement in &plan {
                let moved = movement.at(time);
                at = Point {
                    x: at.x + moved.x,
                    y: at.y + moved.y,
                };
            }
            steps.push(Step { after, at });
        }
        steps
    }

    fn wanders(&self) -> f64 {
        self.wanders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_of_one_person_differ_in_time_and_come_near_the_target() {
        let mut dice = Dice::new(3, 0);
        let mut route = PersonalRoute::draw(&mut dice);
        let (from, to) = (Point { x: 100.0, y: 100.0 }, Point { x: 700.0, y: 420.0 });
        let mut durations: Vec<f64> = Vec::new();
        for _ in 0..200 {
            let steps = route.steps(&mut dice, from, to, 40.0);
            assert!(steps.iter().all(|step| (8.0..=25.0).contains(&step.after)));
            let end = steps.last().unwrap().at;
            assert!(
                end.distance(to) < 60.0,
                "ended {} px away",
                end.distance(to)
            );
            durations.push(steps.iter().map(|step| step.after).sum());
        }
        durations.sort_by(f64::total_cmp);
        assert!(durations[180] > 1.4 * durations[20], "{durations:?}");
    }
}
