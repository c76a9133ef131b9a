//! Bots that send strokes of people again: a bank of recorded strokes, each turned, scaled and warped a
//! little so that it leads to where it is needed.

use crate::dice::{Dice, Spread};
use crate::mouse::{Mouse, Route, Step};
use crate::people::{Fingers, at_a_desk_with, pointer_of_a_person};
use crate::session::Event;
use crate::stage::Point;
use crate::survey::Shape;

/// Strokes in the bank that all sessions of one seed share.
const STROKES: usize = 80;
/// Stream of the bank: no session has this index.
const BANK: u64 = u64::MAX - 1;

/// A recorded stroke.
#[derive(Debug, Clone)]
struct Stroke {
    from: Point,
    steps: Vec<Step>,
}

impl Stroke {
    fn end(&self) -> Point {
        self.steps.last().map_or(self.from, |step| step.at)
    }
}

/// A bank of strokes and the warp that hides where they come from.
#[derive(Debug, Clone)]
struct Bank {
    strokes: Vec<Stroke>,
    /// Largest deviation of the tempo.
    tempo: f64,
    /// Noise on each position, pixels.
    noise: f64,
}

impl Bank {
    fn record(mut dice: Dice) -> Vec<Stroke> {
        let mut strokes = Vec::with_capacity(STROKES);
        while strokes.len() < STROKES {
            // Five people gave their strokes.
            let mut person = pointer_of_a_person(&mut dice).route;
            for _ in 0..STROKES / 5 {
                let from = Point {
                    x: dice.between(0.0, 400.0),
                    y: dice.between(0.0, 600.0),
                };
                let (angle, way) = (dice.between(0.0, 6.3), dice.between(120.0, 800.0));
                let to = Point {
                    x: from.x + way * angle.cos(),
                    y: from.y + way * angle.sin(),
                };
                let steps = person.steps(&mut dice, from, to, 40.0);
                strokes.push(Stroke { from, steps });
            }
        }
        strokes
    }
}

impl Route for Bank {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        let needed = from.distance(to);
        let length = |stroke: &Stroke| stroke.from.distance(stroke.end()).max(1.0);
        let fits = |stroke: &&Stroke| (0.7..1.4).contains(&(needed / length(stroke)));
        let fitting: Vec<&Stroke> = self.strokes.iter().filter(fits).collect();
        let stroke = match fitting.as_slice() {
            [] => &self.strokes[dice.below(self.strokes.len())],
            fitting => fitting[dice.below(fitting.len())],
        };
        let turned = turn((stroke.from, stroke.end()), (from, to));
        let tempo = dice.between(1.0 - self.tempo, 1.0 + self.tempo);
        let replayed = |step: &Step| {
            let at = turned(step.at);
            Step {
                after: step.after * tempo,
                at: Point {
                    x: at.x + dice.normal(0.0, self.noise),
                    y: at.y + dice.normal(0.0, self.noise),
                },
            }
        };
        stroke.steps.iter().map(replayed).collect()
    }
}

/// The turn, scale and shift that take the first pair of points to the second.
pub(crate) fn turn(one: (Point, Point), other: (Point, Point)) -> impl Fn(Point) -> Point {
    let (a, b) = (one.1.x - one.0.x, one.1.y - one.0.y);
    let (c, d) = (other.1.x - other.0.x, other.1.y - other.0.y);
    let square = (a * a + b * b).max(1e-9);
    // The quotient of the two ways as complex numbers.
    let (real, imaginary) = ((c * a + d * b) / square, (d * a - c * b) / square);
    move |at| {
        let (x, y) = (at.x - one.0.x, at.y - one.0.y);
        Point {
            x: other.0.x + real * x - imaginary * y,
            y: other.0.y + imaginary * x + real * y,
        }
    }
}

/// Strokes of a bank; a person in all else.
pub(crate) fn pooled_replay(mut dice: Dice) -> Vec<Event> {
    let mut person = pointer_of_a_person(&mut dice);
    person.press.hold = Spread::Uniform(60.0, 120.0);
    let hand = Mouse {
        route: Bank {
            strokes: Bank::record(dice.other_stream(BANK)),
            tempo: 0.08,
            noise: dice.between(0.2, 0.8),
        },
        press: person.press,
        wheel: person.wheel,
    };
    let fingers = Fingers::of_a_person(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    let shape = Shape {
        questions: (12, 16),
        open: 0.12,
    };
    at_a_desk_with(dice, shape, parts, (25, 70))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_of_a_bank_lead_to_the_target_with_the_shape_they_were_recorded_with() {
        let mut dice = Dice::new(6, 0);
        let strokes = Bank::record(dice.other_stream(BANK));
        assert_eq!(strokes.len(), STROKES);
        let mut bank = Bank {
            strokes: vec![strokes[0].clone()],
            tempo: 0.0,
            noise: 0.0,
        };
        let (from, to) = (Point { x: 10.0, y: 10.0 }, Point { x: 400.0, y: 300.0 });
        let steps = bank.steps(&mut dice, from, to, 40.0);
        assert!(steps.last().unwrap().at.distance(to) < 1e-6);
        let back = turn((from, to), (strokes[0].from, strokes[0].end()));
        for (replayed, original) in steps.iter().zip(&strokes[0].steps) {
            assert!(back(replayed.at).distance(original.at) < 1e-6);
            assert_eq!(replayed.after.to_bits(), original.after.to_bits());
        }
    }

    #[test]
    fn a_turn_takes_ends_to_ends_and_keeps_shape() {
        let point = |x, y| Point { x, y };
        let turned = turn(
            (point(1.0, 2.0), point(4.0, 6.0)),
            (point(0.0, 0.0), point(0.0, 10.0)),
        );
        assert!(turned(point(1.0, 2.0)).distance(point(0.0, 0.0)) < 1e-9);
        assert!(turned(point(4.0, 6.0)).distance(point(0.0, 10.0)) < 1e-9);
        // Twice as far apart, whatever the direction.
        let (a, b) = (point(7.0, -3.0), point(2.0, 9.0));
        assert!((turned(a).distance(turned(b)) - 2.0 * a.distance(b)).abs() < 1e-9);
    }
}
