//! Cuts the stream of pointer events into strokes and thins them to one coarse step.
//!
//! A stroke ends at a rest, at any press or release, and at a jump no hand makes. Movement with a button
//! held, by touch or by pen belongs to no stroke. Everything is thinned to [`STEP_MS`] before anything is
//! measured, so that a mouse polled every 8 ms and a remote desktop at 110 ms are seen alike.

use schemas::event::{Event, EventTime, EventType, Field};
use serde::{Deserialize, Serialize};

use crate::compact::differences::Numbers;

/// Time between kept samples, milliseconds.
const STEP_MS: u16 = 50;
/// A sample may come this much too early and is kept, milliseconds: clocks are rounded.
const TOLERANCE_MS: f64 = 1.5;
/// Shortest rest that ends a stroke, milliseconds.
const REST_MS: f64 = 250.0;
/// A rest is also at least this many usual steps of the device.
const REST_STEPS: f64 = 3.5;
/// Steps longer than this say nothing of the device's usual step, milliseconds.
const LONGEST_STEP_MS: f64 = 1000.0;
/// Faster than this, pixels per millisecond, is a jump and not a movement.
const JUMP_SPEED: f64 = 25.0;
/// Positions beyond this are bad data, pixels.
const FARTHEST: f32 = 10_000.0;
/// Longest stroke, milliseconds.
const LONGEST_MS: f64 = 60_000.0;
/// Parts of a pixel in which positions are kept.
const PARTS: f64 = 8.0;
/// Most samples of a stroke.
pub(super) const SAMPLES: usize = 28;

/// A sample of a stroke, relative to its first one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Sample {
    /// Milliseconds.
    time: u16,
    /// Eighths of a pixel.
    x: i16,
    y: i16,
}

impl Numbers for Sample {
    fn numbers(self) -> [i32; 3] {
        [i32::from(self.time), i32::from(self.x), i32::from(self.y)]
    }

    fn of([time, x, y]: [i32; 3]) -> Option<Self> {
        Some(Self {
            time: time.try_into().ok()?,
            x: x.try_into().ok()?,
            y: y.try_into().ok()?,
        })
    }
}

impl Sample {
    /// Milliseconds since the stroke's first sample.
    pub(super) fn time(self) -> f64 {
        f64::from(self.time)
    }

    /// Pixels from the stroke's first sample.
    pub(super) fn place(self) -> (f64, f64) {
        (f64::from(self.x) / PARTS, f64::from(self.y) / PARTS)
    }
}

/// A finished stroke's samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    samples: [Sample; SAMPLES],
    count: usize,
}

impl Path {
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples[..self.count]
    }
}

/// Where the pointer was, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Place {
    at: EventTime,
    x: f32,
    y: f32,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            at: EventTime(0),
            x: 0.0,
            y: 0.0,
        }
    }
}

/// What an event means for the strokes.
enum Gesture {
    Moved(Place),
    Pressed,
    Released,
    /// A button is held, or it is a finger or a pen.
    Dragged,
    Nothing,
}

/// The stroke that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Cut {
    /// Where the stroke began and where it is; nothing while `count` is 0.
    first: Place,
    last: Place,
    #[serde(with = "crate::compact::differences")]
    samples: [Sample; SAMPLES],
    count: u8,
    /// How often the stroke outgrew its room: the time between kept samples doubles each time.
    doublings: u8,
    /// Running median of the device's steps, milliseconds; 0 before the first.
    usual_step: f32,
    held: bool,
}

impl Cut {
    /// Takes in an event, and gives back the stroke that it ended.
    pub(super) fn event(&mut self, event: &Event<'_>) -> Option<Path> {
        match self.gesture(event) {
            Gesture::Moved(place) => self.moved(place),
            Gesture::Pressed => {
                self.held = true;
                self.finish()
            }
            Gesture::Released => {
                self.held = false;
                self.finish()
            }
            Gesture::Dragged => self.finish(),
            Gesture::Nothing => None,
        }
    }

