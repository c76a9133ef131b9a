//! The mechanics of well-known drivers of browsers, as their documentation describes them. The drivers
//! themselves are not used: what is simulated is what a page would see of them.

use super::curves::on_curve;
use super::rhythms::{Dwell, Rhythm, RhythmicKeys};
use super::routes::along;
use super::sampling::Easing;
use super::text::classes;
use super::typing::Insert;
use super::{bot, run};
use crate::dice::{Dice, Spread};
use crate::flow::{Pace, Respondent, Typing};
use crate::mouse::{Press, Route, Step};
use crate::session::Event;
use crate::stage::{Point, Stage};
use crate::survey::{Shape, as_f64};

/// What one command over the driver's protocol takes, milliseconds.
const COMMAND: Spread = Spread::Skewed {
    median: 2.0,
    sigma: 0.5,
    least: 0.8,
    most: 12.0,
};
const SURVEY: Shape = Shape {
    questions: (8, 16),
    open: 0.3,
};

/// Equal steps, each a command of its own or paced by a timer.
#[derive(Debug, Clone)]
struct CommandedLine {
    steps: usize,
    pause: Spread,
}

impl Route for CommandedLine {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        (1..=self.steps)
            .map(|number| Step {
                after: dice.draw(self.pause),
                at: along(from, to, as_f64(number) / as_f64(self.steps)),
            })
            .collect()
    }
}

/// The time from one move to the next. A browser answers a move once it has drawn the frame, so most
/// drivers are held to about a frame a move, with the delays of a busy machine; some are not.
fn move_pause(dice: &mut Dice) -> Spread {
    if dice.chance(0.3) {
        return COMMAND;
    }
    Spread::Skewed {
        median: dice.between(15.5, 19.0),
        sigma: dice.between(0.12, 0.5),
        least: 4.0,
        most: 140.0,
    }
}

/// Keys pressed by commands: held for one time, then a pause, so that the interval is their sum.
#[derive(Debug, Clone)]
struct CommandedKeys {
    held: Spread,
    pause: Spread,
    /// Whether a capital presses Shift first.
    shifts: bool,
}

impl Typing for CommandedKeys {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        for (number, class) in classes(&mut stage.dice, length).into_iter().enumerate() {
            if number == 0 && self.shifts {
                stage.key("Shift", 2.0);
                stage.wait(1.0);
            }
            let held = stage.dice.draw(self.held);
            stage.key(class, held);
            let pause = stage.dice.draw(self.pause);
            stage.wait(held + pause);
        }
        stage.wait(50.0);
    }
}

/// A waiting time as scripts have it: one value, or anything between two.
fn waiting(dice: &mut Dice, low: f64, high: f64) -> Spread {
    let centre = dice.between(low, high);
    if dice.chance(0.4) {
        Spread::Uniform(centre, centre + 4.0)
    } else {
        Spread::Uniform(centre * 0.5, centre * 1.5)
    }
}

fn paced(mut bot: Respondent, dice: &mut Dice) -> Respondent {
    bot.pace = Pace::Fixed(waiting(dice, 300.0, 4000.0));
    bot.between = waiting(dice, 100.0, 900.0);
    bot.verbosity = (40, 120);
    bot
}

/// Playwright: `mouse.move` in equal steps or none, a click whose delay is none or one value, and
/// `keyboard.type`, which holds each key for the delay and presses the next at once.
pub(crate) fn playwright(mut dice: Dice) -> Vec<Event> {
    let locator = dice.chance(0.4);
    let delay = if dice.chance(0.5) {
        COMMAND
    } else {
        let delay = dice.between(20.0, 120.0);
        Spread::Uniform(delay + 1.0, delay + 4.0)
    };
    let route = CommandedLine {
        steps: if locator { 1 } else { dice.whole(5, 30) },
        pause: move_pause(&mut dice),
    };
    let press = Press {
        hover: Spread::Uniform(1.0, 6.0),
        hold: delay,
        aim: if locator { 0.0 } else { 0.12 },
    };
    let mut bot = paced(bot(route, press), &mut dice);
    bot.typing = if dice.chance(0.3) {
        Box::new(Insert)
    } else {
        let delay = dice.between(0.0, 120.0) * f64::from(u8::from(dice.chance(0.7)));
        Box::new(CommandedKeys {
            held: Spread::Uniform(delay + 0.5, delay + 3.0),
            pause: COMMAND,
            shifts: false,
        })
    };
    run(dice, SURVEY, 0.3, bot)
}

