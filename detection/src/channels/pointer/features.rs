//! What a learned model sees of the pointer's mechanics: shares of presses and ways, none of how many there were.

use super::Pointer;
use crate::model::measured;

/// Presses from which shares of them say something.
const PRESSES: u32 = 5;
/// Ways from which shares of them say something.
const WAYS: u16 = 3;

impl Pointer {
    /// Names of [`Self::feature_values`].
    pub(crate) const FEATURES: [&'static str; 10] = [
        "pointer.instant_share",
        "pointer.hurried_share",
        "pointer.hold_variation",
        "pointer.jump_share",
        "pointer.swift_share",
        "pointer.straight_share",
        "pointer.rested_crude_share",
        "pointer.repeated_place_share",
        "pointer.aligned_place_share",
        "pointer.centred_share",
    ];

    /// What a learned model sees of this channel.
    pub(crate) fn feature_values(&self) -> [f32; 10] {
        let (holds, places) = (&self.holds, &self.places);
        let (pressed, rested) = (&self.approaches.pressed, &self.approaches.rested);
        let held = holds.count() >= PRESSES;
        // Fingers jump, and what browsers make of them looks like a mouse that does.
        let travelled = pressed.far >= WAYS && !self.touched();
        let placed = places.far >= 5 && !self.touched();
        let centred = crate::stats::share(places.centred.into(), places.placed.into());
        [
            measured(held, holds.instant_share()),
            measured(held && travelled, holds.hurried_share()),
            measured(
                held && holds.variation().is_some(),
                holds.variation().unwrap_or_default(),
            ),
            measured(travelled, pressed.share(pressed.jumps)),
            measured(travelled, pressed.share(pressed.swift)),
            measured(travelled, pressed.share(pressed.straight)),
            measured(rested.far >= WAYS, rested.share(rested.crude)),
            measured(placed, places.share(places.repeated)),
            measured(placed, places.share(places.aligned)),
            measured(places.placed >= 5, centred),
        ]
    }
}
