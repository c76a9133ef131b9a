//! Approaches: the way of the mouse from a rest or a press to the next press or rest.
//!
//! A hand accelerates, curves and brakes; it needs time for a far way, leaves samples on it and never keeps
//! to a line within a fraction of a pixel. Three one-sided signs of a way that no hand made: it has no samples
//! at all (a jump), it is over too soon (swift), or it is exactly straight. All three hold at any sampling
//! step: a coarse step is added to the measured time, and lines along an axis or a diagonal, which keyboards
//! and joysticks draw, do not count as straight.

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

use super::brake::{Brake, Stops};

/// Shortest way that is judged, px.
pub(super) const FAR: f64 = 100.0;
/// Pause that ends a way, milliseconds: longer than any sampling step, shorter than a hand needs to rest and go on.
const REST: u32 = 300;
/// A press this close to the last sample is made there, px.
const AT: f64 = 3.0;
/// Longest time from a jump to its press, milliseconds: some drivers wait a quarter of a second, and who points
/// by gaze dwells longer.
const JUMP_TO_PRESS: u32 = 500;
/// Longest time from a jump to its press, milliseconds, when a browser makes mouse events of a tap.
const EMULATED: u32 = 2;
/// Shortest way judged for its speed, px.
const SWIFT_FROM: f64 = 200.0;
/// Root mean square distance from the chord, px, of a straight line rounded to whole pixels.
const STRAIGHT: f64 = 0.75;
/// Samples that a line needs.
const STRAIGHT_SAMPLES: u16 = 3;
/// Difference of the sides, px, up to which a line runs along an axis or a diagonal.
const GRID: f64 = 2.0;
/// A pointer nearer than this to its press has arrived, px.
const NEAR: f32 = 10.0;
/// Longest pause, milliseconds, that may be a step of a slow sampling.
const STEP: u32 = 600;
/// Mean step, milliseconds, from which a whole way of a hand fits between two samples.
const COARSE: u32 = 150;
/// Longest time between the pointer's arrival and a press in a hurry, milliseconds: lift, touch and lift of a
/// finger take longer.
const HURRIED: u32 = 100;
/// Time between kept recent positions, milliseconds.
const RECENT_STEP: u32 = 20;

/// A position and when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Seen {
    x: f32,
    y: f32,
    at: Clock,
}

/// The way under the pointer now.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Way {
    /// Where it began; `None` before the first position.
    start: Option<(f32, f32)>,
    last: (f32, f32),
    first_at: Clock,
    last_at: Clock,
    /// Samples after the start.
    samples: u16,
    /// Longest time between two samples, milliseconds: the sampling step as far as this way shows it.
    widest: u16,
    /// Sums of xx, xy and yy relative to the start.
    moments: [f64; 3],
    /// Positions of the last tenth of a second or more, oldest overwritten first.
    #[serde(with = "crate::compact::leading")]
    recent: [Seen; 6],
    newest: u8,
    brake: Brake,
}

/// How far ways were made.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Ways {
    /// Far ways.
    pub(super) far: u16,
    /// Without a sample between start and end.
    pub(super) jumps: u16,
    /// Jumps pressed at once, as a tap is when a browser makes mouse events of it.
    pub(super) emulated: u16,
    /// Over sooner than a hand can.
    pub(super) swift: u16,
    /// On an exact line.
    pub(super) straight: u16,
    /// Any of the three.
    pub(super) crude: u16,
}

impl Ways {
    pub(super) fn share(&self, part: u16) -> f64 {
        crate::stats::share(u32::from(part), u32::from(self.far))
    }

    /// Most ways, and at least three, were not made by a hand. One jump more is asked for: a stalled connection
    /// makes a few.
    pub(super) fn mostly_crude(&self) -> bool {
        let least = if self.jumps * 2 > self.crude { 4 } else { 3 };
        self.crude >= least && self.share(self.crude) > 0.5
    }

    /// The ways with samples on them.
    pub(super) fn without_jumps(self) -> Self {
        Self {
            far: self.far - self.jumps,
            jumps: 0,
            emulated: 0,
            // A jump is neither swift nor straight: it has one sample.
            crude: self.crude - self.jumps,
            ..self
        }
    }
}