/// Selenium's action chains: pointer moves of 250 ms to the exact centre, which one browser's driver shows
/// as equal steps of a frame and another as a jump, and `send_keys`, a few milliseconds a key.
pub(crate) fn selenium(mut dice: Dice) -> Vec<Event> {
    let jumps = dice.chance(0.5);
    let route = CommandedLine {
        steps: if jumps { 1 } else { dice.whole(14, 16) },
        pause: Spread::Uniform(15.8, 17.6),
    };
    let chain = dice.between(0.0, 150.0);
    let hover = if jumps && dice.chance(0.7) {
        Spread::Uniform(250.0, 270.0 + chain)
    } else {
        Spread::Uniform(1.0, 12.0)
    };
    let hold = if dice.chance(0.6) {
        Spread::Uniform(1.0, 9.0)
    } else {
        waiting(&mut dice, 50.0, 110.0)
    };
    let press = Press {
        hover,
        hold,
        aim: 0.0,
    };
    let mut bot = paced(bot(route, press), &mut dice);
    let one_by_one = dice.chance(0.4);
    bot.typing = Box::new(CommandedKeys {
        held: Spread::Uniform(0.6, 4.0),
        pause: if one_by_one {
            waiting(&mut dice, 30.0, 120.0)
        } else {
            Spread::Uniform(1.0, 7.0)
        },
        shifts: true,
    });
    run(dice, SURVEY, 0.4, bot)
}

/// A cubic Bezier curve with both control points on one side, sent as fast as the browser answers; far
/// targets are overshot and corrected.
#[derive(Debug, Clone)]
struct GhostCurve {
    /// Milliseconds between two positions.
    pause: Spread,
}

impl GhostCurve {
    fn curve(
        &self,
        dice: &mut Dice,
        (from, to): (Point, Point),
        spread: f64,
        size: f64,
    ) -> Vec<Step> {
        let distance = from.distance(to).max(1.0);
        let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let mut control = || {
            let on_line = along(from, to, dice.unit());
            let off = side * dice.unit() * spread / distance;
            Point {
                x: on_line.x - (to.y - from.y) * off,
                y: on_line.y + (to.x - from.x) * off,
            }
        };
        let (first, second) = (control(), control());
        let bits = (distance / size.max(1.0) + 1.0).log2();
        let speed = dice.between(0.0, 25.0);
        let count = (((bits + 1.0).log2() + speed) * 3.0).ceil().max(3.0);
        let mut steps = Vec::new();
        let mut number = 1.0;
        while number <= count {
            steps.push(Step {
                after: dice.draw(self.pause),
                at: on_curve(&[from, first, second, to], number / count),
            });
            number += 1.0;
        }
        steps
    }
}

impl Route for GhostCurve {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let distance = from.distance(to);
        let spread = distance.clamp(2.0, 200.0);
        if distance < 500.0 {
            return self.curve(dice, (from, to), spread, size);
        }
        let angle = dice.between(0.0, std::f64::consts::TAU);
        let radius = 120.0 * dice.unit().sqrt();
        let beyond = Point {
            x: to.x + radius * angle.cos(),
            y: to.y + radius * angle.sin(),
        };
        let mut steps = self.curve(dice, (from, beyond), spread, size);
        steps.extend(self.curve(dice, (beyond, to), 10.0, size));
        steps
    }
}

/// Puppeteer with ghost-cursor as it comes.
pub(crate) fn ghost_cursor(mut dice: Dice) -> Vec<Event> {
    let press = Press {
        hover: Spread::Uniform(1.0, 8.0),
        hold: COMMAND,
        aim: 0.22,
    };
    let route = GhostCurve {
        pause: move_pause(&mut dice),
    };
    let mut bot = paced(bot(route, press), &mut dice);
    let delay = dice.between(0.0, 110.0);
    bot.typing = Box::new(CommandedKeys {
        held: Spread::Uniform(delay + 0.5, delay + 3.0),
        pause: COMMAND,
        shifts: false,
    });
    // The cursor rests at random after each move.
    bot.between = Spread::Uniform(50.0, 2000.0);
    run(dice, SURVEY, 0.2, bot)
}

