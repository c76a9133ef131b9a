//! Sketches: what is left of a session's movements and typing so that copies of it can be recognised.
//!
//! | module | owns |
//! |---|---|
//! | `trace` | the movement in progress, at the rate it comes |
//! | `shape` | the shape of a movement in sixteen bytes |
//! | `rhythm` | the first intervals between keys |
//! | `repeats` | the same movement several times in one session |
//!
//! A recorded person who is replayed is a person in every single session; only beside other sessions is the copy seen
//! ([`crate::survey`]). Kept are the first movements and the first keys of a window: a replay begins at the beginning.

mod repeats;
mod rhythm;
mod shape;
mod trace;

use schemas::coordination::Fingerprint;
use schemas::event::{Event, EventType, Field};
use serde::{Deserialize, Serialize};

use crate::finding::Judgement;
use crate::fingerprint::Hash128;
pub(crate) use rhythm::PAUSE;
use rhythm::Rhythm;
pub(crate) use shape::{NUMBERS, Shape};
use trace::Trace;

/// Movements kept.
pub(crate) const SHAPES: usize = 20;
/// First byte of a written sketch.
const VERSION: u8 = 1;

/// What a window keeps of its movements and keys.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sketches {
    #[serde(with = "crate::compact::unless_default")]
    trace: Trace,
    count: u8,
    #[serde(with = "crate::compact::leading")]
    shapes: [Shape; SHAPES],
    #[serde(with = "crate::compact::unless_default")]
    rhythm: Rhythm,
}

impl Sketches {
    /// A mouse, pointer, click or touch event.
    pub(crate) fn pointer(&mut self, event: &Event<'_>) {
        // What is full can keep no further movement.
        if usize::from(self.count) >= SHAPES {
            return;
        }
        let moved = match (event.event_type, event.word(Field::Phase)) {
            // Sliders make everybody's drags alike, and short swipes of a thumb have no shape of their own.
            (EventType::MouseMove, _) => event.flag(Field::Drag) != Some(true),
            (EventType::Pointer, Some("move")) => {
                !matches!(event.word(Field::PointerType), Some("touch"))
            }
            _ => false,
        };
        let place = (event.number(Field::X), event.number(Field::Y));
        let ended = match (moved, place) {
            (true, (Some(x), Some(y))) => self.trace.add(event.at, x, y),
            (true, _) => None,
            (false, _) => self.trace.end(),
        };
        if let Some(ended) = ended {
            self.keep(&ended);
        }
    }

    /// A key event.
    pub(crate) fn key(&mut self, event: &Event<'_>) {
        let key = event.word(Field::Key).unwrap_or("other");
        let released =
            event.event_type == EventType::Keystroke && event.word(Field::Action) == Some("up");
        let repeated = event.flag(Field::Repeat) == Some(true);
        if !released
            && !repeated
            && !matches!(key, "shift" | "control" | "alt" | "meta" | "caps_lock")
        {
            self.rhythm.press(event.at);
        }
    }

    fn keep(&mut self, ended: &Trace) {
        let Some(place) = self.shapes.get_mut(usize::from(self.count)) else {
            return;
        };
        if let Some(shape) = Shape::of(ended) {
            *place = shape;
            self.count += 1;
            if usize::from(self.count) == SHAPES {
                self.trace = Trace::default();
            }
        }
    }

    fn shapes(&self) -> &[Shape] {
        &self.shapes[..usize::from(self.count).min(SHAPES)]
    }

    /// What can be compared with other sessions, the movement in progress included.
    pub(crate) fn session(mut self) -> SessionSketch {
        if let Some(trace) = self.trace.end() {
            self.keep(&trace);
        }
        SessionSketch {
            shapes: self.shapes().to_vec(),
            intervals: self.rhythm.intervals().to_vec(),
        }
    }

    /// Adds what one session's movements say when they are compared with one another.
    pub(crate) fn find(&self, judgement: &mut Judgement) {
        repeats::find(self.shapes(), judgement);
    }
}

/// What a session looks like to others: shapes of its first movements, and its first key intervals.
///
/// Nothing that a person wrote or where anything was on the page can be read from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionSketch {
    pub(crate) shapes: Vec<Shape>,
    /// Logarithms of key intervals in units of 1/28, 0 at e⁵ ms; -128 is a pause.
    pub(crate) intervals: Vec<i8>,
}

/// Bytes that are no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sketch of version {VERSION}")]
pub struct BadSketch;

impl SessionSketch {
    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty() && self.intervals.is_empty()
    }

    /// Movements in it.
    pub fn movements(&self) -> usize {
        self.shapes.len()
    }

    /// Key intervals in it.
    pub fn intervals(&self) -> usize {
        self.intervals.len()
    }

    /// The movements without the rhythm.
    #[must_use]
    pub fn of_movements(&self) -> Self {
        Self {
            shapes: self.shapes.clone(),
            intervals: Vec::new(),
        }
    }

    /// The rhythm without the movements.
    #[must_use]
    pub fn of_rhythm(&self) -> Self {
        Self {
            shapes: Vec::new(),
            intervals: self.intervals.clone(),
        }
    }

    /// As bytes: version, number of movements, sixteen bytes of each, then a byte for each interval.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.shapes.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![VERSION, count];
        let shapes = self.shapes.iter().take(usize::from(count));
        let numbers = shapes.flat_map(|shape| shape.numbers().iter());
        bytes.extend(
            numbers
                .chain(&self.intervals)
                .map(|number| number.cast_unsigned()),
        );
        bytes
    }

    /// A hash that names the sketch.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Hash128::new("candor.sketch.v1");
        hash.part(&self.to_bytes());
        hash.fingerprint()
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are not those of a sketch of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSketch> {
        let [VERSION, count, rest @ ..] = bytes else {
            return Err(BadSketch);
        };
        let split = usize::from(*count) * Shape::BYTES;
        let (shapes, intervals) = rest.split_at_checked(split).ok_or(BadSketch)?;
        let signed =
            |bytes: &[u8]| -> Vec<i8> { bytes.iter().map(|byte| byte.cast_signed()).collect() };
        let shapes = shapes
            .chunks_exact(Shape::BYTES)
            .filter_map(|chunk| signed(chunk).try_into().ok().map(Shape::from_numbers));
        Ok(Self {
            shapes: shapes.collect(),
            intervals: signed(intervals),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sketch_survives_its_bytes(shapes in prop::collection::vec(prop::array::uniform16(any::<i8>()), 0..SHAPES), intervals in prop::collection::vec(any::<i8>(), 0..64)) {
            let shapes = shapes.into_iter().map(Shape::from_numbers).collect();
            let sketch = SessionSketch { shapes, intervals };
            prop_assert_eq!(SessionSketch::from_bytes(&sketch.to_bytes()), Ok(sketch));
        }

        #[test]
        fn foreign_bytes_are_an_error_or_a_sketch(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(sketch) = SessionSketch::from_bytes(&bytes) {
                prop_assert_eq!(sketch.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn what_a_window_keeps_is_small() {
        assert!(size_of::<Sketches>() <= 720, "{}", size_of::<Sketches>());
    }
}
