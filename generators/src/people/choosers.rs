//! A person in a task of two buttons: from the start button to one of two answers, again and again.

use super::{desktop, introduce, pointer_of_a_person};
use crate::dice::Dice;
use crate::flow::Hand;
use crate::mouse::Mouse;
use crate::session::{Event, Member};
use crate::stage::{Point, Stage};
use crate::survey::Target;

/// Makes 20 to 60 choices between the same two places.
pub(crate) fn binary_chooser(mut dice: Dice) -> Vec<Event> {
    let device = desktop(&mut dice);
    let mut hand: Mouse<_> = pointer_of_a_person(&mut dice);
    let (choices, pace) = (dice.whole(20, 60), dice.around(700.0, 0.3));
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    stage.emit("page", vec![("page", Member::Name("p1".to_owned()))]);
    let at = |stage: &Stage, x: f64, y: f64| Target {
        centre: Point {
            x: x * stage.viewport.width,
            y: y * stage.viewport.height,
        },
        width: 140.0,
        height: 60.0,
        tabs: 1,
        arrows: 0,
    };
    for _ in 0..choices {
        let start = at(&stage, 0.5, 0.9);
        hand.press(&mut stage, &start);
        let thinking = stage.dice.around(pace, 0.45);
        stage.wait(thinking);
        let side = if stage.dice.chance(0.5) { 0.14 } else { 0.86 };
        let answer = at(&stage, side, 0.14);
        hand.press(&mut stage, &answer);
        let pause = stage.dice.around(350.0, 0.4);
        stage.wait(pause);
    }
    stage.into_events()
}
