//! What detection is to reach, beside what was measured.
//!
//! Sources and kinds are named here and in reports only; no verdict knows them.

use generators::{Family, Kind};
use serde::Serialize;

use crate::copies::Copies;
use crate::discrimination::NamedCalibration;
use crate::metrics::{Share, number};
use crate::populations::{ENOUGH_KEYS, Population};

/// Source of the sessions that the project's own generators make.
const OWN_SOURCE: &str = "candor_generators";
/// Crude and textbook generators: nearly every session is to be found.
const PLAIN_KINDS: [&str; 5] = [
    "linear_steps",
    "teleport_fill",
    "llm_agent_a",
    "ghost_cursor_asap",
    "minjerk_noise",
];
/// Bots that draw one circle a session, which may be too little to judge by.
const CIRCLE_KINDS: [&str; 2] = ["gan", "pynput"];
/// Share of people's sessions that may be flagged.
const PEOPLE_FLAGGED: f64 = 0.01;
/// Simulated people who draw by touch, and what of them may be flagged.
const TOUCH_DRAWINGS: [&str; 2] = ["touch_drawer", "finger_drawer"];
const TOUCH_FLAGGED: f64 = 0.02;
/// Share of active people's sessions that may be left unjudged.
const PEOPLE_ABSTAINED: f64 = 0.2;
/// Expected calibration error.
const CALIBRATION_ERROR: f64 = 0.05;

/// Whether a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is, and the 95 % bound agrees.
    Holds,
    /// It is, but so few sessions cannot show it: the 95 % bound lies beyond the target.
    HoldsTooFew,
    /// It is not.
    FallsShort,
    /// Nothing to measure.
    NoData,
    /// There is no target.
    Reported,
}

impl Outcome {
    /// The word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsTooFew => "holds, too few to show it",
            Self::FallsShort => "**falls short**",
            Self::NoData => "no data",
            Self::Reported => "reported",
        }
    }
}

/// One target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Whom it is about.
    pub population: String,
    /// What is to be reached.
    pub target: String,
    /// What was measured.
    pub measured: String,
    /// Whether it is met.
    pub outcome: Outcome,
}

/// All targets that the populations at hand have.
pub fn targets(
    populations: &[Population],
    calibrations: &[NamedCalibration],
    copies: Option<&Copies>,
) -> Vec<Target> {
    let mut targets = Vec::new();
    let people = |kinds: bool| {
        populations
            .iter()
            .filter(move |p| !p.bot && p.kind.is_some() == kinds)
    };
    for people in people(false).filter(|people| people.source != OWN_SOURCE) {
        targets.extend(of_people(people));
    }
    let simulated = people(true).filter(|people| people.source == OWN_SOURCE);
    targets.extend(simulated.map(of_simulated_people));
    let kinds = || populations.iter().filter(|p| p.bot && p.kind.is_some());
    targets.extend(
        kinds()
            .filter(|bots| bots.source != OWN_SOURCE)
            .map(of_bots),
    );
    let keys = format!("key generators, each session alone, with {ENOUGH_KEYS} keys of text");
    let pointer = "pointer generators, each session alone, with enough data".to_owned();
    for (name, family) in [(pointer, Family::Pointer), (keys, Family::Keys)] {
        let own: Vec<(&str, Share)> = kinds()
            .filter(|bots| family_of(bots) == Some(family))
            .filter_map(|bots| {
                let share = if family == Family::Keys {
                    bots.alone_keys
                } else {
                    bots.alone_pointer
                };
                Some((bots.kind.as_deref()?, share))
            })
            .collect();
        targets.extend(own_families(&name, &own));
    }
    let formula = [Some(Family::Pointer), Some(Family::Keys), None];
    targets.extend(
        kinds()
            .filter(|bots| !formula.contains(&family_of(bots)))
            .map(of_own_bots),
    );
    targets.extend(copies.into_iter().flat_map(of_copies));
    let of_score = calibrations.iter().filter(|named| !named.refitted);
    targets.extend(of_score.map(of_calibration));
    targets
}

fn at_most(share: &Share, most: f64) -> Outcome {
    match share.rate {
        None => Outcome::NoData,
        Some(rate) if rate > most => Outcome::FallsShort,
        Some(_) if share.upper > most => Outcome::HoldsTooFew,
        Some(_) => Outcome::Holds,
    }
}

fn at_least(share: &Share, least: f64) -> Outcome {
    match share.rate {
        None => Outcome::NoData,
        Some(rate) if rate < least => Outcome::FallsShort,
        Some(_) if share.lower < least => Outcome::HoldsTooFew,
        Some(_) => Outcome::Holds,
    }
}

fn of_people(people: &Population) -> [Target; 2] {
    let population = format!("people: {}", people.source);
    [
        Target {
            population: population.clone(),
            target: format!("flagged at most {}", percent(PEOPLE_FLAGGED)),
            measured: measured(&people.flagged),
            outcome: at_most(&people.flagged, PEOPLE_FLAGGED),
        },
        Target {
            population,
            target: format!(
                "abstained at most {} of sessions with 20 s of activity",
                percent(PEOPLE_ABSTAINED)
            ),
            measured: measured(&people.abstained_active),
            outcome: at_most(&people.abstained_active, PEOPLE_ABSTAINED),
        },
    ]
}

