//! Braking: how fast the pointer still was when it stopped for a press.
//!
//! A hand has mass and must slow down before it stands. A driver that dispatches the points of a curve and
//! then presses stops from any speed within one frame. Only fine streams show it, so coarse ones are silent;
//! and only stops that a press at the same place confirms count: a pointer that leaves the page or a finger
//! that leaves its pad in flight does not press there.

use serde::{Deserialize, Serialize};

/// Time, milliseconds, over which the last speed is taken: bunched timestamps give none, coarse steps a mean.
const SPAN: std::ops::RangeInclusive<u32> = 8..=25;
/// Shortest time, milliseconds, from the last sample to the press that shows that the pointer stood.
const STOOD: u32 = 40;
/// Samples that a way needs.
const SAMPLES: u16 = 4;
/// Last speed, px/ms, of a dead stop. In three sets of recordings 99 % of 2,318 stops of people were slower
/// than 0.46, and none but one was faster than this.
const DEAD: f32 = 0.8;

/// Parts of a pixel in which lengths are kept.
const PARTS: f32 = 8.0;

/// The newest steps of a way that together take long enough to tell a speed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Brake {
    /// Their length, eighths of a pixel, and time, milliseconds.
    length: u16,
    taken: u8,
}

impl Brake {
    /// Takes in a step of `length` px that took `gap` milliseconds.
    pub(super) fn step(&mut self, length: f32, gap: u32) {
        let taken = u32::from(self.taken) + gap;
        // Bunched samples are taken together; any other step tells a speed of its own.
        let together = gap < *SPAN.start() && taken <= *SPAN.end();
        let (before, taken) = if together {
            (self.length, taken)
        } else {
            (0, gap)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is meant to"
        )]
        let length = (length * PARTS) as u16;
        self.length = before.saturating_add(length);
        self.taken = u8::try_from(taken).unwrap_or(u8::MAX);
    }

    /// Speed up to the last sample, px/ms; `None` where the samples do not show it.
    fn speed(self) -> Option<f32> {
        SPAN.contains(&u32::from(self.taken))
            .then(|| f32::from(self.length) / PARTS / f32::from(self.taken))
    }
}

/// Counts of stops at presses.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Stops {
    /// Stops whose last speed is known.
    pub(super) known: u8,
    /// Those from a speed that no hand loses within a frame.
    pub(super) dead: u8,
}

impl Stops {
    /// Takes in a press `waited` milliseconds after and at the last of a far way's `samples`.
    pub(super) fn add(&mut self, brake: Brake, samples: u16, waited: u32) {
        if samples < SAMPLES || waited < STOOD || self.known == u8::MAX {
            return;
        }
        if let Some(speed) = brake.speed() {
            self.known += 1;
            self.dead += u8::from(speed > DEAD);
        }
    }

    pub(super) fn dead_share(&self) -> f64 {
        crate::stats::share(u32::from(self.dead), u32::from(self.known))
    }

    /// At least four, and nearly a third of them, were dead. People have one in ten at most.
    pub(super) fn often_dead(&self) -> bool {
        self.dead >= 4 && self.dead_share() >= 0.3
    }
}
