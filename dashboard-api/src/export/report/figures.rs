//! What the report says: figures of one survey in a period of whole hours.

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Transaction;

use super::counts::{self, Counts};
use crate::error::ApiError;
use crate::query::{Period, id_floor};
use crate::verdict::{RiskLevel, score};

/// Most sessions whose reasons are counted, the newest with a risk.
const SAMPLE: i64 = 2000;
/// Most reasons and campaigns that are named.
const NAMED: i64 = 8;
/// Hours of a period up to which the chart has a bar per hour.
const HOURLY: i64 = 72;
/// The same for days; beyond that weeks.
const DAILY: i64 = 24 * 92;

/// The length of a chart's bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    Hour,
    Day,
    Week,
}

impl Bucket {
    fn of(period: Period) -> Self {
        let hours = (period.to - period.from).num_hours();
        if hours <= HOURLY {
            Self::Hour
        } else if hours <= DAILY {
            Self::Day
        } else {
            Self::Week
        }
    }

    /// The word of PostgreSQL's `date_trunc`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
            Self::Week => TimeDelta::weeks(1),
        }
    }
}

/// A reason and how many of the looked-at sessions have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CountedReason {
    pub(crate) code: String,
    /// The sentence of one of them.
    pub(crate) text: String,
    pub(crate) sessions: i64,
}

/// Something that several sessions of the survey share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CampaignLine {
    pub(crate) kind: String,
    pub(crate) fingerprint: String,
    pub(crate) sessions: i64,
    pub(crate) first_at: DateTime<Utc>,
    pub(crate) last_at: DateTime<Utc>,
    pub(crate) score: f64,
    pub(crate) risk: RiskLevel,
}

/// What the report says.
#[derive(Debug, Clone)]
pub(crate) struct ReportFigures {
    pub(crate) survey: String,
    pub(crate) period: Period,
    pub(crate) at: DateTime<Utc>,
    pub(crate) bucket: Bucket,
    pub(crate) totals: Counts,
    /// Every bar of the period, those without sessions as well.
    pub(crate) series: Vec<(DateTime<Utc>, Counts)>,
    /// Sessions whose reasons were counted.
    pub(crate) sample: i64,
    pub(crate) reasons: Vec<CountedReason>,
    pub(crate) campaigns: Vec<CampaignLine>,
}

impl ReportFigures {
    /// Reads the figures of a survey; the period grows to whole hours. `None` when nothing was ever seen of
    /// the survey.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        survey: &str,
        period: Period,
        at: DateTime<Utc>,
    ) -> Result<Option<Self>, ApiError> {
        let known = "SELECT 1 FROM session_rollups WHERE survey_id = $1 LIMIT 1";
        let statement = transaction.prepare_cached(known).await?;
        if transaction
            .query_opt(&statement, &[&survey])
            .await?
            .is_none()
        {
            return Ok(None);
        }
        let hours = period.hours();
        let period = Period {
            from: hours.from,
            to: hours.to,
        };
        let bucket = Bucket::of(period);
        let found = series(transaction, survey, period, bucket).await?;
        let mut totals = Counts::default();
        for (_, counts) in &found {
            totals.add(counts);
        }
        let (sample, reasons) = reasons(transaction, survey, period).await?;
        Ok(Some(Self {
            survey: survey.to_owned(),
            period,
            at,
            bucket,
            totals,
            series: filled(found, period, bucket),
            sample,
            reasons,
            campaigns: campaigns(transaction, survey, period).await?,
        }))
    }
}

async fn series(
    transaction: &Transaction<'_>,
    survey: &str,
    period: Period,
    bucket: Bucket,
) -> Result<Vec<(DateTime<Utc>, Counts)>, ApiError> {
    let statement = transaction.prepare_cached(&counts::series_query()).await?;
    let rows = transaction
        .query(
            &statement,
            &[&bucket.as_str(), &survey, &period.from, &period.to],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("bucket")?, Counts::of_row(row)?)))
        .collect()
}

/// The bars of the whole period.
fn filled(
    found: Vec<(DateTime<Utc>, Counts)>,
    period: Period,
    bucket: Bucket,
) -> Vec<(DateTime<Utc>, Counts)> {
    let mut found = found.into_iter().peekable();
    let mut bars = Vec::new();
    let mut begin = bucket.floor(period.from);
    while begin < period.to {
        let next = begin + bucket.length();
        let counts = found
            .next_if(|(at, _)| *at < next)
            .map(|(_, counts)| counts);
        bars.push((begin, counts.unwrap_or_default()));
        begin = next;
    }
    bars
}

