//! Bots that move the pointer by a formula and are people in everything else, so that only the pointer
//! tells them from people.

use super::controllers::{Spring, TwoPhase, WindMouse};
use super::curves::{BezierCurve, EasedLine, PerlinLine, RandomSteps};
use crate::dice::{Dice, Spread};
use crate::mouse::{Mouse, Press, Route};
use crate::people::{Fingers, at_a_desk_with, pointer_of_a_person};
use crate::session::Event;
use crate::survey::Shape;

const SURVEY: Shape = Shape {
    questions: (12, 16),
    open: 0.12,
};

fn session<R: Route + 'static>(mut dice: Dice, draw: impl FnOnce(&mut Dice) -> R) -> Vec<Event> {
    let route = draw(&mut dice);
    let hover = dice.between(20.0, 90.0);
    let press = Press {
        hover: Spread::Uniform(hover, hover + dice.between(30.0, 160.0)),
        hold: Spread::Skewed {
            median: dice.between(75.0, 100.0),
            sigma: 0.14,
            least: 60.0,
            most: 120.0,
        },
        aim: dice.between(0.08, 0.18),
    };
    let hand = Mouse {
        route,
        press,
        wheel: pointer_of_a_person(&mut dice).wheel,
    };
    let fingers = Fingers::of_a_person(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    at_a_desk_with(dice, SURVEY, parts, (25, 70))
}

/// Quadratic Bezier curves.
pub(crate) fn bezier_quadratic(dice: Dice) -> Vec<Event> {
    session(dice, BezierCurve::quadratic)
}

/// Cubic Bezier curves.
pub(crate) fn bezier_cubic(dice: Dice) -> Vec<Event> {
    session(dice, BezierCurve::cubic)
}

/// Cubic Bezier curves with noise on every position.
pub(crate) fn bezier_noisy(dice: Dice) -> Vec<Event> {
    session(dice, BezierCurve::cubic_with_noise)
}

/// Quintic Bezier curves with control points anywhere.
pub(crate) fn bezier_quintic(dice: Dice) -> Vec<Event> {
    session(dice, BezierCurve::quintic)
}

/// Straight lines with an easing.
pub(crate) fn line_easing(dice: Dice) -> Vec<Event> {
    session(dice, EasedLine::draw)
}

/// Lines bent by gradient noise.
pub(crate) fn perlin_line(dice: Dice) -> Vec<Event> {
    session(dice, PerlinLine::draw)
}

/// Lines in independent random steps.
pub(crate) fn random_steps(dice: Dice) -> Vec<Event> {
    session(dice, RandomSteps::draw)
}

/// WindMouse.
pub(crate) fn wind_mouse(dice: Dice) -> Vec<Event> {
    session(dice, WindMouse::draw)
}

/// A damped spring.
pub(crate) fn spring(dice: Dice) -> Vec<Event> {
    session(dice, Spring::draw)
}

/// A ballistic move and a correction.
pub(crate) fn two_phase(dice: Dice) -> Vec<Event> {
    session(dice, TwoPhase::draw)
}
