//! Simulated bots, each a mixture of one way to move, one way to type and one way to spend time.

pub(crate) mod agents;
mod controllers;
mod curves;
pub(crate) mod drivers;
pub(crate) mod pointers;
pub(crate) mod replays;
mod rhythms;
mod routes;
mod sampling;
mod text;
mod typing;
pub(crate) mod typists;

use crate::dice::{Dice, Spread};
use crate::flow::{Choosing, Pace, Respondent, answer};
use crate::mouse::{Mouse, Press, Route, Wheel};
use crate::people::{desktop, introduce, mouse_user, pointer_of_a_person};
use crate::session::{Event, Member};
use crate::stage::{Stage, whole};
use crate::survey::{Shape, Survey};
use routes::{Curve, Jump, Line, SmoothCurve};
use typing::{ConstantKeys, IndependentKeys, Insert};

/// A press as a driver sends it: down and up with nothing between.
const INSTANT: Press = Press {
    hover: Spread::Uniform(4.0, 60.0),
    hold: Spread::Uniform(1.0, 4.0),
    aim: 0.0,
};
/// A press whose author thought of its length.
const HELD: Press = Press {
    hover: Spread::Uniform(40.0, 120.0),
    hold: Spread::Uniform(50.0, 110.0),
    aim: 0.12,
};
const EVEN_WHEEL: Wheel = Wheel {
    notch: 100.0,
    pause: Spread::Uniform(15.0, 35.0),
    glides: false,
};
const SURVEY: Shape = Shape {
    questions: (8, 16),
    open: 0.2,
};
/// Surveys of typing bots have the open ends that those of typing people have.
const OPEN_SURVEY: Shape = Shape {
    questions: (7, 11),
    open: 0.5,
};

/// A bot with nothing said yet but how it moves.
fn bot<R: Route + 'static>(route: R, press: Press) -> Respondent {
    Respondent {
        hand: Box::new(Mouse {
            route,
            press,
            wheel: EVEN_WHEEL,
        }),
        typing: Box::new(Insert),
        pace: Pace::Fixed(Spread::Uniform(500.0, 1500.0)),
        choosing: Choosing::Random,
        between: Spread::Uniform(40.0, 200.0),
        loading: Spread::Uniform(10.0, 350.0),
        fills_traps: false,
        verbosity: (40, 80),
    }
}

/// Lets `bot` answer. `shows` is the chance that its browser admits to be driven by a program.
fn run(mut dice: Dice, shape: Shape, shows: f64, mut bot: Respondent) -> Vec<Event> {
    let mut device = desktop(&mut dice);
    if dice.chance(shows) {
        device.webdriver = true;
        device.renderer = "software";
    }
    let survey = Survey::draw(&mut dice, device.viewport, shape);
    let mut stage = Stage::new(dice, device.viewport);
    introduce(&mut stage, &device);
    answer(stage, &survey, &mut bot)
}

/// Straight lines in equal steps, instant presses, fast even keys.
pub(crate) fn linear_steps(mut dice: Dice) -> Vec<Event> {
    let route = Line {
        steps: dice.whole(4, 20),
        pause: dice.between(2.0, 12.0),
    };
    let mut bot = bot(route, INSTANT);
    bot.typing = Box::new(ConstantKeys {
        interval: dice.between(10.0, 40.0),
        dwell: 2.0,
        jitter: 1.0,
    });
    run(dice, SURVEY, 0.4, bot)
}

/// Jumps onto each target, inserts texts whole.
pub(crate) fn teleport_fill(dice: Dice) -> Vec<Event> {
    let mut bot = bot(Jump, INSTANT);
    bot.pace = Pace::Fixed(Spread::Uniform(60.0, 400.0));
    bot.between = Spread::Uniform(5.0, 60.0);
    run(dice, SURVEY, 0.4, bot)
}

/// Keys with a constant delay; the dwell is constant or absent.
pub(crate) fn constant_typist(mut dice: Dice) -> Vec<Event> {
    let mut bot = bot(Curve, HELD);
    let dwell = if dice.chance(0.5) {
        0.0
    } else {
        dice.between(20.0, 90.0)
    };
    bot.typing = Box::new(ConstantKeys {
        interval: dice.between(60.0, 160.0),
        dwell,
        jitter: 0.0,
    });
    bot.pace = Pace::Fixed(Spread::Uniform(1500.0, 5000.0));
    bot.verbosity = (70, 190);
    run(dice, OPEN_SURVEY, 0.1, bot)
}