impl Bucket {
    /// The beginning of the bar of an instant: weeks begin on Mondays, as PostgreSQL's do.
    fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = self.length().num_seconds();
        // The first Monday of the epoch was its fifth day.
        let offset = if self == Self::Week { 4 * 86_400 } else { 0 };
        let passed = (time.timestamp() - offset).rem_euclid(seconds);
        time - TimeDelta::seconds(passed)
            - TimeDelta::nanoseconds(i64::from(time.timestamp_subsec_nanos()))
    }
}

/// How many sessions were looked at, and the reasons that most of them have.
async fn reasons(
    transaction: &Transaction<'_>,
    survey: &str,
    period: Period,
) -> Result<(i64, Vec<CountedReason>), ApiError> {
    let query = format!(
        "WITH looked AS MATERIALIZED ( \
             SELECT id, headline_generation, headline_window FROM sessions \
             WHERE survey_id = $1 AND id >= $2 AND id < $3 AND window_count > 0 \
                 AND risk_level = ANY(ARRAY['MEDIUM', 'HIGH', 'CRITICAL']) \
             ORDER BY id DESC LIMIT {SAMPLE} \
         ), reason AS ( \
             SELECT looked.id, reason.value ->> 'code' AS code, reason.value ->> 'text' AS text \
             FROM looked JOIN session_windows w ON w.session_id = looked.id \
                 AND w.generation = looked.headline_generation AND w.window_offset = looked.headline_window \
             CROSS JOIN LATERAL jsonb_array_elements(w.reasons) AS reason \
         ) \
         SELECT (SELECT count(*) FROM looked) AS looked, code, count(DISTINCT id) AS sessions, \
             (array_agg(text ORDER BY id DESC))[1] AS text \
         FROM reason GROUP BY code ORDER BY sessions DESC, code LIMIT {NAMED}"
    );
    let statement = transaction.prepare_cached(&query).await?;
    let range = (id_floor(period.from), id_floor(period.to));
    let rows = transaction
        .query(&statement, &[&survey, &range.0, &range.1])
        .await?;
    let sample = rows.first().map(|row| row.try_get("looked")).transpose()?;
    let reasons: Result<Vec<CountedReason>, ApiError> = rows
        .iter()
        .map(|row| {
            Ok(CountedReason {
                code: row.try_get("code")?,
                text: row
                    .try_get::<_, Option<String>>("text")?
                    .unwrap_or_default(),
                sessions: row.try_get("sessions")?,
            })
        })
        .collect();
    Ok((sample.unwrap_or_default(), reasons?))
}

async fn campaigns(
    transaction: &Transaction<'_>,
    survey: &str,
    period: Period,
) -> Result<Vec<CampaignLine>, ApiError> {
    let query = format!(
        "SELECT kind, fingerprint, sessions, first_at, last_at, score_thousandths, risk_level FROM campaigns \
         WHERE survey_id = $1 AND last_at >= $2 AND first_at < $3 AND sessions > 1 \
         ORDER BY score_thousandths DESC, sessions DESC, kind, fingerprint LIMIT {NAMED}"
    );
    let statement = transaction.prepare_cached(&query).await?;
    let rows = transaction
        .query(&statement, &[&survey, &period.from, &period.to])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(CampaignLine {
                kind: row.try_get("kind")?,
                fingerprint: row.try_get("fingerprint")?,
                sessions: row.try_get::<_, i32>("sessions")?.into(),
                first_at: row.try_get("first_at")?,
                last_at: row.try_get("last_at")?,
                score: score(row.try_get("score_thousandths")?),
                risk: RiskLevel::stored(row.try_get("risk_level")?)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_part_of_a_period_has_a_bar() {
        let period = Period {
            from: time("2026-11-01T10:00:00Z"),
            to: time("2026-11-01T13:00:00Z"),
        };
        let seen = Counts {
            sessions: 7,
            ..Counts::default()
        };
        let found = vec![(time("2026-11-01T11:00:00Z"), seen)];
        let bars = filled(found, period, Bucket::Hour);
        let counts: Vec<i64> = bars.iter().map(|(_, counts)| counts.sessions).collect();
        assert_eq!(counts, [0, 7, 0]);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let monday = time("2026-11-16T00:00:00Z");
        for day in ["2026-11-16T00:00:00Z", "2026-11-22T23:59:59.999Z"] {
            assert_eq!(Bucket::Week.floor(time(day)), monday);
        }
        assert_eq!(
            Bucket::Day.floor(time("2026-11-22T23:59:59.999Z")),
            time("2026-11-22T00:00:00Z")
        );
    }
}
