//! The pointer's tests. Each is one-sided and names the mechanism that no hand has.

use schemas::verdict::Method;

use super::approach::{FAR, Ways};
use super::holds::INSTANT;
use super::{Pointer, Surroundings};
use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;
use crate::stats::share;

/// Holds whose spread over their mean is smaller are constant; people vary by a tenth and more.
const CONSTANT: f64 = 0.05;
/// Presses needed to call their length constant.
const CONSTANT_PRESSES: u32 = 8;

impl Pointer {
    pub(crate) fn judge(&self, rules: &Thresholds, surroundings: Surroundings) -> Judgement {
        let held = self.holds.count() >= rules.min_presses;
        let travelled = self.approaches.pressed.far >= 3 || self.approaches.rested.far >= 5;
        let mut judgement = Judgement::new(Method::Mouse, self.events, travelled);
        self.judge_source(surroundings, &mut judgement);
        self.judge_ways(surroundings, &mut judgement);
        if held {
            self.judge_holds(&mut judgement);
        }
        self.judge_places(&mut judgement);
        self.judge_abrupt(&mut judgement);
        judgement
    }

    fn judge_source(&self, surroundings: Surroundings, judgement: &mut Judgement) {
        let untrusted = share(self.untrusted, self.events);
        judgement.find(self.events >= 5 && untrusted > 0.5, || Finding {
            code: "mouse.untrusted",
            weight: 0.97,
            evidence: vec![
                ("untrusted_share", untrusted),
                ("events", f64::from(self.events)),
            ],
            text: format!(
                "{} of {} pointer events were made by script.",
                self.untrusted, self.events
            ),
        });
        let reports = &self.reports;
        let same = share(reports.same_as_page, reports.on_screen);
        judgement.find(reports.on_screen >= 20 && same > 0.95, || Finding {
            code: "mouse.screen_is_page",
            // A page that fills the whole screen is honest about it.
            weight: if surroundings.windowed { 0.85 } else { 0.3 },
            evidence: vec![
                ("same_share", same),
                ("moves", f64::from(reports.on_screen)),
            ],
            text: format!(
                "{} of {} moves have the same position on the screen as in the page, as if the browser had no frame.",
                reports.same_as_page, reports.on_screen
            ),
        });
        let denied = share(reports.denied, reports.moved);
        judgement.find(reports.moved >= 20 && denied > 0.9, || Finding {
            code: "mouse.movement_denied",
            weight: 0.5,
            evidence: vec![
                ("denied_share", denied),
                ("moves", f64::from(reports.moved)),
            ],
            text: format!(
                "{} of {} moves change the position but report no movement.",
                reports.denied, reports.moved
            ),
        });
    }

    fn judge_ways(&self, surroundings: Surroundings, judgement: &mut Judgement) {
        // Fingers jump, and a hand seems to where positions come too rarely.
        let pressed = if self.touched() || self.approaches.is_coarse() {
            self.approaches.pressed.without_jumps()
        } else {
            self.approaches.pressed
        };
        judgement.find(pressed.mostly_crude(), || ways(&pressed, surroundings));
        let rested = self.approaches.rested;
        judgement.find(
            !pressed.mostly_crude() && rested.crude >= 5 && rested.mostly_crude(),
            || ways(&rested, surroundings),
        );
        let stops = self.approaches.stops;
        judgement.find(stops.often_dead(), || Finding {
            code: "mouse.dead_stops",
            weight: 0.85,
            evidence: vec![
                ("dead_share", stops.dead_share()),
                ("stops", f64::from(stops.known)),
            ],
            text: format!(
                "The pointer stood still for {} of {} presses from full speed within a frame; a hand brakes.",
                stops.dead, stops.known
            ),
        });
    }

