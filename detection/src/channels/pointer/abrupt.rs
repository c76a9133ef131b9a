//! What a hand cannot do to its own mass: shake faster than its muscles, and press a button at full speed.
//!
//! Both look only at samples a few milliseconds apart and are silent on coarse streams. They hold for
//! drags and drawings too, where the other tests of the pointer are silent.

use serde::{Deserialize, Serialize};

use super::approach::Clock;

/// Time between samples, milliseconds, that shows a single movement: below, timestamps are bunched.
const STEP: std::ops::RangeInclusive<u32> = 4..=25;
/// Shortest step, px, that is no rounding or noise of the sensor.
const STEP_PX: f32 = 3.0;
/// Two sharp turns within this time, milliseconds, are an oscillation of 16 Hz and more. Hands reach 12 Hz.
const SHAKE: u32 = 30;
/// Time, milliseconds, over which the speed at the start of a drag is taken.
const LAUNCH: std::ops::RangeInclusive<u32> = 16..=60;
/// Speed after the press, px/ms, of a pointer that never stood: people reach 2.5.
const LAUNCH_SPEED: f64 = 6.0;

/// Counts of abrupt movements.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Abrupt {
    last: Option<(f32, f32)>,
    at: Clock,
    /// The step to the last position, when it was a clear one.
    step: Option<(f32, f32)>,
    turned: Option<Clock>,
    /// Two clear steps in a row.
    pub(super) pairs: u32,
    /// Sharp turns right after another.
    pub(super) shakes: u32,
    /// Where and when the drag under way began, until its speed is known.
    launch: Option<(f32, f32, Clock)>,
    dragging: bool,
    /// Drags whose first speed is known.
    pub(super) drags: u16,
    /// Those that began at a speed no hand reaches from a standing press.
    pub(super) launched: u16,
}

impl Abrupt {
    /// Takes in a move of the mouse.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions are bounded by the caller"
    )]
    pub(super) fn step(&mut self, x: f64, y: f64, at: Clock, drag: bool) {
        let place = (x as f32, y as f32);
        if drag {
            self.drag(place, at);
        }
        self.dragging = drag;
        let Some(last) = self.last.replace(place) else {
            self.at = at;
            return;
        };
        if last == place {
            return;
        }
        let step = (place.0 - last.0, place.1 - last.1);
        let length2 = step.0 * step.0 + step.1 * step.1;
        let clear = STEP.contains(&at.since(self.at)) && length2 >= STEP_PX * STEP_PX;
        let before = self.step.take();
        self.at = at;
        if !clear {
            return;
        }
        self.step = Some(step);
        let Some(before) = before else { return };
        self.pairs = self.pairs.saturating_add(1);
        if before.0 * step.0 + before.1 * step.1 < 0.0 {
            let again = self.turned.is_some_and(|turned| at.since(turned) <= SHAKE);
            self.shakes = self.shakes.saturating_add(u32::from(again));
            self.turned = Some(at);
        }
    }

    fn drag(&mut self, place: (f32, f32), at: Clock) {
        if !self.dragging {
            self.launch = Some((place.0, place.1, at));
            return;
        }
        let Some((x, y, from)) = self.launch else {
            return;
        };
        let elapsed = at.since(from);
        if elapsed < *LAUNCH.start() {
            return;
        }
        self.launch = None;
        if LAUNCH.contains(&elapsed) {
            let speed = f64::from((place.0 - x).hypot(place.1 - y)) / f64::from(elapsed);
            self.drags = self.drags.saturating_add(1);
            self.launched = self
                .launched
                .saturating_add(u16::from(speed >= LAUNCH_SPEED));
        }
    }

    /// Ends the drag under way, if any; what follows may begin elsewhere.
    pub(super) fn release(&mut self) {
        self.dragging = false;
        self.launch = None;
        self.last = None;
        self.step = None;
        self.turned = None;
    }
}