/// What a press says of the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Arrival {
    /// Whether the pointer moved at all since the press before.
    pub(super) moved: bool,
    /// Whether it moved, and the way began [`FAR`] from the press.
    pub(super) far: bool,
    /// Whether it was seen away from the press less than [`HURRIED`] before.
    pub(super) hurried: bool,
}

/// All ways so far.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Approaches {
    way: Way,
    moved: bool,
    /// Moves soon after another with no press between, and the milliseconds between them.
    steps: u32,
    stepping: u32,
    /// Ways that ended in a press.
    pub(super) pressed: Ways,
    /// Ways that ended in a rest. A pointer that leaves the page and comes back elsewhere has not jumped.
    pub(super) rested: Ways,
    /// Stops at the presses that ended far ways.
    pub(super) stops: Stops,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "positions are bounded by the caller, gaps by a rest"
)]
impl Approaches {
    /// Takes in a move to (`x`, `y`) with no button held.
    pub(super) fn step(&mut self, x: f64, y: f64, at: Clock) {
        let place = (x as f32, y as f32);
        if self.way.start.is_none() {
            self.way.restart(place, at);
            return;
        }
        if place == self.way.last {
            return;
        }
        let gap = at.since(self.way.last_at);
        if self.moved && gap <= STEP {
            self.steps = self.steps.saturating_add(1);
            self.stepping = self.stepping.saturating_add(gap);
        }
        self.moved = true;
        if gap > REST {
            self.rest();
        }
        self.way.extend(place, at, gap);
    }

    /// Ends the way by a rest, and begins the next one there.
    fn rest(&mut self) {
        let way = self.way;
        let end = (f64::from(way.last.0), f64::from(way.last.1));
        if way.samples >= 2 && way.length(end) >= FAR {
            self.rested.add(&way, end, false);
        }
        self.way.restart(way.last, way.last_at);
    }

    /// Takes in a press at (`x`, `y`).
    pub(super) fn press(&mut self, x: f64, y: f64, at: Clock) -> Arrival {
        let place = (x as f32, y as f32);
        let moved = std::mem::take(&mut self.moved);
        if self.way.start.is_none() {
            self.way.restart(place, at);
            return Arrival::default();
        }
        let distance = self.way.length((x, y));
        let waited = at.since(self.way.last_at);
        let here = self.way.distance_from_last((x, y)) <= AT;
        let settled = self.way.settled(place, at);
        // Without a sample there is nothing to judge: keys, assistive technology and fingers press like that.
        if distance >= FAR && self.way.samples > 0 {
            if here {
                let way = &self.way;
                self.stops.add(way.brake, way.samples, waited);
            } else {
                self.way.extend(place, at, waited);
            }
            let jump = self.way.samples == 1 && here && waited < JUMP_TO_PRESS;
            self.pressed.emulated += u16::from(jump && waited <= EMULATED);
            self.pressed.add(&self.way, (x, y), jump);
        }
        self.way.restart(place, at);
        Arrival {
            moved,
            far: moved && distance >= FAR,
            hurried: settled.is_some_and(|settled| settled < HURRIED),
        }
    }

    /// Whether positions come so rarely that hands seem to jump.
    pub(super) fn is_coarse(&self) -> bool {
        let enough = self.steps >= 5 && self.steps >= u32::from(self.pressed.far) / 4;
        enough && self.stepping / self.steps > COARSE
    }

    /// Forgets the way: the pointer is at (`x`, `y`) after a drag.
    pub(super) fn dragged(&mut self, x: f64, y: f64, at: Clock) {
        self.moved = true;
        self.way.restart((x as f32, y as f32), at);
    }
}

