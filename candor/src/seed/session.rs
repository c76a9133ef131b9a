//! One seeded session: the records that the verdicts topic would have of it.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use detection::Thresholds;
use schemas::ids::{SessionId, SessionSecret};
use schemas::verdict::{Phase, Revision, SessionFacts, Verdict, VerdictRecord, WindowStatus};

use super::calendar::Calendar;
use super::draw::{Draw, scaled};
use super::pool::{Case, Cases, Pool};
use super::population::{Origin, Population};

/// Offsets between the first records of two sessions; no session has as many batches.
const OFFSETS: u64 = 256;
/// Events of one batch.
pub(super) const BATCH_EVENTS: usize = 50;
/// The generation of the seeded records: that of services as they come.
pub(super) const GENERATION: u32 = 1;
/// Share of respondents who leave early.
const BRIEF: f64 = 0.03;
/// Share of sessions of each end; the others are completed.
const IDLE: f64 = 0.09;
const MAX_LENGTH: f64 = 0.002;
/// Median length of a session, milliseconds, and the deviation of its logarithm.
const MEDIAN_MS: f64 = 420_000.0;
const SIGMA: f64 = 0.6;
/// Shortest and longest session, milliseconds.
const LENGTHS: (f64, f64) = (15_000.0, 3_300_000.0);
/// Longest accepted session, as the worker's own default.
const MAX_LENGTH_MS: i64 = 86_400_000;
/// By how much scores differ from those of the pool, at most.
const SCORE: f64 = 0.04;
/// No score is higher.
const MAX_SCORE: f64 = 0.99;
/// How long an ingest token lives.
const TOKEN: TimeDelta = TimeDelta::hours(24);

/// What every session is made from.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// Sessions that go on past this instant are active.
    pub(super) end: DateTime<Utc>,
    pub(super) calendar: Calendar,
    pub(super) population: Population,
    pub(super) pool: Pool,
    pub(super) secret: SessionSecret,
    /// One session in so many has its events; 0 for none.
    pub(super) raw_every: u64,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    /// Its records, oldest first; the last one is the state it is in.
    pub(super) records: Vec<VerdictRecord>,
    pub(super) automated: bool,
    /// Number of the simulated session whose events it has, if its events are to be stored.
    pub(super) events_of: Option<u64>,
}

/// How a session went, before it is said in records.
struct Course {
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    status: WindowStatus,
    events: u64,
    /// Offset of its first record.
    window: i64,
}

impl Plan {
    /// The id of session number `index`, without the rest of it.
    pub(super) fn id(&self, index: u64) -> anyhow::Result<SessionId> {
        let mut draw = self.draw(index);
        let created_at = self.calendar.beginning(index, &mut draw);
        let origin = self.population.origin(&mut draw)?;
        Ok(self.mint(&origin, created_at, &mut draw))
    }

    /// Session number `index`.
    pub(super) fn session(&self, index: u64) -> anyhow::Result<Session> {
        let mut draw = self.draw(index);
        let created_at = self.calendar.beginning(index, &mut draw);
        let origin = self.population.origin(&mut draw)?;
        let session_id = self.mint(&origin, created_at, &mut draw);
        let automated = draw.chance(origin.bots);
        let is_brief = !automated && draw.chance(BRIEF);
        let cases = self.cases(automated, is_brief);
        let number = cases.draw(&mut draw);
        let case = cases.case(number)?;
        let has_events = self.raw_every > 0 && index.is_multiple_of(self.raw_every) && !is_brief;
        let mut course = self.course((index, created_at), is_brief, &mut draw)?;
        course.events = if has_events {
            case.verdict.event_count
        } else {
            scaled(case.verdict.event_count, draw.between(0.7, 1.4)).max(1)
        };
        let facts = SessionFacts {
            created_at,
            updated_at: course.updated_at,
            expires_at: Some(created_at + TOKEN),
            platform: origin.platform.map(str::to_owned),
            survey_id: origin.survey.map(str::to_owned),
            respondent_id: origin.respondent.clone(),
        };
        let last = VerdictRecord {
            session_id,
            organisation: origin.organisation.clone(),
            window: course.window,
            revision: course.revision()?,
            status: course.status,
            session: facts,
            verdict: None,
            risk_changed: case.earlier.is_some(),
            request_id: None,
        };
        Ok(Session {
            records: course.records(last, case, &mut draw),
            automated,
            events_of: has_events.then_some(number),
        })
    }

