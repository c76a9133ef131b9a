//! How long buttons are held.
//!
//! A mouse button is held 60 ms and more, with a spread of a tenth and more of its mean. Touchpads that make
//! a click of a tap are different: macOS reports press and release at the same moment, other drivers a
//! constant time apart whatever the finger did. So neither an instant nor a constant hold speaks alone. It
//! does when the pointer was still arriving, because a finger must leave the pad before it can tap.

use serde::{Deserialize, Serialize};

use super::approach::Arrival;
use crate::stats::{Moments, share};

/// A press shorter than this is instant, milliseconds.
pub(super) const INSTANT: f64 = 12.0;
/// Longest hold that is one, milliseconds: beyond it something is dragged or pondered.
const LONGEST: f64 = 1000.0;

/// Counts of holds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Holds {
    count: u32,
    /// Of those no longer than [`LONGEST`].
    moments: Moments,
    instant: u32,
    /// Presses that were held and to which the pointer moved far.
    approached: u16,
    /// Those made while the pointer was still arriving.
    hurried: u16,
}

impl Holds {
    pub(super) fn add(&mut self, millis: f64, arrival: Option<Arrival>) {
        if millis < 0.0 {
            return;
        }
        let instant = millis < INSTANT;
        self.count = self.count.saturating_add(1);
        self.instant += u32::from(instant);
        if millis <= LONGEST {
            self.moments.add(millis);
        }
        if let Some(arrival) = arrival.filter(|arrival| arrival.far) {
            self.approached = self.approached.saturating_add(1);
            self.hurried = self.hurried.saturating_add(u16::from(arrival.hurried));
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn instant_share(&self) -> f64 {
        share(self.instant, self.count)
    }
    /// Most presses at the end of a way were made while the pointer was still arriving.
    pub(super) fn mostly_hurried(&self) -> bool {
        self.approached >= 3 && self.hurried_share() > 0.5
    }

    pub(super) fn hurried_share(&self) -> f64 {
        share(u32::from(self.hurried), u32::from(self.approached))
    }

    pub(super) fn measured(&self) -> u32 {
        self.moments.count()
    }

    /// Mean of the holds up to a second, milliseconds.
    pub(super) fn mean(&self) -> f64 {
        self.moments.mean()
    }

    /// Standard deviation over mean of the holds up to a second.
    pub(super) fn variation(&self) -> Option<f64> {
        self.moments.variation()
    }
}
