//! Batches of events: the request a client posts, and the record that becomes of it.
//!
//! The gateway scans a request once ([`scan_request`]), keeps the byte ranges of the accepted events
//! and forwards those bytes ([`ScannedBatch::encode`]): no tree is built and nothing is printed again.
//! The detector reads the record with the same scanner ([`BatchRecord::decode`]).
//!
//! Request: an array of events, or `{"events": [...], "writer": "...", "sequence": n}`. `writer` is a
//! random identifier of one client instance and `sequence` counts its batches from 0: together they
//! make a retry recognisable.

mod line;
mod record;

use std::ops::Range;

use crate::event::field::is_identifier;
use crate::event::{Discard, EventLimits, RejectCode, ScannedEvent, scan_event};
use crate::json::{Cursor, JsonError, Token};

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
    #[error("a batch is an array of events or an object with an `events` array")]
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

/// A scanned request: what to forward and what to tell the client.
#[derive(Debug)]
pub struct ScannedBatch<'a> {
    text: &'a str,
    /// Runs of accepted events with the commas between them.
    runs: Vec<Range<usize>>,
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
    let mut batch = ScannedBatch::new(text);
    let mut envelope = Envelope::default();
    let mut cursor = Cursor::new(text);
    match cursor.token()? {
        Token::ArrayStart => batch.events(&mut cursor, limits)?,
        Token::ObjectStart => {
            let mut first = true;
            let mut found = false;
            while let Some(key) = cursor.next_key(first)? {
                first = false;
                let token = cursor.token()?;
                match (key, token) {
                    ("events", Token::ArrayStart) if !found => {
                        found = true;
                        batch.events(&mut cursor, limits)?;
                    }
                    ("events", _) => return Err(BatchError::NotABatch),
                    _ => envelope.member(&mut cursor, key, token)?,
                }
            }
            if !found {
                return Err(BatchError::NotABatch);
            }
        }
        _ => return Err(BatchError::NotABatch),
    }
    cursor.finish()?;
    batch.sequence = envelope.sequence()?;
    batch.check_filled()?;
    Ok(batch)
}

impl<'a> ScannedBatch<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            runs: Vec::new(),
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
        if self.text.trim_start().starts_with('[') {
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
            match scan_event(cursor, &limits.events, &mut Discard)? {
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

/// The members of a batch beside its events.
#[derive(Default)]
struct Envelope<'a> {
    batch_id: Option<&'a str>,
    count: Option<u64>,
    writer: Option<&'a str>,
    sequence: Option<u64>,
}

impl<'a> Envelope<'a> {
    fn member(
        &mut self,
        cursor: &mut Cursor<'a>,
        key: &str,
        token: Token<'a>,
    ) -> Result<(), BatchError> {
        match (key, token) {
            (
                "writer",
                Token::Text {
                    raw,
                    escaped: false,
                },
            ) if is_identifier(raw) => {
                self.writer = Some(raw);
            }
            (
                "batch_id",
                Token::Text {
                    raw,
                    escaped: false,
                },
            ) if is_identifier(raw) => {
                self.batch_id = Some(raw);
            }
            ("sequence", token) => {
                self.sequence = Some(whole(token).ok_or(BatchError::BadSequence)?)
            }
            ("count", token) => self.count = whole(token),
            ("writer", _) => return Err(BatchError::BadSequence),
            _ => {}
        }
        Ok(cursor.skip_rest(token)?)
    }

    fn sequence(&self) -> Result<Option<BatchSequence<'a>>, BatchError> {
        match (self.writer, self.sequence) {
            (Some(writer), Some(sequence)) => Ok(Some(BatchSequence { writer, sequence })),
            (None, None) => Ok(None),
            _ => Err(BatchError::BadSequence),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole and below 2^53"
)]
fn whole(token: Token<'_>) -> Option<u64> {
    match token {
        Token::Number(n) if (0.0..9_007_199_254_740_992.0).contains(&n) && n.fract() == 0.0 => {
            Some(n as u64)
        }
        _ => None,
    }
}
