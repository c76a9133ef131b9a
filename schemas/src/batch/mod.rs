//! Batches of events: the request a client posts, and the record that becomes of it.
//!
//! The gateway scans a request once ([`scan_request`]), keeps the byte ranges of the accepted events
//! and forwards those bytes ([`ScannedBatch::encode`]): no tree is built and nothing is printed again.
//! The detector reads the record with the same scanner ([`BatchRecord::decode`]).
//!
//! Request: an array of events, `{"events": [...], "writer": "...", "sequence": n}`, or the compact form
//! ([`crate::compact`]). `writer` is a random identifier of one client instance and `sequence` counts its
//! batches from 0: together they make a retry recognisable.

mod line;
mod members;
mod record;

use std::ops::Range;

use crate::compact::{FORM, scan_compact_event};
use crate::event::{Discard, EventLimits, EventTime, RejectCode, ScannedEvent, scan_event};
use crate::json::{Cursor, JsonError, Token};
use members::Members;

pub use line::{ScannedLine, scan_line};
pub use record::{BatchRecord, BatchRecordError};

/// What a gateway accepts in one batch.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Most events.
    pub max_events: usize,
    /// Believable event times.
    pub events: EventLimits,
}

/// Why a whole request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The text is not JSON.
    #[error("the body is not valid JSON: {expected} at byte {position}")]
    MalformedJson {
        /// What would have been right there.
        expected: &'static str,
        /// Byte position in the body.
        position: usize,
    },
    /// JSON, but not a batch.
    #[error(
        "a batch is an array of events, an object with an `events` array, or the compact form: `v` 1, `t` in milliseconds and an array `e`"
    )]
    NotABatch,
    /// No event in it.
    #[error("the batch holds no event")]
    Empty,
    /// Too many events.
    #[error("a batch holds at most {limit} events")]
    TooManyEvents {
        /// The limit.
        limit: usize,
    },
    /// `writer` or `sequence` is unusable, or only one of them is given.
    #[error(
        "`writer` is an identifier of at most 64 characters and comes with `sequence`, a whole number from 0"
    )]
    BadSequence,
}

impl From<JsonError> for BatchError {
    fn from(error: JsonError) -> Self {
        Self::MalformedJson {
            expected: error.expected,
            position: error.position,
        }
    }
}

impl BatchError {
    /// A stable label for problems, metrics and dead letters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed_json",
            Self::NotABatch => "not_a_batch",
            Self::Empty => "empty_batch",
            Self::TooManyEvents { .. } => "too_many_events",
            Self::BadSequence => "bad_sequence",
        }
    }
}

/// One rejected event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Position in the request, from 0.
    pub index: usize,
    /// Why.
    pub code: RejectCode,
}

/// Who wrote a batch, and as its how-manieth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchSequence<'a> {
    /// Random identifier of one client instance.
    pub writer: &'a str,
    /// Number of the batch, from 0.
    pub sequence: u64,
}

/// What the times of a compact batch count from.
#[derive(Debug, Clone, Copy)]
struct CompactBase<'a> {
    /// As the client wrote it.
    text: &'a str,
    at: EventTime,
}

/// A scanned request: what to forward and what to tell the client.
#[derive(Debug)]
pub struct ScannedBatch<'a> {
    text: &'a str,
    /// Runs of accepted events with the commas between them.
    runs: Vec<Range<usize>>,
    /// What the times of a compact batch count from; `None` for the canonical form.
    base: Option<CompactBase<'a>>,
    /// Writer and sequence, if the client sent them.
    pub sequence: Option<BatchSequence<'a>>,
    /// Number of accepted events.
    pub accepted: usize,
    /// The rejected events, in order.
    pub rejected: Vec<Rejection>,
    /// How many accepted events have a type outside the list and are kept as `custom`.
    pub unknown_types: usize,
}

