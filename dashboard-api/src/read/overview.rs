//! Counts of the sessions that were created in a period.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::query::{Period, id_floor};
use crate::verdict::{RiskLevel, SessionClass, SessionStatus};

/// Counts of the sessions that were created in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Overview {
    /// First instant of the period.
    pub(crate) from: DateTime<Utc>,
    /// First instant after the period.
    pub(crate) to: DateTime<Utc>,
    /// Sessions by state.
    pub(crate) sessions: SessionCounts,
    /// Sessions by their current verdict.
    pub(crate) verdicts: VerdictCounts,
    /// Events of these sessions.
    pub(crate) events: i64,
    /// Broker time of the latest record of any of them.
    pub(crate) latest_update: Option<DateTime<Utc>>,
}

/// Sessions by state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionCounts {
    /// All of them.
    pub(crate) total: i64,
    /// Those whose events are still expected.
    pub(crate) active: i64,
    /// Those that the client or the platform has ended.
    pub(crate) completed: i64,
    /// Those that ended by inactivity.
    pub(crate) idle: i64,
    /// Those that ended by the longest accepted duration.
    pub(crate) max_length: i64,
}

/// Sessions by their current verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct VerdictCounts {
    /// Sessions with a verdict.
    pub(crate) total: i64,
    /// Sessions whose verdict is `is_bot`.
    pub(crate) bots_flagged: i64,
    /// By effective risk, the higher of verdict and findings about several sessions; every level is there.
    pub(crate) by_risk: BTreeMap<String, i64>,
    /// By class; every class is there.
    pub(crate) by_class: BTreeMap<String, i64>,
}

const QUERY: &str = "SELECT status, effective_risk, class, count(*) AS sessions, \
    count(*) FILTER (WHERE is_bot) AS bots, sum(event_count)::bigint AS events, \
    max(updated_at) AS latest, risk_level IS NOT NULL AS judged \
    FROM sessions WHERE id >= $1 AND id < $2 AND window_count > 0 \
    GROUP BY status, effective_risk, class, judged";

impl Overview {
    /// Counts the sessions of a period: one pass over its ids.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        period: Period,
    ) -> Result<Self, ApiError> {
        let statement = transaction.prepare_cached(QUERY).await?;
        let range = (id_floor(period.from), id_floor(period.to));
        let rows = transaction.query(&statement, &[&range.0, &range.1]).await?;
        let none = |text: &str| (text.to_owned(), 0);
        let mut overview = Self {
            from: period.from,
            to: period.to,
            sessions: SessionCounts::default(),
            verdicts: VerdictCounts {
                by_risk: RiskLevel::ALL
                    .iter()
                    .map(|risk| none(risk.as_str()))
                    .collect(),
                by_class: SessionClass::ALL
                    .iter()
                    .map(|class| none(class.as_str()))
                    .collect(),
                ..VerdictCounts::default()
            },
            events: 0,
            latest_update: None,
        };
        for row in &rows {
            overview.add(row)?;
        }
        Ok(overview)
    }

    fn add(&mut self, row: &Row) -> Result<(), ApiError> {
        let sessions: i64 = row.try_get("sessions")?;
        let judged: bool = row.try_get("judged")?;
        self.sessions.total += sessions;
        match SessionStatus::stored(row.try_get("status")?)? {
            SessionStatus::Active => self.sessions.active += sessions,
            SessionStatus::Completed => self.sessions.completed += sessions,
            SessionStatus::Idle => self.sessions.idle += sessions,
            SessionStatus::MaxLength => self.sessions.max_length += sessions,
            // Never stored.
            SessionStatus::Pending => {}
        }
        let risk: Option<String> = row.try_get("effective_risk")?;
        if let Some(risk) = risk.filter(|_| judged) {
            self.verdicts.total += sessions;
            self.verdicts.bots_flagged += row.try_get::<_, i64>("bots")?;
            *self.verdicts.by_risk.entry(risk).or_default() += sessions;
            if let Some(class) = row.try_get::<_, Option<String>>("class")? {
                *self.verdicts.by_class.entry(class).or_default() += sessions;
            }
        }
        self.events += row.try_get::<_, Option<i64>>("events")?.unwrap_or_default();
        self.latest_update = self.latest_update.max(row.try_get("latest")?);
        Ok(())
    }
}
