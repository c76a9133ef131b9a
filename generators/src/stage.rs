//! Where a simulated session is written: the time so far, the pointer's place, and the events.
//!
//! Owns the conversion to recorded events: times and positions are rounded to whole milliseconds and
//! pixels here, as a browser would report them, and never run backwards. It knows nothing of who acts.

use crate::dice::Dice;
use crate::session::{Event, Member};
use crate::survey::Viewport;

/// A point in the viewport, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// The session being written.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) dice: Dice,
    pub(crate) viewport: Viewport,
    /// Milliseconds from the session's start.
    pub(crate) now: f64,
    /// Where the pointer is; `None` until it first appears.
    pub(crate) pointer: Option<Point>,
    /// Whether a button is held: moves then carry the flag of a drag.
    pub(crate) held: bool,
    events: Vec<Event>,
}

impl Stage {
    pub(crate) fn new(dice: Dice, viewport: Viewport) -> Self {
        Self {
            dice,
            viewport,
            now: 0.0,
            pointer: None,
            held: false,
            events: Vec::with_capacity(512),
        }
    }

    /// Lets `milliseconds` pass.
    pub(crate) fn wait(&mut self, milliseconds: f64) {
        self.now += milliseconds.max(0.0);
    }

    /// Writes an event at the present time.
    pub(crate) fn emit(
        &mut self,
        recorded_type: &'static str,
        members: Vec<(&'static str, Member)>,
    ) {
        self.events.push(Event {
            recorded_type,
            at_ms: whole(self.now),
            members,
        });
    }

    /// Writes an event with the position `at`.
    pub(crate) fn emit_at(&mut self, recorded_type: &'static str, at: Point) {
        self.emit(recorded_type, position(at));
    }

    /// Writes a move of the pointer to `at`.
    pub(crate) fn moved(&mut self, at: Point) {
        let mut members = position(at);
        if self.held {
            members.push(("drag", Member::Flag(true)));
        }
        self.emit("mouse_move", members);
    }

    /// Writes a press or a release of the left button at `at`.
    pub(crate) fn button(&mut self, recorded_type: &'static str, at: Point) {
        let mut members = position(at);
        members.push(("button", Member::Word("left")));
        self.emit(recorded_type, members);
    }

    /// Somewhere on the page, not at its borders.
    pub(crate) fn anywhere(&mut self) -> Point {
        Point {
            x: self.dice.between(0.1, 0.9) * self.viewport.width,
            y: self.dice.between(0.15, 0.85) * self.viewport.height,
        }
    }

    /// Writes a key press that begins now and lasts `dwell` milliseconds; time does not pass.
    pub(crate) fn key(&mut self, class: &'static str, dwell: f64) {
        self.emit(
            "keypress",
            vec![
                ("key", Member::Word(class)),
                ("dwell", Member::Whole(whole(dwell))),
            ],
        );
    }

    /// `at`, moved into the viewport.
    pub(crate) fn inside(&self, at: Point) -> Point {
        Point {
            x: at.x.clamp(1.0, self.viewport.width - 1.0),
            y: at.y.clamp(1.0, self.viewport.height - 1.0),
        }
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }
}

/// `x` and `y` of a point.
pub(crate) fn position(at: Point) -> Vec<(&'static str, Member)> {
    vec![
        ("x", Member::Whole(whole(at.x))),
        ("y", Member::Whole(whole(at.y))),
    ]
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "times and positions are far below 2^53"
)]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}
