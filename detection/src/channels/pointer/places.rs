//! Where presses land: a hand scatters, a program computes.
//!
//! A program that presses the middle of elements comes back to the same pixel, and presses of elements in a
//! column share one coordinate. Only presses to which the pointer moved a far way count: a keyboard and
//! assistive technology press exact centres too, without moving there.

use serde::{Deserialize, Serialize};

use super::approach::Arrival;

/// Offset from the centre, px, below which a press counts as exactly centred.
const CENTRED: f64 = 0.75;

/// Counts of places.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Places {
    /// The last far presses, whole px, oldest overwritten first.
    #[serde(with = "crate::compact::leading")]
    latest: [(i16, i16); 8],
    /// Far presses to which the pointer moved.
    pub(super) far: u16,
    /// On the very pixel of one of the last eight.
    pub(super) repeated: u16,
    /// In the very row or column of the one before.
    pub(super) aligned: u16,
    /// Presses with a known distance from the centre of their target, to which the pointer moved.
    pub(super) placed: u16,
    /// Exactly in the centre.
    pub(super) centred: u16,
}

impl Places {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions are bounded by the caller"
    )]
    pub(super) fn press(&mut self, x: f64, y: f64, arrival: Arrival) {
        if !arrival.far || self.far == u16::MAX {
            return;
        }
        let place = (x.round() as i16, y.round() as i16);
        let size = self.latest.len();
        let seen = usize::from(self.far).min(size);
        if seen > 0 {
            let before = self.latest[(usize::from(self.far) - 1) % size];
            self.repeated += u16::from(self.latest[..seen].contains(&place));
            self.aligned += u16::from(place.0 == before.0 || place.1 == before.1);
        }
        self.latest[usize::from(self.far) % size] = place;
        self.far += 1;
    }

    /// Takes in the distance of a press from the centre of its target, px.
    pub(super) fn offset(&mut self, x: f64, y: f64) {
        self.placed = self.placed.saturating_add(1);
        self.centred = self
            .centred
            .saturating_add(u16::from(x.abs() < CENTRED && y.abs() < CENTRED));
    }

    /// A part as a share of the presses that have one before.
    pub(super) fn share(&self, part: u16) -> f64 {
        crate::stats::share(u32::from(part), u32::from(self.far.max(1) - 1))
    }
}