/// The textbook minimum-jerk move with noise.
pub(crate) fn minimum_jerk(mut dice: Dice) -> Vec<Event> {
    let route = SmoothCurve {
        noise: dice.between(0.2, 1.2),
        per_bit: dice.between(110.0, 160.0),
    };
    let mut bot = bot(route, HELD);
    bot.typing = Box::new(IndependentKeys {
        interval: Spread::Skewed {
            median: dice.around(130.0, 0.2),
            sigma: 0.3,
            least: 30.0,
            most: 2000.0,
        },
        dwell: Spread::Skewed {
            median: 95.0,
            sigma: 0.15,
            least: 30.0,
            most: 300.0,
        },
    });
    bot.pace = Pace::Fixed(Spread::Uniform(2000.0, 7000.0));
    bot.between = Spread::Uniform(250.0, 900.0);
    bot.verbosity = (70, 160);
    run(dice, OPEN_SURVEY, 0.05, bot)
}

/// Eased cubic Bezier moves.
pub(crate) fn bezier(mut dice: Dice) -> Vec<Event> {
    let mut bot = bot(Curve, HELD);
    bot.typing = Box::new(IndependentKeys {
        interval: Spread::Uniform(60.0, dice.between(140.0, 220.0)),
        dwell: Spread::Uniform(50.0, 110.0),
    });
    bot.pace = Pace::Fixed(Spread::Uniform(1500.0, 6000.0));
    bot.between = Spread::Uniform(200.0, 800.0);
    run(dice, SURVEY, 0.05, bot)
}

/// Thinks for seconds, then acts at once; presses the exact centre; texts come whole.
pub(crate) fn llm_agent(mut dice: Dice) -> Vec<Event> {
    let thinking = Spread::Uniform(2000.0, 6000.0);
    let mut bot = if dice.chance(0.6) {
        bot(Jump, INSTANT)
    } else {
        bot(
            Line {
                steps: 4,
                pause: 9.0,
            },
            INSTANT,
        )
    };
    bot.pace = Pace::Fixed(thinking);
    bot.between = thinking;
    bot.loading = Spread::Uniform(150.0, 700.0);
    bot.verbosity = (90, 260);
    run(dice, SURVEY, 0.1, bot)
}

/// Fills every field of the form, hidden ones too.
pub(crate) fn honeypot_filler(dice: Dice) -> Vec<Event> {
    let mut bot = bot(Jump, INSTANT);
    bot.pace = Pace::Fixed(Spread::Uniform(20.0, 120.0));
    bot.between = Spread::Uniform(5.0, 40.0);
    bot.fills_traps = true;
    run(
        dice,
        Shape {
            questions: (6, 12),
            open: 0.4,
        },
        0.3,
        bot,
    )
}

/// Moves like a person, but reads nothing and always takes the same option.
pub(crate) fn straight_liner(mut dice: Dice) -> Vec<Event> {
    let option = dice.below(3);
    let mut hand = pointer_of_a_person(&mut dice);
    hand.route = hand.route.without_wandering();
    let mut bot = bot(Jump, HELD);
    bot.hand = Box::new(hand);
    bot.pace = Pace::Fixed(Spread::Uniform(80.0, 350.0));
    bot.between = Spread::Uniform(60.0, 180.0);
    bot.choosing = Choosing::Always(option);
    run(
        dice,
        Shape {
            questions: (12, 18),
            open: 0.05,
        },
        0.0,
        bot,
    )
}

/// One person's session, made from the seed alone, replayed with a tempo of its own.
pub(crate) fn replay(mut dice: Dice) -> Vec<Event> {
    // A stream that no session index reaches: every replay of one seed has the same original.
    let original = mouse_user(dice.other_stream(u64::MAX));
    let tempo = dice.between(0.96, 1.04);
    original
        .into_iter()
        .map(|mut event| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds of a session are small"
            )]
            let at = event.at_ms as f64;
            event.at_ms = whole(at * tempo + dice.between(-0.4, 0.4)).max(0);
            event
        })
        .collect()
}

/// The member of an insertion of `length` characters.
fn inserted(length: usize) -> Vec<(&'static str, Member)> {
    vec![(
        "len",
        Member::Whole(i64::try_from(length).unwrap_or(i64::MAX)),
    )]
}
