//! Pages of the newest dead letters.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use dead_letters::{Position, Recent, Row, Standing, Whose};
use kafka::dead_letter::DeadLetterHeaders;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::Bytes;
use crate::error::ApiError;
use crate::query::{Pairs, Parameters, TEXT, TIME, text_filter, time};

/// Letters on a page when nothing is said.
const DEFAULT_LIMIT: usize = 50;
/// Most letters on a page.
pub(crate) const MAX_LIMIT: usize = 200;

/// Where a page begins: below this age and place.
type Below = (i64, Position);

/// Filters of the list.
#[derive(Debug, Clone)]
pub(crate) struct LetterFilter {
    reason: Option<String>,
    source: Option<String>,
    since: Option<DateTime<Utc>>,
    replayed: Option<bool>,
    below: Option<Below>,
    limit: usize,
}

impl LetterFilter {
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let limit = given.take("limit", "a whole number from 1 to 200", |text| {
            let limit = text.parse().ok();
            limit.filter(|limit| (1..=MAX_LIMIT).contains(limit))
        });
        let filter = Self {
            reason: given.take("reason", TEXT, text_filter),
            source: given.take("source", TEXT, text_filter),
            since: given.take("since", TIME, time),
            replayed: given.take("replayed", "true or false", |text| text.parse().ok()),
            below: given.take("cursor", "the next_cursor of a page", open_cursor),
            limit: limit.unwrap_or(DEFAULT_LIMIT),
        };
        given.finish(filter)
    }

    fn takes(&self, row: &Row) -> bool {
        let why = &row.letter.why;
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        let is_back = row.standing == Standing::Replayed;
        let late = |since: DateTime<Utc>| row.letter.set_aside_ms >= since.timestamp_millis();
        is(&self.reason, &why.reason)
            && is(&self.source, &why.topic)
            && self.since.is_none_or(late)
            && self.replayed.is_none_or(|wanted| wanted == is_back)
            && self.below.is_none_or(|below| place(row) < below)
    }
}

fn place(row: &Row) -> Below {
    (row.letter.set_aside_ms, row.letter.at)
}

/// The place after a letter in the list, opaque to clients.
fn close_cursor((age, at): Below) -> String {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&age.to_be_bytes());
    bytes[8..12].copy_from_slice(&at.partition.to_be_bytes());
    bytes[12..].copy_from_slice(&at.offset.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn open_cursor(text: &str) -> Option<Below> {
    let bytes: [u8; 20] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let at = Position {
        partition: i32::from_be_bytes(bytes[8..12].try_into().ok()?),
        offset: i64::from_be_bytes(bytes[12..].try_into().ok()?),
    };
    Some((i64::from_be_bytes(bytes[..8].try_into().ok()?), at))
}

/// Where a letter's record stood.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterSource {
    topic: String,
    partition: i32,
    offset: i64,
}

impl LetterSource {
    pub(super) fn of(why: &DeadLetterHeaders) -> Self {
        Self {
            topic: why.topic.clone(),
            partition: why.partition,
            offset: why.offset,
        }
    }
}

/// Whether a letter is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LetterState {
    /// It was never replayed.
    New,
    /// It is back.
    Replayed,
    /// A replay was begun and did not say how it went; the next one finds out.
    Uncertain,
}

/// A dead letter, without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterRow {
    /// `PARTITION:OFFSET` in the dead-letter topic.
    id: String,
    /// Stable name of the reason.
    reason: String,
    /// When it was set aside.
    set_aside_at: DateTime<Utc>,
    /// Where its record stood.
    source: LetterSource,
    /// Whose it is; absent when it names nobody that can be read.
    organisation: Option<String>,
    /// The beginning of the record's key.
    key: Bytes,
    /// Bytes of the record's value.
    bytes: usize,
    /// Whether it is back.
    state: LetterState,
}

/// The newest dead letters, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterPage {
    /// The letters, the newest first; those of one record are one.
    letters: Vec<LetterRow>,
    /// Of the next page; absent on the last.
    next_cursor: Option<String>,
    /// Whether these pages hold everything there is. If not, letters set aside before `since` are left out: `candor dlq list` shows them.
    is_complete: bool,
    /// Since when letters are listed; absent when all are.
    since: Option<DateTime<Utc>>,
}

impl LetterPage {
    pub(super) fn of(recent: &Recent, whose: &Whose, filter: &LetterFilter) -> Self {
        let takes = |row: &&Row| whose.takes(row.letter.organisation.as_ref()) && filter.takes(row);
        let mut rows = recent.rows.iter().filter(takes);
        let page: Vec<&Row> = rows.by_ref().take(filter.limit).collect();
        let last = page.last().filter(|_| rows.next().is_some());
        Self {
            next_cursor: last.map(|row| close_cursor(place(row))),
            letters: page.into_iter().map(LetterRow::of).collect(),
            is_complete: recent.since_ms.is_none(),
            since: recent.since_ms.and_then(DateTime::from_timestamp_millis),
        }
    }
}

impl LetterRow {
    fn of(row: &Row) -> Self {
        let letter = &row.letter;
        Self {
            id: letter.at.to_string(),
            reason: letter.why.reason.clone(),
            set_aside_at: DateTime::from_timestamp_millis(letter.set_aside_ms).unwrap_or_default(),
            source: LetterSource::of(&letter.why),
            organisation: letter.organisation.as_ref().map(ToString::to_string),
            key: Bytes::of(&row.key, usize::MAX),
            bytes: row.bytes,
            state: match row.standing {
                Standing::New => LetterState::New,
                Standing::Replayed => LetterState::Replayed,
                Standing::Uncertain { .. } => LetterState::Uncertain,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_place_it_was_made_of_and_nothing_else_is_one() {
        let at = Position {
            partition: 3,
            offset: 1042,
        };
        let place = (1_790_000_000_000, at);
        assert_eq!(open_cursor(&close_cursor(place)), Some(place));
        for bad in ["", "AAAA", "%%%%", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(open_cursor(bad), None, "{bad}");
        }
    }
}