/// A cubic curve in eased steps with a pause after each, whatever the distance, that sometimes goes past
/// far targets and comes back.
#[derive(Debug, Clone)]
struct Overshooting {
    /// Deviation of the control points from the line, as a share of the distance.
    bend: f64,
    easing: Easing,
    /// Fewest and most steps.
    count: (usize, usize),
    pause: Spread,
    /// Noise on each position, pixels.
    noise: f64,
    overshoots: f64,
}

impl Overshooting {
    fn draw(dice: &mut Dice) -> Self {
        let fewest = dice.whole(12, 30);
        Self {
            bend: dice.between(0.08, 0.2),
            easing: Easing::smooth(dice),
            count: (fewest, fewest + dice.whole(5, 35)),
            pause: Spread::Skewed {
                median: dice.between(9.0, 19.0),
                sigma: dice.between(0.1, 0.45),
                least: 4.0,
                most: 120.0,
            },
            noise: [0.0, 0.5, 1.0][dice.below(3)],
            overshoots: dice.between(0.0, 0.5),
        }
    }

    fn curve(&self, dice: &mut Dice, from: Point, to: Point) -> Vec<Step> {
        let spread = from.distance(to) * self.bend;
        let mut control = |share: f64| {
            let on_line = along(from, to, share);
            Point {
                x: on_line.x + dice.normal(0.0, spread),
                y: on_line.y + dice.normal(0.0, spread),
            }
        };
        let polygon = [from, control(0.3), control(0.7), to];
        let count = dice.whole(self.count.0, self.count.1);
        let place = |number: usize| {
            let share = as_f64(number) / as_f64(count);
            let mut at = on_curve(&polygon, self.easing.at(share));
            if number < count {
                at.x += dice.normal(0.0, self.noise);
                at.y += dice.normal(0.0, self.noise);
            }
            Step {
                after: dice.draw(self.pause),
                at,
            }
        };
        (1..=count).map(place).collect()
    }
}

impl Route for Overshooting {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, _size: f64) -> Vec<Step> {
        if from.distance(to) < 200.0 || !dice.chance(self.overshoots) {
            return self.curve(dice, from, to);
        }
        let past = along(from, to, dice.between(1.03, 1.12));
        let mut steps = self.curve(dice, from, past);
        let pause = dice.between(30.0, 120.0);
        // The way back is short: the last of every three steps, so that the end stays the end.
        let back = self.curve(dice, past, to);
        let skipped = (back.len() - 1) % 3;
        let mut back: Vec<Step> = back.into_iter().skip(skipped).step_by(3).collect();
        if let Some(first) = back.first_mut() {
            first.after += pause;
        }
        steps.append(&mut back);
        steps
    }
}

/// A driver with every remedy that guides recommend: curves, overshoot, random holds, a delay drawn for
/// each key, now and then a wrong letter.
pub(crate) fn humanised(mut dice: Dice) -> Vec<Event> {
    let route = Overshooting::draw(&mut dice);
    let press = Press {
        hover: Spread::Uniform(40.0, dice.between(120.0, 350.0)),
        hold: Spread::Uniform(50.0, dice.between(90.0, 150.0)),
        aim: dice.between(0.1, 0.2),
    };
    let mut bot = paced(bot(route, press), &mut dice);
    bot.pace = Pace::Fixed(Spread::Uniform(800.0, dice.between(3000.0, 7000.0)));
    bot.between = Spread::Uniform(200.0, 900.0);
    let shortest = dice.between(30.0, 90.0);
    let longest = shortest + dice.between(60.0, 180.0);
    bot.typing = if dice.chance(0.5) {
        Box::new(CommandedKeys {
            held: Spread::Uniform(30.0, dice.between(70.0, 120.0)),
            pause: Spread::Uniform(shortest * 0.5, longest * 0.8),
            shifts: dice.chance(0.5),
        })
    } else {
        let rhythm = Rhythm::Uniform(shortest, longest);
        Box::new(RhythmicKeys {
            slips: dice.between(0.0, 0.04),
            dwell: Dwell::plausible(&mut dice),
            ..RhythmicKeys::new(&mut dice, rhythm)
        })
    };
    bot.verbosity = (60, 170);
    run(
        dice,
        Shape {
            questions: (10, 14),
            open: 0.35,
        },
        0.0,
        bot,
    )
}
