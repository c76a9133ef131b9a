//! The batch as a record of the events topic, decoded for whoever folds or stores it.

use std::borrow::Cow;

use super::members::{Envelope, base_time};
use super::{BatchError, BatchSequence, CompactBase};
use crate::compact::{expand, scan_compact_event};
use crate::event::{
    Event, EventLimits, EventTime, EventType, Field, RejectCode, ScannedEvent, Value, scan_event,
};
use crate::json::{Cursor, Token};

/// Why a batch record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchRecordError {
    /// The value is not UTF-8.
    #[error("the value is not UTF-8")]
    NotUtf8,
    /// The value is not a batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// An event in it would not pass the gateway.
    #[error("event {index} of the batch is not valid: {}", code.as_str())]
    Event {
        /// Position, from 0.
        index: usize,
        /// What is wrong with it.
        code: RejectCode,
    },
}

impl BatchRecordError {
    /// A stable label for metrics and dead letters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::Batch(error) => error.kind(),
            Self::Event { .. } => "invalid_event",
        }
    }
}

/// A decoded batch record; borrows from the record's value.
#[derive(Debug)]
pub struct BatchRecord<'a> {
    /// Unique id the gateway gave the batch.
    pub batch_id: &'a str,
    /// Writer and sequence, if the client sent them.
    pub sequence: Option<BatchSequence<'a>>,
    /// The JSON array of its events, in the form they came in.
    text: &'a str,
    /// What the times of a compact batch count from.
    base: Option<CompactBase<'a>>,
    heads: Vec<Head>,
    fields: Vec<(Field, Value<'a>)>,
}

/// Fields of an event, as a rule: room for them is made at once, not by growing eight times.
const USUAL_FIELDS: usize = 3;

#[derive(Debug)]
struct Head {
    event_type: EventType,
    at: EventTime,
    end: usize,
}

impl<'a> BatchRecord<'a> {
    /// Decodes a record's value.
    ///
    /// # Errors
    /// [`BatchRecordError`]; then nothing of the batch may be folded.
    pub fn decode(value: &'a [u8]) -> Result<Self, BatchRecordError> {
        let text = std::str::from_utf8(value).map_err(|_| BatchRecordError::NotUtf8)?;
        let mut envelope = Envelope::default();
        let mut record = Self {
            batch_id: "",
            sequence: None,
            text: "",
            base: None,
            heads: Vec::new(),
            fields: Vec::new(),
        };
        let mut cursor = Cursor::new(text);
        if cursor.token().map_err(BatchError::from)? != Token::ObjectStart {
            return Err(BatchError::NotABatch.into());
        }
        let mut first = true;
        while let Some(key) = cursor.next_key(first).map_err(BatchError::from)? {
            first = false;
            let start = cursor.start_of_value();
            let token = cursor.token().map_err(BatchError::from)?;
            match (key, token) {
                ("events", Token::ArrayStart) if record.text.is_empty() => {
                    if envelope
                        .compact
                        .is_some_and(|known| !known || record.base.is_none())
                    {
                        return Err(BatchError::NotABatch.into());
                    }
                    record.reserve(envelope.count.unwrap_or(0).min(4096) as usize);
                    record.read_events(&mut cursor)?;
                    record.text = &text[start..cursor.position()];
                }
                // How the events are to be read stands before them, once.
                ("form", _) if envelope.compact.is_some() || !record.text.is_empty() => {
                    return Err(BatchError::NotABatch.into());
                }
                ("t", _) if envelope.compact == Some(true) && record.base.is_none() => {
                    record.base = base_time(token, &text[start..cursor.position()]);
                    cursor.skip_rest(token).map_err(BatchError::from)?;
                }
                ("events" | "t", _) => return Err(BatchError::NotABatch.into()),
                _ => envelope.member(&mut cursor, key, token)?,
            }
        }
        cursor.finish().map_err(BatchError::from)?;
        if record.text.is_empty() {
            return Err(BatchError::NotABatch.into());
        }
        record.batch_id = envelope.batch_id.unwrap_or_default();
        record.sequence = envelope.sequence()?;
        Ok(record)
    }

    fn reserve(&mut self, events: usize) {
        self.heads.reserve(events);
        self.fields.reserve(events * USUAL_FIELDS);
    }

    fn read_events(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BatchRecordError> {
        while cursor
            .next_element(self.heads.is_empty())
            .map_err(BatchError::from)?
        {
            let (limits, fields) = (&EventLimits::NONE, &mut self.fields);
            let scanned = match self.base {
                None => scan_event(cursor, limits, fields),
                Some(base) => scan_compact_event(cursor, base.at, limits, fields),
            };
            match scanned.map_err(BatchError::from)? {
                ScannedEvent::Accepted { event_type, at, .. } => {
                    self.heads.push(Head {
                        event_type,
                        at,
                        end: self.fields.len(),
                    });
                }
                ScannedEvent::Rejected(code) => {
                    return Err(BatchRecordError::Event {
                        index: self.heads.len(),
                        code,
                    });
                }
            }
        }
        Ok(())
    }

    /// The events as a JSON array in the canonical form, whatever form they came in: for storage. A
    /// canonical batch is borrowed as it is, a compact one is printed.
    ///
    /// # Errors
    /// None in practice: the batch has been decoded from the same text.
    pub fn canonical_events(&self) -> Result<Cow<'a, str>, BatchRecordError> {
        if self.base.is_none() {
            return Ok(Cow::Borrowed(self.text));
        }
        let heads = self.heads.iter().map(|head| (head.event_type, head.at));
        let expanded = expand(self.text, heads).map_err(BatchError::from)?;
        Ok(Cow::Owned(expanded))
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The events, in the client's order.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.heads.iter().scan(0, |start, head| {
            let fields = &self.fields[*start..head.end];
            *start = head.end;
            Some(Event::new(head.event_type, head.at, fields))
        })
    }
}
