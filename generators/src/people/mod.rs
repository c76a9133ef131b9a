//! Simulated people. Each has habits of their own, drawn once: a person is not a point but a spread.
//!
//! The models follow what is known of movement and typing (submovements, homing, class-dependent key
//! intervals); they are simulations and prove nothing about real people.

mod assistive;
pub(crate) mod choosers;
mod device;
mod dragging;
pub(crate) mod drawers;
mod drawing;
mod keyboard;
mod pointer;
mod routes;
mod touch;
mod typing;

use crate::dice::{Dice, Spread};
use crate::flow::{Choosing, Hand, Pace, Respondent, Typing, answer};
use crate::mouse::{Mouse, Press, Wheel};
use crate::session::Event;
use crate::stage::Stage;
use crate::survey::{Shape, Survey};

use routes::{Remote, Touchpad};

pub(crate) use device::{desktop, introduce, phone};
pub(crate) use pointer::pointer_of_a_person;
pub(crate) use typing::Fingers;

/// A person with a mouse.
pub(crate) fn mouse_user(dice: Dice) -> Vec<Event> {
    at_a_desk(
        dice,
        Shape {
            questions: (8, 16),
            open: 0.12,
        },
        (25, 70),
    )
}

/// A person with a mouse who answers open ends at length.
pub(crate) fn typist(dice: Dice) -> Vec<Event> {
    at_a_desk(
        dice,
        Shape {
            questions: (7, 11),
            open: 0.5,
        },
        (70, 190),
    )
}

fn at_a_desk(mut dice: Dice, shape: Shape, verbosity: (usize, usize)) -> Vec<Event> {
    let device = desktop(&mut dice);
    let survey = Survey::draw(&mut dice, device.viewport, shape);
    let hand = Box::new(pointer_of_a_person(&mut dice));
    let typing = Box::new(Fingers::of_a_person(&mut dice));
    let mut person = person(&mut dice, hand, typing, verbosity);
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut person)
}

/// Somebody at a desk who reads, decides and pauses as people do, with the hand and the typing that are
/// handed in.
pub(crate) fn at_a_desk_with(
    mut dice: Dice,
    shape: Shape,
    (hand, typing): (Box<dyn Hand>, Box<dyn Typing>),
    verbosity: (usize, usize),
) -> Vec<Event> {
    let device = desktop(&mut dice);
    let survey = Survey::draw(&mut dice, device.viewport, shape);
    let mut person = person(&mut dice, hand, typing, verbosity);
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut person)
}

/// A person who uses only the keyboard.
pub(crate) fn keyboard_user(mut dice: Dice) -> Vec<Event> {
    let device = desktop(&mut dice);
    let survey = Survey::draw(
        &mut dice,
        device.viewport,
        Shape {
            questions: (8, 14),
            open: 0.2,
        },
    );
    let fingers = Fingers::of_a_person(&mut dice);
    let hand = Box::new(keyboard::Keyboard::new(&mut dice, fingers.clone()));
    let mut person = person(&mut dice, hand, Box::new(fingers), (25, 80));
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut person)
}

/// A person on a phone.
pub(crate) fn touch_user(mut dice: Dice) -> Vec<Event> {
    let device = phone(&mut dice);
    let survey = Survey::draw(
        &mut dice,
        device.viewport,
        Shape {
            questions: (8, 14),
            open: 0.12,
        },
    );
    let hand = Box::new(touch::Thumb::of_a_person(&mut dice));
    let typing = Box::new(Fingers::on_glass(&mut dice));
    let mut person = person(&mut dice, hand, typing, (15, 45));
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut person)
}

const SURVEY: Shape = Shape {
    questions: (10, 16),
    open: 0.15,
};