    /// The simulated sessions that a session's events are taken from.
    pub(super) fn cases(&self, automated: bool, is_brief: bool) -> &Cases {
        match (automated, is_brief) {
            (true, _) => &self.pool.bots,
            (false, true) => &self.pool.brief,
            (false, false) => &self.pool.people,
        }
    }

    fn draw(&self, index: u64) -> Draw {
        // Stream 0 made the population.
        Draw::new(self.seed, index + 1)
    }

    fn mint(&self, origin: &Origin<'_>, at: DateTime<Utc>, draw: &mut Draw) -> SessionId {
        let [a, b, c, d, e, f, _, _] = draw.bits().to_le_bytes();
        self.secret
            .mint(origin.organisation, at, [a, b, c, d, e, f])
    }

    fn course(
        &self,
        (index, created_at): (u64, DateTime<Utc>),
        is_brief: bool,
        draw: &mut Draw,
    ) -> anyhow::Result<Course> {
        let length = draw.around(MEDIAN_MS, SIGMA).clamp(LENGTHS.0, LENGTHS.1);
        let length = if is_brief { LENGTHS.0 } else { length };
        let status = match draw.unit() {
            _ if is_brief => WindowStatus::Idle,
            share if share < MAX_LENGTH => WindowStatus::MaxLength,
            share if share < MAX_LENGTH + IDLE => WindowStatus::Idle,
            _ => WindowStatus::Completed,
        };
        #[expect(clippy::cast_possible_truncation, reason = "less than a day")]
        let millis = if status == WindowStatus::MaxLength {
            MAX_LENGTH_MS
        } else {
            length as i64
        };
        let ended = created_at + TimeDelta::milliseconds(millis);
        let window = i64::try_from(index * OFFSETS).context("too many sessions")?;
        let course = Course {
            created_at,
            updated_at: ended,
            status,
            events: 0,
            window,
        };
        Ok(match ended <= self.end {
            true => course,
            // A session of the length of a day belongs to the past; others are still being answered.
            false if status == WindowStatus::MaxLength => Course {
                status: WindowStatus::Completed,
                updated_at: self.end,
                ..course
            },
            false => Course {
                status: WindowStatus::Active,
                updated_at: self.end,
                ..course
            },
        })
    }
}

impl Course {
    /// Records of the events topic, the completion among them.
    fn length(&self) -> anyhow::Result<i64> {
        let batches = self.events.div_ceil(BATCH_EVENTS as u64);
        Ok(i64::try_from(batches.min(OFFSETS - 2))? + 1)
    }

    fn revision(&self) -> anyhow::Result<Revision> {
        let phase = match self.status {
            WindowStatus::Active => Phase::Running,
            _ => Phase::Final,
        };
        Ok(Revision {
            generation: GENERATION,
            offset: self.window + self.length()?,
            phase,
        })
    }

    /// The record `last` with its verdict, and before it the one that said another risk, if there was one.
    fn records(&self, last: VerdictRecord, case: &Case, draw: &mut Draw) -> Vec<VerdictRecord> {
        let mut records = Vec::with_capacity(2);
        if let Some(earlier) = &case.earlier {
            let half = (self.updated_at - self.created_at) / 2;
            let offset = self.window + (last.revision.offset - self.window) / 2;
            let mut record = last.clone();
            record.revision = Revision {
                offset,
                phase: Phase::Running,
                ..last.revision
            };
            record.status = WindowStatus::Active;
            record.session.updated_at = self.created_at + half;
            record.verdict = Some(varied(earlier, self.events.div_ceil(2), draw));
            record.risk_changed = true;
            records.push(record);
        }
        records.push(VerdictRecord {
            verdict: Some(varied(&case.verdict, self.events, draw)),
            ..last
        });
        records
    }
}

/// The verdict with another score of the same level, and another number of events.
fn varied(verdict: &Verdict, events: u64, draw: &mut Draw) -> Verdict {
    let mut varied = verdict.clone();
    let moved = verdict.confidence_score + draw.between(-SCORE, SCORE);
    let moved = (moved.clamp(0.0, MAX_SCORE) * 1e4).round() / 1e4;
    let rules = Thresholds::default();
    if rules.level(moved) == verdict.risk_level && (moved >= rules.bot_score) == verdict.is_bot {
        let percent = |score: f64| format!(", {} %", (score * 100.0).round());
        varied.summary =
            verdict
                .summary
                .replacen(&percent(verdict.confidence_score), &percent(moved), 1);
        varied.confidence_score = moved;
    }
    varied.event_count = events;
    varied.processing_time_ms = (draw.around(0.004, 0.5) * 1e4).round() / 1e4;
    varied
}