    fn gesture(&self, event: &Event<'_>) -> Gesture {
        let moves = match (event.event_type, event.word(Field::Phase)) {
            (EventType::MouseMove, _) | (EventType::Pointer | EventType::Touch, Some("move")) => {
                true
            }
            (EventType::Pointer | EventType::Touch, Some("down" | "start")) => {
                return Gesture::Pressed;
            }
            // A click means that the button is up, also where the release was lost.
            (EventType::Click, _)
            | (EventType::Pointer | EventType::Touch, Some("up" | "end" | "cancel")) => {
                return Gesture::Released;
            }
            _ => false,
        };
        let (Some(x), Some(y), true) = (event.number(Field::X), event.number(Field::Y), moves)
        else {
            return Gesture::Nothing;
        };
        let by_mouse = event.event_type != EventType::Touch
            && !matches!(event.word(Field::PointerType), Some("touch" | "pen"));
        let buttons = event.number(Field::Buttons).map(|mask| mask > 0.0);
        let held = event.flag(Field::Drag).or(buttons).unwrap_or(self.held);
        if by_mouse && !held {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "an eighth of a pixel is enough"
            )]
            let (x, y) = (x as f32, y as f32);
            Gesture::Moved(Place { at: event.at, x, y })
        } else {
            Gesture::Dragged
        }
    }

    fn moved(&mut self, place: Place) -> Option<Path> {
        self.held = false;
        if place.x.abs() > FARTHEST || place.y.abs() > FARTHEST {
            return self.finish();
        }
        if self.count == 0 {
            self.begin(place);
            return None;
        }
        let (first, last) = (self.first, self.last);
        let elapsed = place.at.millis_since(last.at);
        let still = place.x.to_bits() == last.x.to_bits() && place.y.to_bits() == last.y.to_bits();
        if still || (elapsed <= 0.0 && elapsed > -LONGEST_STEP_MS) {
            return None;
        }
        self.learn_step(elapsed);
        let rests = elapsed > REST_MS.max(REST_STEPS * f64::from(self.usual_step));
        let since_first = place.at.millis_since(first.at);
        if rests || elapsed < 0.0 || since_first > LONGEST_MS || jumps(last, place, elapsed) {
            let finished = self.finish();
            self.begin(place);
            return finished;
        }
        if !self.is_due(since_first) {
            self.last = place;
            return None;
        }
        let Some(sample) = sample(first, place) else {
            let finished = self.finish();
            self.begin(place);
            return finished;
        };
        self.keep(sample);
        self.last = place;
        None
    }

    /// Moves the running median a twentieth towards the step: half the steps are above it in the end.
    fn learn_step(&mut self, elapsed: f64) {
        if !(0.0..LONGEST_STEP_MS).contains(&elapsed) {
            return;
        }
        let usual = if self.usual_step > 0.0 {
            self.usual_step
        } else {
            16.0
        };
        let towards = if elapsed > f64::from(usual) {
            1.05
        } else {
            0.95
        };
        self.usual_step = (usual * towards).max(2.0);
    }

    fn begin(&mut self, place: Place) {
        self.first = place;
        self.last = place;
        self.samples[0] = Sample::default();
        self.count = 1;
        self.doublings = 0;
    }

    /// Whether a step has passed since the newest kept sample.
    fn is_due(&self, since_first: f64) -> bool {
        let step = STEP_MS << self.doublings.min(8);
        let newest = self.samples[usize::from(self.count) - 1];
        since_first >= newest.time() + f64::from(step) - TOLERANCE_MS
    }

    fn keep(&mut self, sample: Sample) {
        // One place stays free for the stroke's last sample.
        if usize::from(self.count) + 1 == SAMPLES {
            let kept = usize::from(self.count).div_ceil(2);
            for place in 1..kept {
                self.samples[place] = self.samples[2 * place];
            }
            self.doublings += 1;
            self.count = u8::try_from(kept).unwrap_or(1);
        }
        self.samples[usize::from(self.count)] = sample;
        self.count += 1;
    }

    fn finish(&mut self) -> Option<Path> {
        if self.count == 0 {
            return None;
        }
        let first = std::mem::take(&mut self.first);
        let last = std::mem::take(&mut self.last);
        if let Some(end) = sample(first, last)
            && end.time > self.samples[usize::from(self.count) - 1].time
        {
            self.samples[usize::from(self.count)] = end;
            self.count += 1;
        }
        let path = Path {
            samples: self.samples,
            count: usize::from(self.count),
        };
        // What is not in use is written as nothing.
        self.samples = [Sample::default(); SAMPLES];
        self.count = 0;
        self.doublings = 0;
        Some(path)
    }
}

/// Whether no hand moves that far in that time.
fn jumps(last: Place, place: Place, elapsed: f64) -> bool {
    let (x, y) = (f64::from(place.x - last.x), f64::from(place.y - last.y));
    x * x + y * y > (JUMP_SPEED * elapsed.max(8.0)).powi(2)
}

/// `place` relative to `first`; `None` when it is too far from it.
fn sample(first: Place, place: Place) -> Option<Sample> {
    Some(Sample {
        time: whole(place.at.millis_since(first.at), 0.0, f64::from(u16::MAX))?
            .try_into()
            .ok()?,
        x: parts(place.x - first.x)?,
        y: parts(place.y - first.y)?,
    })
}

fn parts(pixels: f32) -> Option<i16> {
    whole(
        f64::from(pixels) * PARTS,
        f64::from(i16::MIN),
        f64::from(i16::MAX),
    )?
    .try_into()
    .ok()
}

fn whole(value: f64, least: f64, most: f64) -> Option<i32> {
    let rounded = value.round();
    #[expect(clippy::cast_possible_truncation, reason = "bounded by 16-bit limits")]
    (least..=most).contains(&rounded).then_some(rounded as i32)
}
