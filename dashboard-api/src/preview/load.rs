//! Stored sessions and their raw events, in portions.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use schemas::ids::OrganisationId;
use tokio_postgres::Row;
use uuid::Uuid;

use super::request::PreviewQuery;
use crate::database::Database;
use crate::error::ApiError;
use crate::verdict::{RiskLevel, SessionClass};

/// Most events of a session that is judged again: longer ones are not loaded.
pub(super) const MAX_EVENTS: i64 = 50_000;
/// Events that are loaded at a time, some megabytes of text, and most sessions with them.
const PORTION: (i64, usize) = (20_000, 50);

/// The session's verdict is that of its headline window. One survey has an index of its own.
fn newest(of_survey: bool) -> String {
    let survey = if of_survey {
        "survey_id = $3"
    } else {
        "$3::text IS NULL"
    };
    format!(
        "SELECT s.id, w.generation, w.window_offset, w.rev_offset, w.event_count, \
        w.is_bot, w.score_thousandths, w.risk_level, w.class, w.ruleset_version, w.model_version \
    FROM (SELECT id, headline_generation, headline_window FROM sessions \
        WHERE id >= $1 AND id < $2 AND headline_window IS NOT NULL AND {survey} \
        ORDER BY id DESC LIMIT $4) s \
    JOIN session_windows w ON w.session_id = s.id \
        AND w.generation = s.headline_generation AND w.window_offset = s.headline_window \
    WHERE w.score_thousandths IS NOT NULL ORDER BY s.id DESC"
    )
}

/// The batches that the verdict accounts for: from the window's first record to the verdict's revision.
const BATCHES: &str = "SELECT b.session_id, b.events::text \
    FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) AS w (id, generation, first, last) \
    JOIN behavior_batches b ON b.session_id = w.id AND b.generation = w.generation \
        AND b.log_offset BETWEEN w.first AND w.last \
    WHERE b.session_id >= $5 AND b.session_id <= $6 \
    ORDER BY b.session_id, b.log_offset";

/// A stored verdict, and where its events are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    pub(super) id: Uuid,
    generation: i32,
    /// Offsets of the window's first record and of the last that the verdict accounts for.
    records: (i64, i64),
    pub(super) events: i64,
    pub(super) verdict: Side,
    pub(super) ruleset: String,
    pub(super) model: String,
}

/// What is compared of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) is_bot: bool,
    pub(super) thousandths: i16,
    pub(super) risk: RiskLevel,
    pub(super) class: SessionClass,
}

/// The sessions of a preview.
#[derive(Debug)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
    /// Whether there were more in the period.
    pub(super) has_more: bool,
}

impl Sessions {
    pub(super) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        query: &PreviewQuery,
    ) -> Result<Self, ApiError> {
        let (low, high) = query.ids;
        let read = async |transaction: &Transaction<'_>| {
            let statement = transaction
                .prepare_cached(&newest(query.survey.is_some()))
                .await?;
            let limit = query.limit + 1;
            let rows = transaction
                .query(&statement, &[&low, &high, &query.survey, &limit])
                .await?;
            rows.iter().map(Session::of).collect::<Result<Vec<_>, _>>()
        };
        let mut sessions = database.read(organisation, read).await?;
        let limit = usize::try_from(query.limit).unwrap_or_default();
        let has_more = sessions.len() > limit;
        sessions.truncate(limit);
        Ok(Self { sessions, has_more })
    }

    /// Sessions whose events fit into memory together.
    pub(super) fn portions(self) -> Vec<Vec<Session>> {
        let (most_events, most_sessions) = PORTION;
        let mut portions: Vec<Vec<Session>> = Vec::new();
        let mut events = i64::MAX;
        for session in self.sessions {
            events = events.saturating_add(session.events);
            match portions.last_mut() {
                Some(last) if events <= most_events && last.len() < most_sessions => {
                    last.push(session);
                }
                _ => {
                    events = session.events;
                    portions.push(vec![session]);
                }
            }
        }
        portions
    }
}

impl Session {
    fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.try_get("id")?,
            generation: row.try_get("generation")?,
            records: (row.try_get("window_offset")?, row.try_get("rev_offset")?),
            events: row.try_get("event_count")?,
            verdict: Side {
                is_bot: row.try_get("is_bot")?,
                thousandths: row.try_get("score_thousandths")?,
                risk: RiskLevel::stored(row.try_get("risk_level")?)?,
                class: SessionClass::stored(row.try_get("class")?)?,
            },
            ruleset: row.try_get("ruleset_version")?,
            model: row.try_get("model_version")?,
        })
    }
}

/// The batches of these sessions, each the array of its events as it is stored.
pub(super) async fn batches_of(
    database: &Database,
    organisation: &OrganisationId,
    sessions: &[Session],
) -> Result<HashMap<Uuid, Vec<String>>, ApiError> {
    let wanted: Vec<&Session> = sessions
        .iter()
        .filter(|session| session.events <= MAX_EVENTS)
        .collect();
    let ids: Vec<Uuid> = wanted.iter().map(|session| session.id).collect();
    let (Some(lowest), Some(highest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(HashMap::new());
    };
    let generations: Vec<i32> = wanted.iter().map(|session| session.generation).collect();
    let firsts: Vec<i64> = wanted.iter().map(|session| session.records.0).collect();
    let lasts: Vec<i64> = wanted.iter().map(|session| session.records.1).collect();
    let read = async |transaction: &Transaction<'_>| {
        let statement = transaction.prepare_cached(BATCHES).await?;
        let rows = transaction
            .query(
                &statement,
                &[&ids, &generations, &firsts, &lasts, lowest, highest],
            )
            .await?;
        let mut batches: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in rows {
            batches
                .entry(row.try_get(0)?)
                .or_default()
                .push(row.try_get(1)?);
        }
        Ok(batches)
    };
    database.read(organisation, read).await
}