fn of_bots(bots: &Population) -> Target {
    let kind = bots.kind.as_deref().unwrap_or_default();
    let (least, share, of) = if PLAIN_KINDS.contains(&kind) {
        (0.99, &bots.flagged, "of all sessions")
    } else if CIRCLE_KINDS.contains(&kind) {
        (0.9, &bots.flagged_judged, "of sessions with enough data")
    } else {
        (0.95, &bots.flagged, "of all sessions")
    };
    Target {
        population: format!("bots: {} / {kind}", bots.source),
        target: format!("found at least {} {of}", percent(least)),
        measured: if share.of == 0 {
            format!(
                "none has enough; found all the same {}",
                measured(&bots.flagged)
            )
        } else {
            format!(
                "{}; abstained {}",
                measured(share),
                share_percent(&bots.abstained)
            )
        },
        outcome: at_least(share, least),
    }
}

/// Simulated people, each kind for itself: drawings by touch are the hardest.
fn of_simulated_people(people: &Population) -> Target {
    let kind = people.kind.as_deref().unwrap_or_default();
    let most = if TOUCH_DRAWINGS.contains(&kind) {
        TOUCH_FLAGGED
    } else {
        PEOPLE_FLAGGED
    };
    Target {
        population: format!("simulated people, each session alone: {kind}"),
        target: format!("flagged at most {}", percent(most)),
        measured: measured(&people.alone),
        outcome: at_most(&people.alone, most),
    }
}

/// Mean and worst over the project's own generators of one family, over sessions in which its channel had enough;
/// a generator without such sessions has no rate.
fn own_families(name: &str, generators: &[(&str, Share)]) -> Vec<Target> {
    let rates: Vec<(&str, f64)> = generators
        .iter()
        .filter_map(|(kind, share)| Some((*kind, share.rate?)))
        .collect();
    let Some((worst, rate)) = rates.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Vec::new();
    };
    let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / number(rates.len());
    let reached = |holds: bool| {
        if holds {
            Outcome::Holds
        } else {
            Outcome::FallsShort
        }
    };
    let population = format!("bots: {} own {name}", generators.len());
    vec![
        Target {
            population: population.clone(),
            target: "found on average at least 95 %".to_owned(),
            measured: format!("{} over {}", percent(mean), rates.len()),
            outcome: reached(mean >= 0.95),
        },
        Target {
            population,
            target: "found at least 80 % of the worst".to_owned(),
            measured: format!("{} of {worst}", percent(*rate)),
            outcome: reached(*rate >= 0.8),
        },
    ]
}

/// The family that a simulated kind belongs to.
fn family_of(bots: &Population) -> Option<Family> {
    let kind = bots.kind.as_deref()?.parse::<Kind>().ok()?;
    (bots.source == OWN_SOURCE).then(|| kind.family())
}

/// Bots of the project's own that have neither a pointer nor keys of a formula.
fn of_own_bots(bots: &Population) -> Target {
    Target {
        population: format!(
            "bots: {OWN_SOURCE} / {}",
            bots.kind.as_deref().unwrap_or_default()
        ),
        target: "reported".to_owned(),
        measured: format!(
            "{}; abstained {}",
            measured(&bots.flagged),
            share_percent(&bots.abstained)
        ),
        outcome: Outcome::Reported,
    }
}

fn of_copies(copies: &Copies) -> Vec<Target> {
    let found = copies
        .rows
        .iter()
        .filter(|row| row.required)
        .map(|row| Target {
            population: format!("replayed sessions: {}", row.name),
            target: "found at least 95 %".to_owned(),
            measured: measured(&row.found),
            outcome: at_least(&row.found, 0.95),
        });
    let pairs = |simulated: bool| {
        let sources = copies.false_pairs.iter();
        let (mut count, mut of) = (0, 0);
        for found in sources.filter(|found| (found.source == OWN_SOURCE) == simulated) {
            count += found.pairs.count;
            of += found.pairs.of;
        }
        Share::new(count, of)
    };
    let pairs =
        [("recorded", pairs(false)), ("simulated", pairs(true))].map(|(name, share)| Target {
            population: format!("pairs of different {name} people"),
            target: "at most 1 false pair in 100,000".to_owned(),
            measured: format!(
                "{} of {} (bound {:.1} in 100,000)",
                share.count,
                share.of,
                share.upper * 1e5
            ),
            outcome: at_most(&share, 1e-5),
        });
    found.chain(pairs).collect()
}

fn of_calibration(named: &NamedCalibration) -> Target {
    let calibration = &named.calibration;
    let error = calibration.ece_equal_mass.max(calibration.ece_equal_width);
    Target {
        population: format!("calibration, {}", named.name),
        target: format!("expected calibration error at most {CALIBRATION_ERROR}"),
        measured: format!(
            "{:.3} (equal width), {:.3} (equal mass)",
            calibration.ece_equal_width, calibration.ece_equal_mass
        ),
        outcome: if error <= CALIBRATION_ERROR {
            Outcome::Holds
        } else {
            Outcome::FallsShort
        },
    }
}

/// `12 of 300, 4.0 % (2.1–6.9)`.
pub(crate) fn measured(share: &Share) -> String {
    match share.rate {
        None => "0 of 0".to_owned(),
        Some(rate) => format!(
            "{} of {}, {} ({}–{})",
            share.count,
            share.of,
            percent(rate),
            digits(share.lower * 100.0),
            digits(share.upper * 100.0)
        ),
    }
}

pub(crate) fn share_percent(share: &Share) -> String {
    share.rate.map_or_else(|| "–".to_owned(), percent)
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// A percentage with the decimals that it needs.
fn digits(percent: f64) -> String {
    if percent == 0.0 || percent >= 99.95 && percent.fract() == 0.0 {
        format!("{percent:.0}")
    } else if !(1.0..=99.0).contains(&percent) {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    }
}
