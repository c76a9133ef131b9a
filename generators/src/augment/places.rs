//! Other places: noise, whole pixels, turned, scaled and mirrored ways.

use schemas::recording::Recording;

use super::with_events;
use crate::dice::Dice;

/// A recording whose every place is mapped.
fn mapped(recording: &Recording, mut map: impl FnMut((f64, f64)) -> (f64, f64)) -> Recording {
    let mut events = recording.events.clone();
    for event in &mut events {
        if let Some(place) = event.position() {
            event.set_position(map(place));
        }
    }
    with_events(recording, events)
}

/// Adds normal noise of `deviation` pixels to the place of every move. Presses and clicks stay where
/// they are: their noise is the hand's, not the recorder's.
pub fn add_noise(recording: &Recording, deviation: f64, seed: u64) -> Recording {
    let mut dice = Dice::new(seed, 0);
    let mut events = recording.events.clone();
    for event in events.iter_mut().filter(|event| event.is_move()) {
        if let Some((x, y)) = event.position() {
            let noise = (dice.normal(0.0, deviation), dice.normal(0.0, deviation));
            event.set_position((x + noise.0, y + noise.1));
        }
    }
    with_events(recording, events)
}

/// Rounds every place to whole pixels.
pub fn round_positions(recording: &Recording) -> Recording {
    mapped(recording, |(x, y)| (x.round(), y.round()))
}

/// Turns every place by `angle` radians around the middle of the recording's places, and scales its
/// distance from there.
pub fn turn_and_scale(recording: &Recording, angle: f64, scale: f64) -> Recording {
    let places = || recording.events.iter().filter_map(|event| event.position());
    let middle = |pick: fn((f64, f64)) -> f64| {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for place in places() {
            low = low.min(pick(place));
            high = high.max(pick(place));
        }
        f64::midpoint(low, high)
    };
    let centre = (middle(|place| place.0), middle(|place| place.1));
    let (cos, sin) = (scale * angle.cos(), scale * angle.sin());
    mapped(recording, |(x, y)| {
        let (x, y) = (x - centre.0, y - centre.1);
        (centre.0 + cos * x - sin * y, centre.1 + sin * x + cos * y)
    })
}

/// Mirrors every place left to right on a page of `width` pixels: what a left hand might have done.
pub fn mirror(recording: &Recording, width: f64) -> Recording {
    mapped(recording, |(x, y)| (width - x, y))
}
