//! Pointer mechanics: how it gets to its presses, where they land, how long they last, who made the events.
//!
//! Touch jumps by nature and is not judged for its ways; drags and drawings are left alone. How smooth a
//! stroke is belongs to the strokes.

mod abrupt;
mod approach;
mod brake;
mod holds;
mod judge;
mod places;
#[cfg(test)]
mod tests;

use schemas::event::{Event, EventTime, EventType, Field};
use serde::{Deserialize, Serialize};

use abrupt::Abrupt;
use approach::{Approaches, Arrival, Clock};
use holds::Holds;
use places::Places;

use crate::stats::share;

/// Positions beyond this are bad data, px.
const BEYOND: f64 = 10_000.0;

/// Counts of pointer events.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Pointer {
    events: u32,
    moves: u32,
    touches: u32,
    untrusted: u32,
    #[serde(with = "crate::compact::unless_default")]
    holds: Holds,
    #[serde(with = "crate::compact::unless_default")]
    approaches: Approaches,
    #[serde(with = "crate::compact::unless_default")]
    places: Places,
    #[serde(with = "crate::compact::unless_default")]
    abrupt: Abrupt,
    #[serde(with = "crate::compact::unless_default")]
    reports: Reports,
    /// Touches under way.
    fingers: u8,
    /// The held button.
    down: Option<(EventTime, Arrival)>,
    /// Presses whose button events were seen.
    presses: u32,
    /// The last press was followed by no click yet.
    unclicked: bool,
    /// The pointer moved far to the last press.
    moved_to_press: bool,
}

/// What the browser reports of its own beside the position.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Reports {
    last: Option<(f32, f32)>,
    /// Moves with a position on the screen, and those where it is the position in the page.
    on_screen: u32,
    same_as_page: u32,
    /// Moves that changed the position and report a movement, and those that report none.
    moved: u32,
    denied: u32,
}

/// What is known of the device, for the pointer's tests.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Surroundings {
    /// It says that it can be touched, or that it is mobile.
    pub(crate) touch: bool,
    /// Part of the screen is not the page: the browser's bars, other windows.
    pub(crate) windowed: bool,
}