impl Ways {
    fn add(&mut self, way: &Way, end: (f64, f64), jump: bool) {
        if self.far == u16::MAX {
            return;
        }
        let (swift, straight) = (way.swift(end), way.straight(end));
        self.far += 1;
        self.jumps += u16::from(jump);
        self.swift += u16::from(swift);
        self.straight += u16::from(straight);
        self.crude += u16::from(jump || swift || straight);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "positions are bounded by the caller, gaps by a rest"
)]
impl Way {
    fn restart(&mut self, place: (f32, f32), at: Clock) {
        *self = Self {
            start: Some(place),
            last: place,
            first_at: at,
            last_at: at,
            ..Self::default()
        };
    }

    fn extend(&mut self, place: (f32, f32), at: Clock, gap: u32) {
        let Some(start) = self.start else { return };
        if self.samples == 0 {
            self.first_at = at;
        } else {
            self.widest = self.widest.max(gap.min(REST) as u16);
        }
        self.samples = self.samples.saturating_add(1);
        let (x, y) = (f64::from(place.0 - start.0), f64::from(place.1 - start.1));
        self.moments[0] += x * x;
        self.moments[1] += x * y;
        self.moments[2] += y * y;
        let step = (place.0 - self.last.0).hypot(place.1 - self.last.1);
        self.brake.step(step, gap);
        self.last = place;
        self.last_at = at;
        let latest = self.recent[usize::from(self.newest)];
        if latest == Seen::default() || at.since(latest.at) >= RECENT_STEP {
            self.newest = (self.newest + 1) % self.recent.len() as u8;
            self.recent[usize::from(self.newest)] = Seen {
                x: place.0,
                y: place.1,
                at,
            };
        }
    }

    fn length(&self, end: (f64, f64)) -> f64 {
        self.start.map_or(0.0, |(x, y)| {
            (end.0 - f64::from(x)).hypot(end.1 - f64::from(y))
        })
    }

    fn distance_from_last(&self, end: (f64, f64)) -> f64 {
        (end.0 - f64::from(self.last.0)).hypot(end.1 - f64::from(self.last.1))
    }

    /// Time since the pointer was last seen away from `end`; a coarse step can only make it longer.
    fn settled(&self, end: (f32, f32), at: Clock) -> Option<u32> {
        self.recent
            .iter()
            .filter(|seen| **seen != Seen::default())
            .filter(|seen| (seen.x - end.0).hypot(seen.y - end.1) >= NEAR)
            .map(|seen| at.since(seen.at))
            .min()
    }

    /// Whether the way took less time than the quickest aimed movement: 100 ms and 0.15 ms a pixel, at most 200 ms.
    /// One sampling step is added, the time before the first sample that may have been missed.
    fn swift(&self, end: (f64, f64)) -> bool {
        let length = self.length(end);
        let taken = f64::from(self.last_at.since(self.first_at)) + f64::from(self.widest);
        self.samples >= 2 && length >= SWIFT_FROM && taken < (100.0 + 0.15 * length).min(200.0)
    }

    /// Whether all samples lie on the chord, as far as whole pixels can.
    fn straight(&self, end: (f64, f64)) -> bool {
        let Some(start) = self.start else {
            return false;
        };
        let (x, y) = (end.0 - f64::from(start.0), end.1 - f64::from(start.1));
        let grid = x.abs().min(y.abs()) <= GRID || (x.abs() - y.abs()).abs() <= GRID;
        let squares =
            y * y * self.moments[0] - 2.0 * x * y * self.moments[1] + x * x * self.moments[2];
        // The last sample is the end itself.
        let between = f64::from(self.samples.max(2) - 1);
        let deviation = (squares.max(0.0) / (x * x + y * y).max(1.0) / between).sqrt();
        self.samples >= STRAIGHT_SAMPLES && !grid && deviation <= STRAIGHT
    }
}

/// Milliseconds since 1970, modulo 2^32: half the bytes of a time, and only differences are used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Clock(u32);

impl Clock {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "wraps on purpose"
    )]
    pub(super) fn at(time: EventTime) -> Self {
        Self(time.0.div_euclid(1000) as u32)
    }

    /// Milliseconds since `earlier`; 0 when the clock went back.
    pub(super) fn since(self, earlier: Self) -> u32 {
        let elapsed = self.0.wrapping_sub(earlier.0);
        if elapsed > u32::MAX / 2 { 0 } else { elapsed }
    }
}