/// Scans the body of a batch request.
///
/// # Errors
/// [`BatchError`] when nothing of the body can be used; single bad events are in
/// [`ScannedBatch::rejected`] instead.
pub fn scan_request<'a>(
    text: &'a str,
    limits: &BatchLimits,
) -> Result<ScannedBatch<'a>, BatchError> {
    let mut cursor = Cursor::new(text);
    match cursor.token()? {
        Token::ArrayStart => {
            let mut batch = ScannedBatch::new(text, None);
            batch.events(&mut cursor, limits)?;
            // What is not JSON is that first, whatever else it is.
            cursor.finish()?;
            batch.check_filled()?;
            Ok(batch)
        }
        Token::ObjectStart => {
            let mut members = Members::default();
            let mut first = true;
            while let Some(key) = cursor.next_key(first)? {
                first = false;
                let start = cursor.start_of_value();
                let token = cursor.token()?;
                members.take(&mut cursor, (key, start, token), limits)?;
            }
            cursor.finish()?;
            members.finish(limits)?.ok_or(BatchError::NotABatch)
        }
        _ => {
            cursor.finish()?;
            Err(BatchError::NotABatch)
        }
    }
}

impl<'a> ScannedBatch<'a> {
    fn new(text: &'a str, base: Option<CompactBase<'a>>) -> Self {
        Self {
            text,
            runs: Vec::new(),
            base,
            sequence: None,
            accepted: 0,
            rejected: Vec::new(),
            unknown_types: 0,
        }
    }

    fn check_filled(&self) -> Result<(), BatchError> {
        if self.accepted + self.rejected.len() == 0 {
            Err(BatchError::Empty)
        } else {
            Ok(())
        }
    }

    /// Where the events are in the request: a JSON pointer.
    pub fn parent(&self) -> &'static str {
        if self.base.is_some() {
            "/e"
        } else if self.text.trim_start().starts_with('[') {
            ""
        } else {
            "/events"
        }
    }

    fn events(&mut self, cursor: &mut Cursor<'a>, limits: &BatchLimits) -> Result<(), BatchError> {
        let mut index = 0;
        let mut run: Option<Range<usize>> = None;
        while cursor.next_element(index == 0)? {
            if index == limits.max_events {
                return Err(BatchError::TooManyEvents {
                    limit: limits.max_events,
                });
            }
            let start = cursor.start_of_value();
            let scanned = match self.base {
                None => scan_event(cursor, &limits.events, &mut Discard),
                Some(base) => scan_compact_event(cursor, base.at, &limits.events, &mut Discard),
            };
            match scanned? {
                ScannedEvent::Accepted { known_type, .. } => {
                    self.accepted += 1;
                    self.unknown_types += usize::from(!known_type);
                    let begin = run.take().map_or(start, |run| run.start);
                    run = Some(begin..cursor.position());
                }
                ScannedEvent::Rejected(code) => {
                    self.rejected.push(Rejection { index, code });
                    self.runs.extend(run.take());
                }
            }
            index += 1;
        }
        self.runs.extend(run);
        Ok(())
    }

    /// The value of the record: an envelope around the accepted bytes.
    pub fn encode(&self, batch_id: &str) -> Vec<u8> {
        use std::io::Write;

        let length: usize = self.runs.iter().map(|run| run.len() + 1).sum();
        let mut value = Vec::with_capacity(length + 192);
        // Writing to a vector cannot fail; ids and writers are identifiers, so need no escaping.
        let _ = write!(
            value,
            "{{\"batch_id\":\"{batch_id}\",\"count\":{},",
            self.accepted
        );
        if let Some(BatchSequence { writer, sequence }) = self.sequence {
            let _ = write!(value, "\"writer\":\"{writer}\",\"sequence\":{sequence},");
        }
        if let Some(base) = self.base {
            let _ = write!(value, "\"form\":\"{FORM}\",\"t\":{},", base.text);
        }
        value.extend_from_slice(b"\"events\":[");
        for (number, run) in self.runs.iter().enumerate() {
            if number > 0 {
                value.push(b',');
            }
            value.extend_from_slice(&self.text.as_bytes()[run.clone()]);
        }
        value.extend_from_slice(b"]}");
        value
    }
}
