//! Counts of the sessions that were created in a period, and how they went on over time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::counters::{Counters, SessionCounts, VerdictCounts, rows, sql, sums, values};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{Bucket, Hours};

/// Counts of the sessions that were created in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Overview {
    /// First instant of the period: what was asked, rounded down to the hour.
    pub(crate) from: DateTime<Utc>,
    /// First instant after the period: what was asked, rounded up to the hour.
    pub(crate) to: DateTime<Utc>,
    /// Sessions by state.
    pub(crate) sessions: SessionCounts,
    /// Sessions by their current verdict.
    pub(crate) verdicts: VerdictCounts,
    /// Events of these sessions.
    pub(crate) events: i64,
    /// Broker time of the latest record of any of them.
    pub(crate) latest_update: Option<DateTime<Utc>>,
    /// The period of the same length before it.
    pub(crate) previous: PeriodCounts,
}

/// Counts of the sessions that were created in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PeriodCounts {
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
}

impl PeriodCounts {
    /// The counters of a period.
    pub(crate) fn of(hours: Hours, counters: &Counters) -> Self {
        Self {
            from: hours.from,
            to: hours.to,
            sessions: counters.by_status(),
            verdicts: counters.by_verdict(),
            events: counters.events,
        }
    }
}

impl Overview {
    /// Adds up the counters of a period and of the one before.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        hours: Hours,
        survey: Option<&str>,
    ) -> Result<Self, ApiError> {
        let previous = hours.previous();
        let sql = sql(survey);
        let (now, before) = (hours.borders(), previous.borders());
        let (now, before) = (values(&now, &survey), values(&before, &survey));
        let ask = |values| Ask { sql: &sql, values };
        let [now, before] = database
            .fetch(organisation, [ask(&now), ask(&before)])
            .await?;
        let (now, before) = (Counters::of_rows(&now)?, Counters::of_rows(&before)?);
        Ok(Self {
            from: hours.from,
            to: hours.to,
            sessions: now.by_status(),
            verdicts: now.by_verdict(),
            events: now.events,
            latest_update: now.latest_update,
            previous: PeriodCounts::of(previous, &before),
        })
    }
}

/// How counts went on over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Trend {
    /// First instant of the period.
    pub(crate) from: DateTime<Utc>,
    /// First instant after the period.
    pub(crate) to: DateTime<Utc>,
    /// Length of a bucket.
    pub(crate) bucket: Bucket,
    /// The buckets in order, those without sessions among them.
    pub(crate) buckets: Vec<TrendBucket>,
}

/// Counts of the sessions that were created in an hour or a day (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TrendBucket {
    /// Its first instant.
    pub(crate) at: DateTime<Utc>,
    /// Sessions by state.
    pub(crate) sessions: SessionCounts,
    /// Sessions by their current verdict.
    pub(crate) verdicts: VerdictCounts,
    /// Events of these sessions.
    pub(crate) events: i64,
}

/// The statement of a trend; its places are those of [`sql`].
pub(crate) fn trend_sql(bucket: Bucket, survey: Option<&str>) -> String {
    let unit = bucket.as_str();
    let rows = rows(1, survey.map(|_| "$5"));
    format!(
        "SELECT date_trunc('{unit}', r.hour, 'UTC') AS at, {} FROM {rows} GROUP BY 1",
        sums("r")
    )
}

/// The borders of a trend: only buckets of a day are read by the day.
pub(crate) fn trend_borders(bucket: Bucket, hours: Hours) -> [DateTime<Utc>; 4] {
    match bucket {
        Bucket::Hour => [hours.from, hours.to, hours.to, hours.to],
        Bucket::Day => hours.borders(),
    }
}

impl Trend {
    /// Adds up the counters of each bucket of a period, which was found short enough.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        (hours, bucket): (Hours, Bucket),
        survey: Option<&str>,
    ) -> Result<Self, ApiError> {
        let borders = trend_borders(bucket, hours);
        let ask = Ask {
            sql: &trend_sql(bucket, survey),
            values: &values(&borders, &survey),
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        Self::of_rows(&rows, hours, bucket)
    }

    /// The trend of rows of [`trend_sql`].
    pub(crate) fn of_rows(
        rows: &[tokio_postgres::Row],
        hours: Hours,
        bucket: Bucket,
    ) -> Result<Self, ApiError> {
        let mut counted: BTreeMap<DateTime<Utc>, Counters> = BTreeMap::new();
        for row in rows {
            counted.insert(row.try_get("at")?, Counters::of_row(row)?);
        }
        let buckets = bucket.starts(hours).map(|at| {
            let counters = counted.remove(&at).unwrap_or_default();
            TrendBucket {
                at,
                sessions: counters.by_status(),
                verdicts: counters.by_verdict(),
                events: counters.events,
            }
        });
        Ok(Self {
            from: hours.from,
            to: hours.to,
            bucket,
            buckets: buckets.collect(),
        })
    }
}
