//! Goal-directed pointer strokes: people vary from one to the next and are never quite smooth;
//! generated curves are too regular.
//!
//! [`cut`] makes strokes of events, [`measures`] measures each, [`bundle`] summarises twenty at a time,
//! [`rules`] compares a session's mean summary with the most regular people that were measured.
//! Every test is one-sided.

mod bundle;
mod cut;
mod measures;
mod rules;
#[cfg(test)]
mod tests;

use schemas::event::Event;
use serde::{Deserialize, Serialize};

use crate::finding::{Judgement, Sufficiency};
use bundle::{Bundle, NUMBERS, Summary};
use cut::Cut;
use rules::Regularity;

/// Strokes of a full bundle.
const FULL: u32 = 20;
/// Fewer strokes than this in a further bundle change nothing.
const LEAST_OF_A_BUNDLE: u32 = 8;

macro_rules! feature_names {
    ($($measure:literal)*) => {
        [
            $(
                concat!("strokes.", $measure, ".median"),
                concat!("strokes.", $measure, ".spread"),
                concat!("strokes.", $measure, ".low"),
                concat!("strokes.", $measure, ".high"),
            )*
            "strokes.distance.median",
            "strokes.distance.low",
            "strokes.distance.least",
            "strokes.distance.spread",
            "strokes.distance.nearest_median",
            "strokes.distance.nearest_high",
            "strokes.duration.with_smoothness",
            "strokes.duration.residual",
        ]
    };
}

/// Names of [`Strokes::feature_values`].
pub(crate) const FEATURE_NAMES: [&str; NUMBERS] = feature_names![
    "smoothness" "peak_speed" "speed_spread" "skew" "start" "homing" "slow_share"
    "minimum_jerk_residual" "even_speed_residual"
];

/// A session's strokes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Strokes {
    cut: Cut,
    #[serde(with = "crate::compact::unless_default")]
    bundle: Bundle,
    /// Sum over full bundles.
    #[serde(with = "crate::compact::leading")]
    total: Summary,
    bundles: u16,
}

impl Default for Strokes {
    fn default() -> Self {
        Self {
            cut: Cut::default(),
            bundle: Bundle::default(),
            total: [0.0; NUMBERS],
            bundles: 0,
        }
    }
}

impl Strokes {
    /// Takes in a pointer event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        let path = self.cut.event(event);
        let Some(stroke) = path.and_then(|path| measures::measure(path.samples())) else {
            return;
        };
        if let Some(summary) = self.bundle.add(&stroke)
            && let Some(bundles) = self.bundles.checked_add(1)
        {
            self.bundles = bundles;
            for (total, number) in self.total.iter_mut().zip(summary) {
                *total += number;
            }
        }
    }

    /// Strokes that count, and the mean of the summaries of their bundles by number of strokes.
    fn summary(&self) -> Option<(u32, Summary)> {
        let full = u32::from(self.bundles) * FULL;
        let rest = self.bundle.count();
        let rest = if rest >= LEAST_OF_A_BUNDLE || (full == 0 && rest >= rules::FEWEST) {
            rest
        } else {
            0
        };
        let strokes = full + rest;
        if strokes == 0 {
            return None;
        }
        let mut summary = self.total.map(|total| total * count(FULL));
        if rest > 0 {
            for (number, of_rest) in summary.iter_mut().zip(self.bundle.summary()) {
                *number += of_rest * count(rest);
            }
        }
        Some((strokes, summary.map(|number| number / count(strokes))))
    }

    /// Means over the session of the numbers of [`FEATURE_NAMES`]; not a number where too little was seen.
    pub(crate) fn feature_values(&self) -> [f32; NUMBERS] {
        self.summary()
            .map_or([f32::NAN; NUMBERS], |(_, summary)| summary)
    }

    /// Adds what the strokes say to what else is known of the mouse.
    pub(crate) fn judge_into(&self, judgement: &mut Judgement) {
        let Some((strokes, summary)) = self.summary() else {
            return;
        };
        if strokes >= rules::ENOUGH {
            judgement.sufficiency = Sufficiency::Judged;
        }
        let regularity = Regularity::of(strokes, &summary);
        judgement.find(regularity.is_remarkable(), || regularity.finding());
    }
}

#[expect(clippy::cast_precision_loss, reason = "strokes of a session")]
fn count(strokes: u32) -> f32 {
    strokes as f32
}
