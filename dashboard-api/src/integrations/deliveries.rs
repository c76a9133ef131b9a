//! The log of webhooks that platforms have proved, newest first.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use schemas::control::IntegrationId;
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::query::{Pairs, Parameters, TIME, time};

/// Deliveries on a page when nothing is said.
const DEFAULT_LIMIT: i64 = 50;
/// Most deliveries on a page.
const MAX_LIMIT: i64 = 200;

const COLUMNS: &str = "received_at, log_partition, log_offset, notice_id, integration, platform, kind, outcome, event, \
    survey_id, response_id, session_id, fields, dropped_fields";

/// A place in the log: the time, and the place in the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    at: DateTime<Utc>,
    partition: i32,
    offset: i64,
}

impl Place {
    /// Opaque to clients.
    fn close(self) -> String {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[8..12].copy_from_slice(&self.partition.to_be_bytes());
        bytes[12..].copy_from_slice(&self.offset.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(text: &str) -> Option<Self> {
        let bytes: [u8; 20] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let micros = i64::from_be_bytes(bytes[..8].try_into().ok()?);
        Some(Self {
            at: DateTime::from_timestamp_micros(micros)?,
            partition: i32::from_be_bytes(bytes[8..12].try_into().ok()?),
            offset: i64::from_be_bytes(bytes[12..].try_into().ok()?),
        })
    }
}

/// Filters of the log.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryFilter {
    integration: Option<String>,
    outcome: Option<&'static str>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    below: Option<Place>,
    limit: i64,
}

impl DeliveryFilter {
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let limit = given.take("limit", "a whole number from 1 to 200", |text| {
            let limit = text.parse().ok();
            limit.filter(|limit| (1..=MAX_LIMIT).contains(limit))
        });
        let integration = given.take("integration", "an integration's id, int_...", |text| {
            text.parse::<IntegrationId>().ok()
        });
        let outcomes = "session_completed, noted or unmatched";
        let filter = Self {
            integration: integration.map(|id| id.as_str().to_owned()),
            outcome: given.take("outcome", outcomes, outcome),
            from: given.take("from", TIME, time),
            to: given.take("to", TIME, time),
            below: given.take("cursor", "the next_cursor of a page", Place::open),
            limit: limit.unwrap_or(DEFAULT_LIMIT),
        };
        let backwards = filter.from.zip(filter.to);
        if backwards.is_some_and(|(from, to)| from >= to) {
            given.wrong("to", "before_from", "must be later than from");
        }
        given.finish(filter)
    }
}

fn outcome(text: &str) -> Option<&'static str> {
    let outcomes = ["session_completed", "noted", "unmatched"];
    outcomes.into_iter().find(|outcome| *outcome == text)
}

/// A webhook of a platform, as it was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// When the gateway took it.
    received_at: DateTime<Utc>,
    /// The same for a repetition of the same notice.
    notice_id: String,
    /// The integration that took it.
    integration: String,
    /// `qualtrics`, `decipher` or `generic`.
    platform: String,
    /// What it says: `response_completed`, `response_partial`, `response_started`, `survey_activated`, `survey_deactivated` or `other`.
    kind: String,
    /// What became of it: `session_completed`, `noted`, or `unmatched` (the end of a response that names no session of the organisation).
    outcome: String,
    /// The platform's own name of the event.
    event: String,
    /// The platform's name of the survey.
    survey_id: Option<String>,
    /// The platform's name of the response.
    response_id: Option<String>,
    /// The session it names, if that is one of the organisation.
    session_id: Option<Uuid>,
    /// Its other fields that may be kept: words, numbers and switches.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    fields: serde_json::Value,
    /// How many fields may not.
    dropped_fields: i32,
}

impl Delivery {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            received_at: row.try_get("received_at")?,
            notice_id: row.try_get("notice_id")?,
            integration: row.try_get("integration")?,
            platform: row.try_get("platform")?,
            kind: row.try_get("kind")?,
            outcome: row.try_get("outcome")?,
            event: row.try_get("event")?,
            survey_id: row.try_get("survey_id")?,
            response_id: row.try_get("response_id")?,
            session_id: row.try_get("session_id")?,
            fields: row.try_get("fields")?,
            dropped_fields: row.try_get("dropped_fields")?,
        })
    }
}

/// Webhooks, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    deliveries: Vec<Delivery>,
    /// Of the next page; absent on the last.
    next_cursor: Option<String>,
}

impl DeliveryPage {
    /// Reads a page; the transaction sees one organisation's rows.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        filter: &DeliveryFilter,
    ) -> Result<Self, ApiError> {
        // One more than the page tells whether there is another.
        let limit = filter.limit + 1;
        let below = filter
            .below
            .map(|place| (place.at, place.partition, place.offset));
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&limit];
        let mut conditions = Vec::new();
        let mut filters: Vec<(&str, &(dyn ToSql + Sync))> = Vec::new();
        filters.extend(
            filter
                .integration
                .iter()
                .map(|id| ("integration =", id as _)),
        );
        filters.extend(
            filter
                .outcome
                .iter()
                .map(|outcome| ("outcome =", outcome as _)),
        );
        filters.extend(filter.from.iter().map(|from| ("received_at >=", from as _)));
        filters.extend(filter.to.iter().map(|to| ("received_at <", to as _)));
        for (condition, value) in filters {
            values.push(value);
            conditions.push(format!("{condition} ${}", values.len()));
        }
        if let Some((at, partition, offset)) = &below {
            values.extend([at as &(dyn ToSql + Sync), partition, offset]);
            let last = values.len();
            conditions.push(format!(
                "(received_at, log_partition, log_offset) < (${}, ${}, ${last})",
                last - 2,
                last - 1
            ));
        }
        let conditions = match conditions.join(" AND ") {
            none if none.is_empty() => none,
            some => format!("WHERE {some}"),
        };
        let statement = format!(
            "SELECT {COLUMNS} FROM integration_deliveries {conditions} \
             ORDER BY received_at DESC, log_partition DESC, log_offset DESC LIMIT $1"
        );
        let statement = transaction.prepare_cached(&statement).await?;
        let rows = transaction.query(&statement, &values).await?;
        Self::of(&rows, filter.limit)
    }

    fn of(rows: &[Row], limit: i64) -> Result<Self, ApiError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = &rows[..rows.len().min(limit)];
        let last = page.last().filter(|_| rows.len() > limit);
        let place = |row: &Row| {
            Ok::<_, tokio_postgres::Error>(Place {
                at: row.try_get("received_at")?,
                partition: row.try_get("log_partition")?,
                offset: row.try_get("log_offset")?,
            })
        };
        Ok(Self {
            next_cursor: last.map(place).transpose()?.map(Place::close),
            deliveries: page.iter().map(Delivery::of).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_place_it_was_made_of() {
        let place = Place {
            at: "2026-11-20T10:00:00.123456Z".parse().unwrap(),
            partition: 2,
            offset: 77,
        };
        assert_eq!(Place::open(&place.close()), Some(place));
        assert_eq!(Place::open("AAAA"), None);
    }
}