/// A person who moves sliders and drags cards.
pub(crate) fn dragger(mut dice: Dice) -> Vec<Event> {
    let hand = dragging::Dragger::of_a_person(&mut dice);
    let fingers = Fingers::of_a_person(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    at_a_desk_with(dice, SURVEY, parts, (25, 80))
}

/// A person at a remote desktop: the page sees nine positions a second.
pub(crate) fn remote_user(mut dice: Dice) -> Vec<Event> {
    let Mouse {
        route,
        press,
        wheel,
    } = pointer_of_a_person(&mut dice);
    let period = dice.normal(110.0, 6.0);
    let hand = Mouse {
        route: Remote { route, period },
        press,
        wheel,
    };
    let fingers = Fingers::of_a_person(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    at_a_desk_with(dice, SURVEY, parts, (25, 120))
}

/// A person with a touchpad who taps to click: the press is a gesture, so the button is hardly held.
pub(crate) fn touchpad_user(mut dice: Dice) -> Vec<Event> {
    let Mouse { route, press, .. } = pointer_of_a_person(&mut dice);
    let swipe = dice.between(220.0, 600.0);
    // Systems differ in how long they say a tap was: not at all, a moment, or a fixed time.
    let hold = [
        Spread::Uniform(0.0, 1.0),
        Spread::Uniform(0.0, 12.0),
        Spread::Uniform(8.0, 35.0),
        Spread::Uniform(86.0, 90.0),
    ][dice.below(4)];
    let hover = Spread::Skewed {
        median: dice.around(210.0, 0.3),
        sigma: 0.4,
        least: 70.0,
        most: 1500.0,
    };
    let hand = Mouse {
        route: Touchpad { route, swipe },
        press: Press {
            hover,
            hold,
            ..press
        },
        wheel: Wheel {
            notch: dice.between(15.0, 60.0),
            pause: Spread::Uniform(14.0, 22.0),
            glides: true,
        },
    };
    let fingers = Fingers::of_a_person(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    at_a_desk_with(dice, SURVEY, parts, (25, 80))
}

/// A person who types with one finger.
pub(crate) fn slow_typist(mut dice: Dice) -> Vec<Event> {
    let hand = pointer_of_a_person(&mut dice);
    let fingers = Fingers::one_by_one(&mut dice);
    let parts = (Box::new(hand) as _, Box::new(fingers) as _);
    let shape = Shape {
        questions: (8, 12),
        open: 0.4,
    };
    at_a_desk_with(dice, shape, parts, (30, 120))
}

/// A person with a screen reader or a switch, who says so.
pub(crate) fn assistive_user(mut dice: Dice) -> Vec<Event> {
    let mut device = desktop(&mut dice);
    device.assistive = true;
    let survey = Survey::draw(&mut dice, device.viewport, SURVEY);
    let fingers = Fingers::of_a_person(&mut dice);
    let hand = Box::new(assistive::Assistive::of_a_person(
        &mut dice,
        fingers.clone(),
    ));
    let mut person = person(&mut dice, hand, Box::new(fingers), (20, 70));
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut person)
}

fn person(
    dice: &mut Dice,
    hand: Box<dyn Hand>,
    typing: Box<dyn Typing>,
    verbosity: (usize, usize),
) -> Respondent {
    let deciding = Spread::Skewed {
        median: dice.around(1300.0, 0.3),
        sigma: 0.5,
        least: 350.0,
        most: 20_000.0,
    };
    Respondent {
        hand,
        typing,
        // 20 to 40 characters a second is attentive to quick reading.
        pace: Pace::Reading {
            per_character: dice.between(25.0, 50.0),
            deciding,
        },
        choosing: Choosing::Considered {
            centre: dice.between(0.25, 0.75),
            attentive: dice.between(0.9, 1.0),
        },
        between: Spread::Skewed {
            median: dice.around(420.0, 0.25),
            sigma: 0.45,
            least: 120.0,
            most: 6000.0,
        },
        loading: Spread::Skewed {
            median: 220.0,
            sigma: 0.4,
            least: 60.0,
            most: 1500.0,
        },
        fills_traps: false,
        verbosity,
    }
}
