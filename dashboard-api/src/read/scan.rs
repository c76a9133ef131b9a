//! Searching sessions in bounded work: the ids that match, newest first.
//!
//! The history is walked from the newest session backwards, a span of time after the other. How long the next span is
//! follows from how long the last one took and from what time is left, because nobody knows beforehand how rare a
//! combination is. A search that has not found enough within its time stops and says where it stands; the next request
//! goes on from there.

use std::time::{Duration, Instant};

use chrono::Utc;
use schemas::ids::OrganisationId;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::driver::{BUCKET, Driver};
use super::text;
use super::within::{Grain, within};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{SessionFilter, id_floor, id_range};

/// How long one step of it should take.
const STEP: Duration = Duration::from_millis(6);
/// With less time left no step is begun: asking alone takes a good part of it.
const SHORTEST_STEP: Duration = Duration::from_millis(2);
/// How much longer the next span may be than the last.
const MAX_GROWTH: i128 = 4;
/// Above every id.
const END: Uuid = Uuid::max();
const HOUR_MS: i64 = 3_600_000;

/// The outcome of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Sessions that match, newest first.
    pub(crate) ids: Vec<Uuid>,
    /// Where to go on: below this id. Absent when everything was looked at.
    pub(crate) next: Option<Uuid>,
    /// The search stopped for want of time.
    pub(crate) is_partial: bool,
}

/// A search for the sessions of one organisation.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    database: &'a Database,
    organisation: &'a OrganisationId,
    filter: &'a SessionFilter,
    driver: Driver,
    is_exact: bool,
    sql: String,
}

impl<'a> Search<'a> {
    /// Decides how to search; a text is looked up first.
    pub(crate) async fn new(
        database: &'a Database,
        organisation: &'a OrganisationId,
        filter: &'a SessionFilter,
    ) -> Result<Self, ApiError> {
        let driver = match Driver::of(filter) {
            // Few enough to compare a text with each.
            few @ (Driver::Fingerprint | Driver::Label) => few,
            other => text::look_up(database, organisation, filter)
                .await?
                .unwrap_or(other),
        };
        let is_exact = driver.is_exact(filter);
        Ok(Self {
            database,
            organisation,
            filter,
            sql: driver.sql(is_exact),
            is_exact,
            driver,
        })
    }

    /// The newest `wanted` sessions below `before`.
    pub(crate) async fn run(&self, before: Option<Uuid>, wanted: usize) -> Result<Found, ApiError> {
        let begun = Instant::now();
        let floor = self.filter.from.map_or(Uuid::nil(), id_floor);
        let end = self.filter.to.map_or(END, id_floor);
        let mut upper = before.map_or(end, |before| before.min(end));
        let mut hours = self.driver.first_hours();
        let mut ids = Vec::new();
        while upper > floor {
            let lower = lower_of(upper, hours).max(floor);
            let step = Instant::now();
            let asked = wanted - ids.len();
            let part = self.step(lower, upper, asked).await?;
            let is_full = part.len() >= asked;
            upper = part.last().copied().filter(|_| is_full).unwrap_or(lower);
            ids.extend(part);
            let left = self.database.search_time().saturating_sub(begun.elapsed());
            if is_full || (upper > floor && left < SHORTEST_STEP) {
                let next = Some(upper);
                let is_partial = !is_full;
                return Ok(Found {
                    ids,
                    next,
                    is_partial,
                });
            }
            hours = next_hours(hours, step.elapsed(), left.min(STEP));
        }
        Ok(Found {
            ids,
            next: None,
            is_partial: false,
        })
    }

    /// What the statement of this driver takes beside the filters.
    fn own_values(&self) -> Vec<&(dyn ToSql + Sync)> {
        match (&self.driver, &self.filter.fingerprint) {
            (Driver::Text { surveys, ids }, _) => vec![surveys, ids],
            (Driver::Fingerprint, Some(shared)) => vec![&shared.kind, &shared.value],
            _ => Vec::new(),
        }
    }

