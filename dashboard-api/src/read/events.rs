//! The stored events of a session, batch by batch in the order they were accepted.
//!
//! A batch is one row whose events are one JSON array. They are read a few rows at a time and taken apart here, so that a
//! session of any length takes the same memory, and PostgreSQL makes no row of each event.

use std::borrow::Cow;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::types::Json;

use super::within::{Grain, within};
use crate::database::{Ask, Database};
use crate::error::ApiError;

/// Batches of one question.
const BATCHES: i64 = 16;
/// Most events of a session that are looked at by one request.
pub(crate) const MAX_EVENTS: usize = 100_000;

const SQL: &str = "SELECT generation, log_offset, received_at, events FROM behavior_batches \
    WHERE session_id = $1 /*within session_id*/ AND (generation, log_offset) >= ($2, $3) ORDER BY generation, log_offset LIMIT $4";

/// Where a batch is in the order of a session.
pub(crate) type Place = (i32, i64);

/// One stored event.
#[derive(Debug, Deserialize)]
pub(crate) struct StoredEvent<'a> {
    #[serde(borrow, default)]
    event_type: Option<Cow<'a, str>>,
    #[serde(default)]
    timestamp: Option<Stamp<'a>>,
    /// Its numbers, flags and words, as they are stored.
    #[serde(borrow, default)]
    pub(crate) data: Option<&'a RawValue>,
}

/// A client's time: milliseconds since 1970, or RFC 3339.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stamp<'a> {
    Millis(f64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl Stamp<'_> {
    /// Milliseconds since 1970.
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of this millennium are exact"
    )]
    fn millis(&self) -> Option<f64> {
        match self {
            Self::Millis(millis) => Some(*millis),
            Self::Text(text) => {
                let time = DateTime::parse_from_rfc3339(text).ok()?;
                Some(time.timestamp_micros() as f64 / 1000.0)
            }
        }
    }
}

impl StoredEvent<'_> {
    /// Its type; what none was given to is `custom`.
    pub(crate) fn kind(&self) -> &str {
        self.event_type.as_deref().unwrap_or("custom")
    }

    /// Milliseconds since 1970 by the client's clock.
    pub(crate) fn millis(&self) -> Option<f64> {
        self.timestamp.as_ref()?.millis()
    }

    /// The same as a time.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is no time"
    )]
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        let micros = (self.millis()? * 1000.0).round();
        (micros.abs() < 9e15).then(|| DateTime::from_timestamp_micros(micros as i64))?
    }
}

/// One stored event whose time is read only when it is asked for: most events of a session do not matter then.
#[derive(Debug, Deserialize)]
pub(super) struct RawEvent<'a> {
    #[serde(borrow, default)]
    event_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    /// As in [`StoredEvent`].
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
}

impl RawEvent<'_> {
    /// As [`StoredEvent::kind`].
    pub(super) fn kind(&self) -> &str {
        self.event_type.as_deref().unwrap_or("custom")
    }

    /// As [`StoredEvent::millis`].
    pub(super) fn millis(&self) -> Option<f64> {
        let stamp: Stamp<'_> = serde_json::from_str(self.timestamp?.get()).ok()?;
        stamp.millis()
    }
}

/// A batch of events.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    /// Its place.
    pub(crate) place: Place,
    /// When it was accepted.
    pub(crate) received_at: DateTime<Utc>,
    /// Its events.
    pub(crate) events: Vec<StoredEvent<'a>>,
}

/// Shows the batches of a session from `first` on to `visit`, until it has seen enough or all or [`MAX_EVENTS`]. Says
/// whether all were shown.
pub(crate) async fn walk(
    database: &Database,
    (organisation, id): (&OrganisationId, SessionId),
    first: Place,
    mut visit: impl FnMut(Batch<'_>) -> Result<ControlFlow<()>, ApiError>,
) -> Result<bool, ApiError> {
    let mut from = first;
    let mut seen = 0;
    let sql = within(SQL, Grain::Week, (id.uuid(), id.uuid()));
    loop {
        let ask = Ask {
            sql: &sql,
            values: &[&id.uuid(), &from.0, &from.1, &BATCHES],
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        for row in &rows {
            let events = row.try_get::<_, Json<Vec<StoredEvent<'_>>>>("events")?.0;
            let place: Place = (row.try_get("generation")?, row.try_get("log_offset")?);
            from = (place.0, place.1.saturating_add(1));
            seen += events.len();
            let batch = Batch {
                place,
                received_at: row.try_get("received_at")?,
                events,
            };
            if visit(batch)?.is_break() {
                return Ok(false);
            }
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < BATCHES {
            return Ok(true);
        }
        if seen >= MAX_EVENTS {
            return Ok(false);
        }
    }
}
