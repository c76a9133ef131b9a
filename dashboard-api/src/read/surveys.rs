//! The surveys of an organisation, and one of them in detail.
//!
//! There is no table of surveys: their names are found in the key of the counters, each by one look behind the last one.

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use super::campaigns::Campaign;
use super::counters::{Counters, SessionCounts, VerdictCounts, rows, sql, sums, values};
use super::overview::{PeriodCounts, Trend, trend_borders, trend_sql};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{Bucket, Hours, Period, SurveyOrder, SurveyPlace, SurveyQuery};

/// Most surveys that are put in order of their activity.
const MAX_ORDERED: i64 = 2000;
/// Campaigns that are shown with a survey.
const CAMPAIGNS: i64 = 10;

/// One page of surveys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SurveyPage {
    /// First instant of the period that is counted: what was asked, rounded down to the hour.
    pub(crate) from: DateTime<Utc>,
    /// First instant after it: what was asked, rounded up to the hour.
    pub(crate) to: DateTime<Utc>,
    /// The surveys, in the order asked for.
    pub(crate) surveys: Vec<SurveyItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
    /// There are more surveys than are put in order of their activity: some are missing. By name none is.
    pub(crate) partial: bool,
}

/// A survey in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SurveyItem {
    /// Its name.
    pub(crate) survey_id: String,
    /// The hour of its newest session.
    pub(crate) last_active: DateTime<Utc>,
    /// Sessions of the period, by state.
    pub(crate) sessions: SessionCounts,
    /// The same by verdict.
    pub(crate) verdicts: VerdictCounts,
    /// Share of the sessions with a verdict that are low risk, 0 to 1; absent without any.
    pub(crate) quality: Option<f64>,
    /// The period of the same length before it.
    pub(crate) previous: PeriodCounts,
}

/// A survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SurveyDetails {
    /// Its name.
    pub(crate) survey_id: String,
    /// The hour of its first session that was counted.
    pub(crate) first_active: DateTime<Utc>,
    /// The hour of its newest session.
    pub(crate) last_active: DateTime<Utc>,
    /// The period asked for, rounded outwards to whole hours.
    pub(crate) period: PeriodCounts,
    /// The period of the same length before it.
    pub(crate) previous: PeriodCounts,
    /// Share of the period's sessions with a verdict that are low risk, 0 to 1; absent without any.
    pub(crate) quality: Option<f64>,
    /// How the period went on.
    pub(crate) trend: Trend,
    /// What several of its sessions have in common, the latest ten.
    pub(crate) campaigns: Vec<Campaign>,
}

/// Names after `$1` within the prefix (`$2` to `$3`), `$4` at most, with the hour of the newest session.
const NAMES: &str = "WITH RECURSIVE name(survey_id, place) AS ( \
        (SELECT survey_id, 1::bigint FROM session_rollups_daily WHERE survey_id > $1 AND survey_id >= $2 AND survey_id < $3 \
            ORDER BY survey_id LIMIT 1) \
        UNION ALL \
        SELECT (SELECT r.survey_id FROM session_rollups_daily r WHERE r.survey_id > name.survey_id AND r.survey_id < $3 \
            ORDER BY r.survey_id LIMIT 1), place + 1 \
        FROM name WHERE survey_id IS NOT NULL AND place < $4 \
    ), survey AS ( \
        SELECT survey_id, (SELECT r.hour FROM session_rollups r WHERE r.survey_id = name.survey_id \
            ORDER BY r.hour DESC LIMIT 1) AS last_active, count(*) OVER () AS named \
        FROM name WHERE survey_id IS NOT NULL \
    )";

/// The statement of a page: of each survey a row of the period and one of the period before. `$1` to `$4` as in [`NAMES`],
/// `$5` to `$8` the period's borders, `$9` to `$12` those of the one before, and by activity `$13` to `$15` the place to go
/// on from and how many are wanted.
fn page_sql(order: SurveyOrder) -> String {
    let (page, order) = match order {
        SurveyOrder::Name => ("survey", "p.survey_id"),
        SurveyOrder::Activity => (
            "(SELECT * FROM survey WHERE $13::timestamptz IS NULL OR last_active < $13 \
                 OR (last_active = $13 AND survey_id > $14) ORDER BY last_active DESC, survey_id LIMIT $15)",
            "p.last_active DESC, p.survey_id",
        ),
    };
    let [now, before] = [5, 9].map(|first| rows(first, Some("p.survey_id")));
    let sums = sums("r");
    format!(
        "{NAMES} SELECT p.survey_id, p.last_active, p.named, c.* FROM {page} p CROSS JOIN LATERAL \
         (SELECT 0 AS place, {sums} FROM {now} UNION ALL SELECT 1 AS place, {sums} FROM {before}) c \
         ORDER BY {order}, c.place"
    )
}

