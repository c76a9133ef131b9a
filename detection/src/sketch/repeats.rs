//! The same movement several times in one session: people never make it, generators with few parameters do.

use crate::finding::{Finding, Judgement};
use crate::sketch::Shape;

/// Movements this near are the same, squared units. Of 385 sessions of people none had two such pairs.
const NEAR: u32 = 36;
/// Movements this near are alike, squared units.
const ALIKE: u32 = 256;
/// Fewest pairs of the same movement.
const MIN_PAIRS: u32 = 3;
/// Most that chance may explain of so many of the alike pairs being the same.
const MAX_CHANCE: f64 = 1e-3;

pub(super) fn find(shapes: &[Shape], judgement: &mut Judgement) {
    let (mut same, mut alike) = (0, 0);
    for (index, shape) in shapes.iter().enumerate() {
        for other in &shapes[..index] {
            let distance = shape.distance2(other);
            same += u32::from(distance <= NEAR);
            alike += u32::from(distance <= ALIKE);
        }
    }
    let chance =
        crate::survey::chance_log(alike, same, (f64::from(NEAR) / f64::from(ALIKE)).powi(2));
    judgement.find(same >= MIN_PAIRS && chance < MAX_CHANCE.ln(), || Finding {
        code: "mouse.repeated_strokes",
        weight: match same {
            // Simulated people come to three in one of five hundred sessions; that asks for a look.
            ..=3 => 0.5,
            4..=5 => 0.8,
            6..=11 => 0.9,
            _ => 0.97,
        },
        evidence: vec![
            ("equal_pairs", f64::from(same)),
            ("alike_pairs", f64::from(alike)),
            ("movements", shapes.len() as f64),
        ],
        text: format!(
            "{same} pairs of {} movements are the same but for place, direction, size and tempo; people never repeat a movement.",
            shapes.len()
        ),
    });
}
