//! Sessions of people who draw, on a page that asks for drawings: nothing is answered there.

use super::drawing::Drawing;
use super::{desktop, introduce, phone, pointer_of_a_person};
use crate::dice::Dice;
use crate::mouse::{Mouse, Route, Step};
use crate::session::{Event, Member};
use crate::stage::{Stage, position};

/// How a finger's drawing is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    /// As touches.
    Touch,
    /// As a mouse with a held button, which presses and releases.
    Dragged,
    /// As moves of a mouse with a flag for the held button, no press.
    Flagged,
    /// As plain moves of a mouse.
    Plain,
}

/// Draws with a finger; the page sees touches.
pub(crate) fn touch_drawer(dice: Dice) -> Vec<Event> {
    finger(dice, Seen::Touch)
}

/// Draws with a finger; the page sees moves of a mouse.
pub(crate) fn finger_drawer(mut dice: Dice) -> Vec<Event> {
    let seen = [Seen::Dragged, Seen::Flagged, Seen::Plain][dice.below(3)];
    finger(dice, seen)
}

/// Two of five draw once, the others up to a dozen times.
fn drawings(dice: &mut Dice) -> usize {
    if dice.chance(0.4) {
        1
    } else {
        dice.whole(2, 12)
    }
}

fn begin(mut dice: Dice, at_a_desk: bool) -> Stage {
    let device = if at_a_desk {
        desktop(&mut dice)
    } else {
        phone(&mut dice)
    };
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    stage.emit("page", vec![("page", Member::Name("p1".to_owned()))]);
    let reading = stage.dice.around(2500.0, 0.5);
    stage.wait(reading);
    stage
}

fn finger(mut dice: Dice, seen: Seen) -> Vec<Event> {
    let person = Drawing::of_a_person(&mut dice);
    // A screen to touch may also be a laptop's.
    let at_a_desk = dice.chance(0.4);
    let mut stage = begin(dice, at_a_desk);
    for _ in 0..drawings(&mut stage.dice) {
        let steps = person.draw(&mut stage);
        trace(&mut stage, &steps, seen);
        let pause = stage.dice.around(1500.0, 0.6).max(300.0);
        stage.wait(pause);
    }
    stage.into_events()
}

fn trace(stage: &mut Stage, steps: &[Step], seen: Seen) {
    let Some(first) = steps.first() else {
        return;
    };
    match seen {
        Seen::Touch => stage.emit_at("touch_start", stage.inside(first.at)),
        Seen::Dragged => stage.button("mouse_down", stage.inside(first.at)),
        Seen::Flagged | Seen::Plain => {}
    }
    stage.held = matches!(seen, Seen::Dragged | Seen::Flagged);
    let mut last = position(first.at);
    for step in &steps[1..] {
        stage.wait(step.after);
        let at = stage.inside(step.at);
        if position(at) != last {
            last = position(at);
            match seen {
                Seen::Touch => stage.emit_at("touch_move", at),
                _ => stage.moved(at),
            }
        }
        stage.pointer = Some(at);
    }
    stage.held = false;
    let rest = stage.dice.between(5.0, 90.0);
    stage.wait(rest);
    let end = stage.pointer.unwrap_or(first.at);
    match seen {
        Seen::Touch => stage.emit_at("touch_end", end),
        Seen::Dragged => stage.button("mouse_up", end),
        Seen::Flagged | Seen::Plain => {}
    }
}

/// Draws with a mouse: goes to the place, holds the button, draws, lets go.
pub(crate) fn mouse_drawer(mut dice: Dice) -> Vec<Event> {
    let person = Drawing::of_a_person(&mut dice);
    let mut hand: Mouse<_> = pointer_of_a_person(&mut dice);
    let mut stage = begin(dice, true);
    for _ in 0..drawings(&mut stage.dice) {
        let steps = person.draw(&mut stage);
        hand.go(&mut stage, steps[0].at, 60.0);
        let hover = stage.dice.draw(hand.press.hover);
        stage.wait(hover);
        trace(&mut stage, &steps, Seen::Dragged);
        let pause = stage.dice.around(900.0, 0.6).max(200.0);
        stage.wait(pause);
        if stage.dice.chance(hand.route.wanders()) {
            let away = stage.anywhere();
            hand.go(&mut stage, away, 120.0);
        }
    }
    stage.into_events()
}