impl SurveyPage {
    /// Reads a page.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        query: &SurveyQuery,
    ) -> Result<Self, ApiError> {
        let rows = Self::rows(database, organisation, query).await?;
        let previous = query.hours.previous();
        let mut surveys = rows
            .chunks_exact(2)
            .map(|pair| SurveyItem::of_rows(&pair[0], (&pair[1], previous)))
            .collect::<Result<Vec<_>, _>>()?;
        let named: i64 = rows.first().map_or(Ok(0), |row| row.try_get("named"))?;
        let has_more = surveys.len() > query.limit;
        surveys.truncate(query.limit);
        let last = surveys.last().filter(|_| has_more);
        let next_cursor = last.map(|survey| {
            SurveyPlace {
                hour: survey.last_active,
                name: survey.survey_id.clone(),
            }
            .close()
        });
        Ok(Self {
            from: query.hours.from,
            to: query.hours.to,
            surveys,
            next_cursor,
            partial: query.order == SurveyOrder::Activity && named > MAX_ORDERED,
        })
    }

    async fn rows(
        database: &Database,
        organisation: &OrganisationId,
        query: &SurveyQuery,
    ) -> Result<Vec<Row>, ApiError> {
        // One more than the page holds says whether there is a next one.
        let wanted = i64::try_from(query.limit + 1).unwrap_or(i64::MAX);
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let end = super::text::end_of(prefix);
        let place = query.after.as_ref();
        let (hour, name) = (
            place.map(|place| place.hour),
            place.map(|place| &place.name),
        );
        let by_name = query.order == SurveyOrder::Name;
        // The empty name is that of sessions without a survey.
        let after = name.filter(|_| by_name).map_or("", String::as_str);
        let names = if by_name { wanted } else { MAX_ORDERED + 1 };
        let (now, before) = (query.hours.borders(), query.hours.previous().borders());
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&after, &prefix, &end, &names];
        let borders = now.iter().chain(&before);
        values.extend(borders.map(|border| border as &(dyn ToSql + Sync)));
        if !by_name {
            values.extend([&hour as &(dyn ToSql + Sync), &name, &wanted]);
        }
        let ask = Ask {
            sql: &page_sql(query.order),
            values: &values,
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        Ok(rows)
    }
}

impl SurveyItem {
    fn of_rows(row: &Row, (before, previous): (&Row, Hours)) -> Result<Self, ApiError> {
        let counters = Counters::of_row(row)?;
        Ok(Self {
            previous: PeriodCounts::of(previous, &Counters::of_row(before)?),
            survey_id: row.try_get("survey_id")?,
            last_active: row.try_get("last_active")?,
            sessions: counters.by_status(),
            verdicts: counters.by_verdict(),
            quality: counters.quality(),
        })
    }
}

const SPAN: &str = "SELECT (SELECT hour FROM session_rollups WHERE survey_id = $1 ORDER BY hour LIMIT 1) AS first_active, \
    (SELECT hour FROM session_rollups WHERE survey_id = $1 ORDER BY hour DESC LIMIT 1) AS last_active";

impl SurveyDetails {
    /// Reads a survey; one without any counted session is not known.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        survey: &str,
        (period, bucket): (Period, Bucket),
    ) -> Result<Self, ApiError> {
        let hours = period.hours();
        let previous = hours.previous();
        let (counts, trend) = (sql(Some(survey)), trend_sql(bucket, Some(survey)));
        let (now, before) = (hours.borders(), previous.borders());
        let borders = trend_borders(bucket, hours);
        let survey_only = Some(survey);
        let now = values(&now, &survey_only);
        let before = values(&before, &survey_only);
        let course = values(&borders, &survey_only);
        let latest: [&(dyn ToSql + Sync); 2] = [&survey, &CAMPAIGNS];
        let asks = [
            Ask {
                sql: SPAN,
                values: &[&survey],
            },
            Ask {
                sql: &counts,
                values: &now,
            },
            Ask {
                sql: &counts,
                values: &before,
            },
            Ask {
                sql: &trend,
                values: &course,
            },
            Campaign::latest_of_survey(&latest),
        ];
        let [span, now, before, trend, campaigns] = database.fetch(organisation, asks).await?;
        let span = span.first().ok_or(ApiError::UnknownSurvey)?;
        let first: Option<DateTime<Utc>> = span.try_get("first_active")?;
        let last: Option<DateTime<Utc>> = span.try_get("last_active")?;
        let (first_active, last_active) = first.zip(last).ok_or(ApiError::UnknownSurvey)?;
        let (now, before) = (Counters::of_rows(&now)?, Counters::of_rows(&before)?);
        Ok(Self {
            survey_id: survey.to_owned(),
            first_active,
            last_active,
            quality: now.quality(),
            period: PeriodCounts::of(hours, &now),
            previous: PeriodCounts::of(previous, &before),
            trend: Trend::of_rows(&trend, hours, bucket)?,
            campaigns: campaigns
                .iter()
                .map(Campaign::of_row)
                .collect::<Result<_, _>>()?,
        })
    }
}
