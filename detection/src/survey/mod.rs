//! Coordination: sessions of one survey that move or type as copies of one another.
//!
//! | module | owns |
//! |---|---|
//! | `index` | movements by their shapes |
//! | `sample` | what lies around a movement, at a bounded cost |
//! | `movements` | what a session has in common with others, movement by movement |
//! | `rhythms` | key rhythms that are the same |
//! | `chance` | how improbable that is |
//! | `batch` | a whole survey at once |
//! | `effect` | what a finding makes of a verdict where both are shown together |
//!
//! Memory is that of the sketches (about 700 bytes a session with its places in the index) times
//! [`Limits::max_sessions`]; beyond that the session that was added first is forgotten. What a session is told depends on
//! the set of sessions and their numbers only, not on the order in which they came, as long as no look meets its bound
//! (`index`).

mod batch;
mod chance;
mod effect;
mod index;
mod movements;
mod rhythms;
mod sample;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::sketch::SessionSketch;
pub use batch::coordinated;
pub(crate) use chance::chance_log;
pub use effect::apply;
use movements::{Partner, Shared};
use rhythms::Rhythms;
use sample::Movements;

/// Fewest movements that must be copies.
const MIN_COPIED: usize = 3;
/// Most sessions of people of which chance may make one look coordinated, as a natural logarithm: one survey in a thousand.
const MAX_EXPECTED_LOG: f64 = -6.9;

/// Sessions that are named as those with which one shares something; the others are counted.
pub const MOST_PARTNERS: usize = 1000;

/// What a survey may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most sessions.
    pub max_sessions: usize,
}

/// What a session has in common with others of its survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinated {
    /// The test: `coordination.trajectory` or `coordination.rhythm`.
    pub code: &'static str,
    /// Probability of automation that it alone justifies.
    pub weight: f64,
    /// Sessions that share it, this one among them.
    pub sessions: u32,
    /// The others, the first [`MOST_PARTNERS`] of them.
    pub partners: Vec<u64>,
    /// Names and measured numbers.
    pub evidence: Vec<(&'static str, f64)>,
    /// A sentence.
    pub text: String,
}

/// The sketches of one survey.
#[derive(Debug)]
pub struct Survey {
    limits: Limits,
    sessions: BTreeMap<u64, SessionSketch>,
    with_movements: usize,
    index: Movements,
    rhythms: Rhythms,
}

impl Survey {
    /// A survey without sessions.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            sessions: BTreeMap::new(),
            with_movements: 0,
            index: Movements::new(),
            rhythms: Rhythms::default(),
        }
    }

    /// Adds a session by a number of the caller's that grows; what was known under it is replaced. Gives back the
    /// session that had to make room.
    pub fn add(&mut self, session: u64, sketch: SessionSketch) -> Option<u64> {
        self.remove(session);
        if sketch.is_empty() {
            return None;
        }
        let full = self.sessions.len() >= self.limits.max_sessions.max(1);
        let oldest = self.sessions.keys().next().copied().filter(|_| full);
        if let Some(oldest) = oldest {
            self.remove(oldest);
        }
        for shape in &sketch.shapes {
            self.index.insert(session, *shape);
        }
        self.with_movements += usize::from(!sketch.shapes.is_empty());
        self.rhythms.insert(session, &sketch.intervals);
        self.sessions.insert(session, sketch);
        oldest
    }

    /// Forgets a session.
    pub fn remove(&mut self, session: u64) {
        let Some(sketch) = self.sessions.remove(&session) else {
            return;
        };
        for shape in &sketch.shapes {
            self.index.remove(session, shape);
        }
        self.with_movements -= usize::from(!sketch.shapes.is_empty());
        self.rhythms.remove(session);
    }

    /// Sessions remembered.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether no session is remembered.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// What `session` has in common with the others.
    pub fn coordinated(&self, session: u64) -> Vec<Coordinated> {
        let Some(sketch) = self.sessions.get(&session) else {
            return Vec::new();
        };
        let shared = movements::shared(&self.index, session, &sketch.shapes, self.with_movements);
        let movements = trajectory(&shared);
        movements
            .into_iter()
            .chain(rhythm(&self.rhythms.copies(session)))
            .collect()
    }
}

/// A group of two is for a person to look at; from three on nothing innocent is known.
fn weight(sessions: u32) -> f64 {
    match sessions {
        ..=2 => 0.5,
        3..=4 => 0.9,
        _ => 0.97,
    }
}

fn trajectory(shared: &Shared) -> Option<Coordinated> {
    let least = MIN_COPIED;
    let by_group = shared.copied >= least && shared.expected_log <= MAX_EXPECTED_LOG;
    // One movement in common may be chance; of a bank of movements no two sessions need share more.
    let most = shared.partners.values().map(|partner| partner.movements);
    let most = most.max().unwrap_or_default();
    let is_pair = |partner: &Partner| {
        partner.movements >= MIN_COPIED && partner.expected_log <= MAX_EXPECTED_LOG
    };
    let partners = shared
        .partners
        .iter()
        .filter(|(_, partner)| is_pair(partner) || by_group && partner.movements >= most.min(2));
    let mut partners: Vec<u64> = partners.map(|(session, _)| *session).collect();
    if partners.is_empty() {
        return None;
    }
    let least_expected = shared.partners.values().map(|partner| partner.expected_log);
    let least_expected = least_expected.fold(shared.expected_log, f64::min);
    let copied = shared.copied.max(most);
    let sessions = u32::try_from(partners.len() + 1).unwrap_or(u32::MAX);
    partners.truncate(MOST_PARTNERS);
    Some(Coordinated {
        code: "coordination.trajectory",
        weight: weight(sessions),
        sessions,
        partners,
        evidence: vec![
            ("sessions", f64::from(sessions)),
            ("copied_movements", copied as f64),
            ("movements", shared.movements as f64),
            ("most_with_one_session", most as f64),
            (
                "expected_by_chance_log10",
                least_expected / std::f64::consts::LN_10,
            ),
        ],
        text: format!(
            "{} of {} movements are copies of movements in {} of the survey, apart from place, direction, size and tempo.",
            copied,
            shared.movements,
            others(sessions)
        ),
    })
}

fn rhythm(copies: &BTreeMap<u64, f64>) -> Option<Coordinated> {
    let highest = copies.values().copied().fold(0.0, f64::max);
    if copies.is_empty() {
        return None;
    }
    let sessions = u32::try_from(copies.len() + 1).unwrap_or(u32::MAX);
    Some(Coordinated {
        code: "coordination.rhythm",
        weight: weight(sessions),
        sessions,
        partners: copies.keys().copied().take(MOST_PARTNERS).collect(),
        evidence: vec![
            ("sessions", f64::from(sessions)),
            ("highest_correlation", highest),
        ],
        text: format!(
            "The rhythm of the first keys is that of {} of the survey, apart from its tempo.",
            others(sessions)
        ),
    })
}

/// The sessions beside one of `sessions`, in words.
fn others(sessions: u32) -> String {
    match sessions.saturating_sub(1) {
        1 => "1 other session".to_owned(),
        others => format!("{others} other sessions"),
    }
}

impl Coordinated {
    fn finding(self) -> Finding {
        Finding {
            code: self.code,
            weight: self.weight,
            evidence: self.evidence,
            text: self.text,
        }
    }
}

#[cfg(test)]
mod tests;