impl Pointer {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        self.untrusted += u32::from(event.flag(Field::Trusted) == Some(false));
        let touch = event.event_type == EventType::Touch
            || matches!(event.word(Field::PointerType), Some("touch" | "pen"));
        match (event.event_type, event.word(Field::Phase)) {
            (EventType::MouseMove, _) | (EventType::Pointer, Some("move")) if !touch => {
                self.step(event);
            }
            (EventType::Touch | EventType::Pointer, Some("down" | "start")) => {
                if touch {
                    self.touches = self.touches.saturating_add(1);
                    self.fingers = self.fingers.saturating_add(1);
                    self.abrupt.release();
                } else {
                    self.press(event);
                }
            }
            (EventType::Touch | EventType::Pointer, Some("move")) => self.slide(event),
            (EventType::Touch | EventType::Pointer, Some("up" | "end" | "cancel")) if touch => {
                self.fingers = self.fingers.saturating_sub(1);
                self.abrupt.release();
            }
            (EventType::Touch | EventType::Pointer, Some("up" | "end")) if !touch => {
                self.release(event);
            }
            (EventType::Click, _) => self.click(event, touch),
            _ => {}
        }
    }

    fn step(&mut self, event: &Event<'_>) {
        self.moves = self.moves.saturating_add(1);
        let Some((x, y)) = place(event) else { return };
        let at = Clock::at(event.at);
        self.reports.step(event, x, y);
        let drag = self.down.is_some() || event.flag(Field::Drag) == Some(true);
        self.abrupt.step(x, y, at, drag);
        if drag {
            self.approaches.dragged(x, y, at);
        } else {
            self.approaches.step(x, y, at);
        }
    }

    /// A finger or pen moves on. Two at once give the positions of both in turn.
    fn slide(&mut self, event: &Event<'_>) {
        let single = self.fingers <= 1 && event.number(Field::Touches).unwrap_or(1.0) <= 1.0;
        if let Some((x, y)) = place(event).filter(|_| single) {
            self.abrupt.step(x, y, Clock::at(event.at), false);
        } else {
            self.abrupt.release();
        }
    }

    fn press(&mut self, event: &Event<'_>) {
        self.presses = self.presses.saturating_add(1);
        self.unclicked = true;
        let arrival = self.arrive(event);
        self.down = Some((event.at, arrival));
    }

    fn release(&mut self, event: &Event<'_>) {
        self.abrupt.release();
        let Some((down, arrival)) = self.down.take() else {
            return;
        };
        self.holds.add(event.at.millis_since(down), Some(arrival));
    }

    fn click(&mut self, event: &Event<'_>, touch: bool) {
        // A click without the button events that others of its session have was made by a key, a label or
        // assistive technology.
        let pressed = std::mem::take(&mut self.unclicked);
        if touch || (self.presses > 0 && !pressed) {
            return;
        }
        // The button is up again, whether or not its release was seen.
        self.down = None;
        self.abrupt.release();
        let arrival = (!pressed).then(|| self.arrive(event));
        if let Some(hold) = event.number(Field::Hold) {
            self.holds.add(hold, arrival);
        }
        let offset = event
            .number(Field::OffsetX)
            .zip(event.number(Field::OffsetY));
        if let Some((x, y)) = offset.filter(|_| self.moved_to_press) {
            self.places.offset(x, y);
        }
    }

    fn arrive(&mut self, event: &Event<'_>) -> Arrival {
        let arrival = place(event).map_or_else(Arrival::default, |(x, y)| {
            let arrival = self.approaches.press(x, y, Clock::at(event.at));
            self.places.press(x, y, arrival);
            arrival
        });
        self.moved_to_press = arrival.moved;
        arrival
    }

    /// Names of [`Self::feature_values`]. How much holds vary is not among them: generators have one range each, and a
    /// model would learn those.
    pub(crate) const FEATURE_NAMES: [&str; 6] = [
        "mouse.jump_share",
        "mouse.straight_share",
        "mouse.swift_share",
        "mouse.repeated_share",
        "mouse.instant_share",
        "mouse.shake_share",
    ];

    /// Numbers for the learned model, by [`Self::FEATURE_NAMES`]; not a number where too little was seen.
    #[expect(clippy::cast_possible_truncation, reason = "shares")]
    pub(crate) fn feature_values(&self) -> [f32; Self::FEATURE_NAMES.len()] {
        let ways = self.approaches.pressed;
        let (places, holds) = (&self.places, &self.holds);
        let jumps = ways.far >= 3 && !self.touched() && !self.approaches.is_coarse();
        let shaken = share(self.abrupt.shakes, self.abrupt.pairs);
        [
            (jumps, ways.share(ways.jumps)),
            (ways.far >= 3, ways.share(ways.straight)),
            (ways.far >= 3, ways.share(ways.swift)),
            (places.far >= 5, places.share(places.repeated)),
            (holds.count() >= 5, holds.instant_share()),
            (self.abrupt.pairs >= 50, shaken),
        ]
        .map(|(measured, value)| if measured { value as f32 } else { f32::NAN })
    }

    /// Whether touches were seen.
    pub(crate) fn touched(&self) -> bool {
        self.touches > 0
    }
}

/// The position of an event, unless it has none or a bad one. A key that presses a button reports the origin.
fn place(event: &Event<'_>) -> Option<(f64, f64)> {
    let (x, y) = event.number(Field::X).zip(event.number(Field::Y))?;
    let usable = x.abs() <= BEYOND && y.abs() <= BEYOND && (x, y) != (0.0, 0.0);
    usable.then_some((x, y))
}

#[expect(clippy::cast_possible_truncation, reason = "positions are bounded")]
impl Reports {
    fn step(&mut self, event: &Event<'_>, x: f64, y: f64) {
        if let Some((screen_x, screen_y)) = event
            .number(Field::ScreenX)
            .zip(event.number(Field::ScreenY))
        {
            let same = (screen_x - x).abs() < 1.0 && (screen_y - y).abs() < 1.0;
            self.on_screen = self.on_screen.saturating_add(1);
            self.same_as_page = self.same_as_page.saturating_add(u32::from(same));
        }
        let movement = event
            .number(Field::MovementX)
            .zip(event.number(Field::MovementY));
        if let (Some((last_x, last_y)), Some((across, down))) = (self.last, movement) {
            let far = (x - f64::from(last_x)).hypot(y - f64::from(last_y)) >= 3.0;
            let none = across == 0.0 && down == 0.0;
            self.moved = self.moved.saturating_add(u32::from(far));
            self.denied = self.denied.saturating_add(u32::from(far && none));
        }
        self.last = Some((x as f32, y as f32));
    }
}
