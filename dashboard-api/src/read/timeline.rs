//! The events of a session in order, page by page.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::{Batch, StoredEvent, walk};
use crate::database::Database;
use crate::error::ApiError;
use crate::query::{TimelinePage, close_event_cursor};
use crate::verdict::Data;

/// A page of events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Timeline {
    /// The events.
    pub(crate) events: Vec<TimelineEvent>,
    /// Give it as `events_cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TimelineEvent {
    /// Its type, as it was sent.
    pub(crate) event_type: String,
    /// When it happened, by the client's clock.
    pub(crate) timestamp: Option<DateTime<Utc>>,
    /// When its batch was accepted.
    pub(crate) received_at: DateTime<Utc>,
    /// Its numbers, flags and words.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) data: Data,
}

/// Counts the events of a session by type.
#[derive(Debug, Default)]
pub(crate) struct EventCounter {
    /// By type.
    pub(crate) counts: BTreeMap<String, i64>,
    /// Whether every stored event was counted.
    pub(crate) is_complete: bool,
}

impl EventCounter {
    fn add(&mut self, batch: &Batch<'_>) {
        for event in &batch.events {
            match self.counts.get_mut(event.kind()) {
                Some(count) => *count += 1,
                None => {
                    self.counts.insert(event.kind().to_owned(), 1);
                }
            }
        }
    }
}

impl Timeline {
    /// Reads a page. With a counter every event is looked at, and pages are read from the first event on; without one only
    /// as many as the page needs.
    pub(crate) async fn read(
        database: &Database,
        (organisation, id): (&OrganisationId, SessionId),
        page: TimelinePage,
        mut counter: Option<&mut EventCounter>,
    ) -> Result<Self, ApiError> {
        let (generation, offset, position) = page.after;
        let after = ((generation, offset), position);
        let first = match counter {
            Some(_) => (0, 0),
            None => after.0,
        };
        let mut timeline = Self {
            events: Vec::new(),
            next_cursor: None,
        };
        let mut last = None;
        let whole = walk(database, (organisation, id), first, |batch| {
            if let Some(counter) = counter.as_deref_mut() {
                counter.add(&batch);
            }
            for (number, event) in (1_i64..).zip(&batch.events) {
                if timeline.next_cursor.is_some() || (batch.place, number) <= after {
                    continue;
                }
                if timeline.events.len() >= page.limit {
                    let (generation, offset, position) = last.unwrap_or(page.after);
                    timeline.next_cursor = Some(close_event_cursor((generation, offset, position)));
                    continue;
                }
                timeline
                    .events
                    .push(TimelineEvent::of(event, batch.received_at)?);
                last = Some((batch.place.0, batch.place.1, number));
            }
            Ok(match (&timeline.next_cursor, &counter) {
                (Some(_), None) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })
        .await?;
        if let Some(counter) = counter {
            counter.is_complete = whole;
        }
        Ok(timeline)
    }
}

impl TimelineEvent {
    fn of(event: &StoredEvent<'_>, received_at: DateTime<Utc>) -> Result<Self, ApiError> {
        let data = event
            .data
            .map(|data| serde_json::from_str(data.get()))
            .transpose()
            .map_err(|error| ApiError::StoredRow(error.into()))?;
        Ok(Self {
            event_type: event.kind().to_owned(),
            timestamp: event.time(),
            received_at,
            data: data.unwrap_or_default(),
        })
    }
}