    fn judge_holds(&self, judgement: &mut Judgement) {
        let holds = &self.holds;
        let (instant, hurried) = (holds.instant_share(), holds.hurried_share());
        let made = holds.mostly_hurried();
        let how = if made {
            "and the pointer was still arriving, which leaves no time to tap a touchpad"
        } else {
            "as do touchpads that make clicks of taps"
        };
        judgement.find(instant > 0.5, || Finding {
            code: "mouse.instant_press",
            weight: if made { 0.75 } else { 0.2 },
            evidence: vec![
                ("mean_hold_ms", holds.mean()),
                ("instant_share", instant),
                ("hurried_share", hurried),
                ("presses", f64::from(holds.count())),
            ],
            text: format!(
                "{:.0} % of {} presses lasted less than {INSTANT} ms, {how}.",
                instant * 100.0,
                holds.count()
            ),
        });
        let variation = holds.variation().unwrap_or(1.0);
        let constant =
            holds.measured() >= CONSTANT_PRESSES && holds.mean() >= INSTANT && variation < CONSTANT;
        judgement.find(constant, || Finding {
            code: "mouse.constant_press",
            weight: if made { 0.75 } else { 0.2 },
            evidence: vec![
                ("mean_hold_ms", holds.mean()),
                ("variation", variation),
                ("hurried_share", hurried),
                ("presses", f64::from(holds.measured())),
            ],
            text: format!(
                "{} presses lasted {:.0} ms with a spread of {:.1} %, {how}.",
                holds.measured(),
                holds.mean(),
                variation * 100.0
            ),
        });
    }

    fn judge_places(&self, judgement: &mut Judgement) {
        let places = &self.places;
        let centred = share(u32::from(places.centred), u32::from(places.placed));
        judgement.find(places.placed >= 8 && centred > 0.8, || Finding {
            code: "mouse.centred_clicks",
            weight: 0.85,
            evidence: vec![
                ("centred_share", centred),
                ("clicks", f64::from(places.placed)),
            ],
            text: format!(
                "{} of {} clicks hit the exact centre of their target.",
                places.centred, places.placed
            ),
        });
        let (repeated, aligned) = (places.share(places.repeated), places.share(places.aligned));
        judgement.find(places.far >= 8 && (repeated > 0.4 || aligned > 0.5), || Finding {
            code: "mouse.repeated_places",
            weight: 0.75,
            evidence: vec![
                ("repeated_share", repeated),
                ("aligned_share", aligned),
                ("presses", f64::from(places.far)),
            ],
            text: format!(
                "Of {} presses far from the one before, {} hit the very pixel of an earlier one and {} its exact row or column; a hand scatters.",
                places.far, places.repeated, places.aligned
            ),
        });
    }
}

impl Pointer {
    fn judge_abrupt(&self, judgement: &mut Judgement) {
        let abrupt = &self.abrupt;
        let shaken = share(abrupt.shakes, abrupt.pairs);
        judgement.find(abrupt.shakes > 0 && shaken > 0.01, || Finding {
            code: "mouse.shaking",
            // Asks for a look and no more: a pixel of noise in a sensor or a remote desktop can look like it.
            weight: if abrupt.shakes > 2 { 0.35 } else { 0.2 },
            evidence: vec![
                ("shakes", f64::from(abrupt.shakes)),
                ("steps", f64::from(abrupt.pairs)),
            ],
            text: format!(
                "The pointer turned back twice within 30 ms, {} times in {} steps; muscles shake at 12 Hz at most.",
                abrupt.shakes, abrupt.pairs
            ),
        });
        let launched = share(u32::from(abrupt.launched), u32::from(abrupt.drags));
        judgement.find(abrupt.launched > 0 && launched > 0.5, || Finding {
            code: "mouse.launched_drags",
            weight: 0.85,
            evidence: vec![
                ("launched_share", launched),
                ("drags", f64::from(abrupt.drags)),
            ],
            text: format!(
                "{} of {} drags began at full speed; a hand presses the button while it stands.",
                abrupt.launched, abrupt.drags
            ),
        });
    }
}

/// The finding on ways that were not made by a hand, named by the sign that most of them bear.
fn ways(ways: &Ways, surroundings: Surroundings) -> Finding {
    let jumps = ways.jumps >= ways.straight.max(ways.swift);
    let (code, what) = if jumps {
        ("mouse.teleport", "without the movement to it")
    } else if ways.straight >= ways.swift {
        ("mouse.straight_moves", "on an exact line")
    } else {
        ("mouse.swift_moves", "faster than a hand moves")
    };
    // A browser makes a jump and a press of a tap.
    let emulated = jumps && ways.emulated * 2 > ways.jumps;
    let weight = match (emulated, surroundings.touch) {
        (true, true) => 0.3,
        (true, false) => 0.8,
        (false, _) => 0.92,
    };
    Finding {
        code,
        weight,
        evidence: vec![
            ("jump_share", ways.share(ways.jumps)),
            ("straight_share", ways.share(ways.straight)),
            ("swift_share", ways.share(ways.swift)),
            ("far_moves", f64::from(ways.far)),
        ],
        text: format!(
            "{} of {} moves over {FAR} px and more were not made by a hand, most of them {what}.",
            ways.crude, ways.far
        ),
    }
}
