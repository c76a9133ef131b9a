//! Genuine verdicts to draw from: simulated respondents and bots, folded and judged as in production.
//!
//! Judging ten million sessions would take longer than writing them; a reader cannot tell a few hundred judged sessions
//! from as many as there are rows, as long as times, scores and counts differ.

use anyhow::Context;
use detection::survey::{Coordinated, coordinated};
use detection::{Ruleset, SessionSketch, Window};
use evaluation::fold_events;
use generators::{Generator, Kind, Mix};
use schemas::recording::Recording;
use schemas::verdict::Verdict;

use super::draw::Draw;

/// Respondents and how often each kind occurs.
const PEOPLE: [(Kind, f64); 9] = [
    (Kind::MouseUser, 40.0),
    (Kind::TouchUser, 28.0),
    (Kind::Typist, 10.0),
    (Kind::TouchpadUser, 8.0),
    (Kind::KeyboardUser, 4.0),
    (Kind::SlowTypist, 4.0),
    (Kind::Dragger, 4.0),
    (Kind::RemoteUser, 1.0),
    (Kind::AssistiveUser, 1.0),
];
/// Bots and how often each kind occurs.
const BOTS: [(Kind, f64); 14] = [
    (Kind::LinearSteps, 12.0),
    (Kind::TeleportFill, 12.0),
    (Kind::Agent, 12.0),
    (Kind::ScreenshotAgent, 10.0),
    (Kind::Playwright, 10.0),
    (Kind::Selenium, 8.0),
    (Kind::ConstantTypist, 8.0),
    (Kind::HoneypotFiller, 6.0),
    (Kind::StraightLiner, 5.0),
    (Kind::Replay, 5.0),
    (Kind::GhostCursor, 4.0),
    (Kind::MinimumJerk, 3.0),
    (Kind::Bezier, 3.0),
    (Kind::Humanised, 2.0),
];
/// Events after which a respondent who leaves early has left.
const LEFT_AFTER: usize = 8;
/// Sizes of the groups of copied sessions.
const COPIES: [u64; 3] = [4, 7, 12];

/// A session of the pool, with what the detector says of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) verdict: Verdict,
    /// What it said after half of the events, when the risk was another then.
    pub(super) earlier: Option<Verdict>,
}

/// Judged sessions of one sort.
#[derive(Debug)]
pub(super) struct Cases {
    generator: Generator,
    judged: Vec<Case>,
}

/// Judged sessions.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) people: Cases,
    pub(super) bots: Cases,
    /// Respondents who left at once.
    pub(super) brief: Cases,
    /// What copies of one session have in common, one entry for each of them, group by group.
    pub(super) copies: Vec<Vec<Coordinated>>,
}

impl Pool {
    /// `size` respondents, half as many bots and a few who left early.
    pub(super) fn judge(seed: u64, size: u64) -> anyhow::Result<Self> {
        Ok(Self {
            people: Cases::judge((seed, &PEOPLE), size, usize::MAX)?,
            bots: Cases::judge((seed, &BOTS), size / 2, usize::MAX)?,
            brief: Cases::judge((seed, &PEOPLE), size / 10 + 1, LEFT_AFTER)?,
            copies: copies(seed)?,
        })
    }
}

impl Cases {
    fn judge(
        (seed, shares): (u64, &[(Kind, f64)]),
        size: u64,
        events: usize,
    ) -> anyhow::Result<Self> {
        let generator = Generator::new(seed, Mix::new(shares.iter().copied())?);
        let ruleset = Ruleset::default();
        let judged = (0..size).map(|index| {
            let recording = generator.session(index).to_recording()?;
            let end = recording.events.len().min(events);
            let verdict = window(&recording, end)?.verdict(&ruleset);
            let earlier = window(&recording, end / 2)?.verdict(&ruleset);
            let differs = earlier.risk_level != verdict.risk_level;
            Ok(Case {
                earlier: differs.then_some(earlier),
                verdict,
            })
        });
        let judged = judged.collect::<anyhow::Result<_>>()?;
        Ok(Self { generator, judged })
    }

    /// The number of a session.
    pub(super) fn draw(&self, draw: &mut Draw) -> u64 {
        draw.below(self.judged.len() as u64)
    }

    /// Session number `index`, judged.
    pub(super) fn case(&self, index: u64) -> anyhow::Result<&Case> {
        let index = usize::try_from(index)?;
        self.judged.get(index).context("the pool has the session")
    }

    /// The events of session number `index`, made anew.
    pub(super) fn recording(&self, index: u64) -> anyhow::Result<Recording> {
        Ok(self.generator.session(index).to_recording()?)
    }
}

fn window(recording: &Recording, events: usize) -> anyhow::Result<Window> {
    let events = recording.events.iter().take(events);
    Ok(fold_events(events)?.window)
}

/// Groups of copies of one session, as the detector compares them.
fn copies(seed: u64) -> anyhow::Result<Vec<Vec<Coordinated>>> {
    let generator = Generator::new(seed, Mix::only(Kind::Replay));
    let groups = COPIES.map(|size| {
        let sketches = (0..size).map(|index| {
            let recording = generator.session(index).to_recording()?;
            Ok(window(&recording, usize::MAX)?.sketch())
        });
        let sketches: Vec<SessionSketch> = sketches.collect::<anyhow::Result<_>>()?;
        let found = coordinated(&sketches).into_iter();
        Ok(found.filter_map(|found| found.into_iter().next()).collect())
    });
    let groups = groups
        .into_iter()
        .collect::<anyhow::Result<Vec<Vec<_>>>>()?;
    Ok(groups.into_iter().filter(|group| group.len() > 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::verdict::SessionClass;

    #[test]
    fn people_are_mostly_taken_for_people_and_bots_for_bots() {
        let pool = Pool::judge(1, 20).unwrap();
        let found = |cases: &Cases| {
            cases
                .judged
                .iter()
                .filter(|case| case.verdict.is_bot)
                .count()
        };
        assert!(found(&pool.people) <= 2, "{}", found(&pool.people));
        assert!(found(&pool.bots) >= 5, "{}", found(&pool.bots));
        let brief = &pool.brief.judged[0].verdict;
        assert_eq!(brief.class, SessionClass::InsufficientData);
        assert!(!pool.copies.is_empty());
        assert!(pool.copies.iter().flatten().all(|found| found.sessions > 1));
    }
}