    /// The newest `wanted` sessions with ids from `lower` to below `upper`.
    async fn step(&self, lower: Uuid, upper: Uuid, wanted: usize) -> Result<Vec<Uuid>, ApiError> {
        let filter = self.filter;
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let is_open = upper == END;
        let last = Uuid::from_u128(upper.as_u128().saturating_sub(u128::from(!is_open)));
        let bucket = |score: i16| (score / BUCKET).min(19);
        let (min_bucket, max_bucket) = (filter.min_score.map(bucket), filter.max_score.map(bucket));
        let text = TextRange::of(filter);
        let all: [&(dyn ToSql + Sync); 21] = [
            &lower,
            &upper,
            &wanted,
            &filter.status,
            &filter.risk,
            &filter.class,
            &filter.platform,
            &min_bucket,
            &max_bucket,
            &filter.finding,
            &filter.survey,
            &filter.respondent,
            &filter.min_score,
            &filter.max_score,
            &filter.methods,
            &filter.prefix,
            &text.end,
            &text.first_id,
            &text.end_id,
            &filter.label,
            &filter.bots,
        ];
        let mut values: Vec<&(dyn ToSql + Sync)> = match (&self.driver, self.is_exact) {
            (_, false) => all.to_vec(),
            (Driver::Newest, true) => all[..10].to_vec(),
            (Driver::Survey, true) => all[..11].to_vec(),
            (_, true) => vec![&lower, &upper, &wanted, &filter.respondent],
        };
        values.extend(self.own_values());
        let ask = Ask {
            sql: &within(&self.sql, Grain::Week, (lower, last)),
            values: &values,
        };
        let [rows] = self.database.fetch(self.organisation, [ask]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// What a text means as ranges.
struct TextRange {
    end: Option<String>,
    first_id: Uuid,
    end_id: Uuid,
}

impl TextRange {
    fn of(filter: &SessionFilter) -> Self {
        let prefix = filter.prefix.as_deref();
        // Without digits of an id the range is empty.
        let (first_id, last_id) = prefix.and_then(id_range).unwrap_or((END, END));
        Self {
            end: prefix.map(text::end_of),
            first_id,
            end_id: Uuid::from_u128(last_id.as_u128().saturating_add(1)),
        }
    }
}

/// A span that should take `aim`, after one of `hours` took `spent`.
fn next_hours(hours: i64, spent: Duration, aim: Duration) -> i64 {
    let micros = |time: Duration| i128::try_from(time.as_micros()).unwrap_or(i128::MAX >> 64);
    let hours = i128::from(hours);
    let next = (hours * micros(aim) / micros(spent).max(1)).clamp(1, hours * MAX_GROWTH);
    i64::try_from(next).unwrap_or(i64::MAX)
}

/// The lowest id of the `hours` before `upper`.
fn lower_of(upper: Uuid, hours: i64) -> Uuid {
    let now = Utc::now().timestamp_millis();
    let millis = i64::try_from(upper.as_u128() >> 80).unwrap_or(i64::MAX);
    // From above every session one begins at the present.
    let base = if upper == END { now } else { millis };
    let begin = base.saturating_sub(hours.saturating_mul(HOUR_MS));
    chrono::DateTime::from_timestamp_millis(begin.max(0)).map_or(Uuid::nil(), id_floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_span_is_what_its_time_allows() {
        let millis = Duration::from_millis;
        for (hours, spent, aim, next) in [
            (6, millis(3), STEP, 12),
            (48, millis(12), STEP, 24),
            (48, millis(12), millis(3), 12),
            (6, Duration::ZERO, STEP, 24),
            (1, millis(60), STEP, 1),
            (i64::MAX, millis(1), STEP, i64::MAX),
        ] {
            assert_eq!(
                next_hours(hours, spent, aim),
                next,
                "{hours} {spent:?} {aim:?}"
            );
        }
    }
}
