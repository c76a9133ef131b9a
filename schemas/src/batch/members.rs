//! The members of a batch, in any order: those of the canonical form, of the compact form, and of the
//! record.
//!
//! A compact batch whose events stand before their base time is scanned when the rest has been seen;
//! nothing else is looked at twice.

use super::{BatchError, BatchLimits, BatchSequence, CompactBase, ScannedBatch};
use crate::compact::{FORM, VERSION};
use crate::event::field::is_identifier;
use crate::event::{EventTime, MAX_NUMBER, micros};
use crate::json::{Cursor, Token};

/// The members of a request, or of a line of a bulk upload, that make its batch.
#[derive(Default)]
pub(super) struct Members<'a> {
    envelope: Envelope<'a>,
    batch: Option<ScannedBatch<'a>>,
    compact: Compact<'a>,
}

/// What is known of a compact batch.
#[derive(Default)]
struct Compact<'a> {
    version: Option<bool>,
    /// The base time; `Some(None)` when it is unusable.
    base: Option<Option<CompactBase<'a>>>,
    writer: Option<&'a str>,
    sequence: Option<u64>,
    /// Behind the bracket of events whose base is not known yet.
    waiting: Option<Cursor<'a>>,
}

impl<'a> Members<'a> {
    /// Takes a member whose value begins with `token`, at `start`; members that no form has are passed
    /// over.
    pub(super) fn take(
        &mut self,
        cursor: &mut Cursor<'a>,
        (key, start, token): (&str, usize, Token<'a>),
        limits: &BatchLimits,
    ) -> Result<(), BatchError> {
        match (key, token) {
            ("events" | "e", _) if self.batch.is_some() || self.compact.waiting.is_some() => {
                Err(BatchError::NotABatch)
            }
            ("events", Token::ArrayStart) => {
                let mut batch = ScannedBatch::new(cursor.text(), None);
                batch.events(cursor, limits)?;
                self.batch = Some(batch);
                Ok(())
            }
            ("e", Token::ArrayStart) => self.compact_events(cursor, limits),
            ("events" | "e", _) => Err(BatchError::NotABatch),
            ("v" | "t" | "w" | "q", _) => {
                self.compact.member(cursor, (key, start, token))?;
                Ok(cursor.skip_rest(token)?)
            }
            _ => self.envelope.member(cursor, key, token),
        }
    }

    fn compact_events(
        &mut self,
        cursor: &mut Cursor<'a>,
        limits: &BatchLimits,
    ) -> Result<(), BatchError> {
        if let (Some(true), Some(Some(base))) = (self.compact.version, self.compact.base) {
            let mut batch = ScannedBatch::new(cursor.text(), Some(base));
            batch.events(cursor, limits)?;
            self.batch = Some(batch);
        } else {
            self.compact.waiting = Some(cursor.clone());
            cursor.skip_rest(Token::ArrayStart)?;
        }
        Ok(())
    }

    /// The batch, once every member has been seen; `None` when there was none.
    pub(super) fn finish(
        mut self,
        limits: &BatchLimits,
    ) -> Result<Option<ScannedBatch<'a>>, BatchError> {
        if let Some(mut cursor) = self.compact.waiting.take() {
            self.compact_events(&mut cursor, limits)?;
            if self.batch.is_none() {
                return Err(BatchError::NotABatch);
            }
        }
        let compact = self
            .batch
            .as_ref()
            .is_some_and(|batch| batch.base.is_some());
        if compact {
            self.envelope.writer = self.compact.writer.or(self.envelope.writer);
            self.envelope.sequence = self.compact.sequence.or(self.envelope.sequence);
        }
        let sequence = self.envelope.sequence()?;
        if let Some(batch) = &mut self.batch {
            batch.sequence = sequence;
            batch.check_filled()?;
        }
        Ok(self.batch)
    }
}

impl<'a> Compact<'a> {
    fn member(
        &mut self,
        cursor: &Cursor<'a>,
        (key, start, token): (&str, usize, Token<'a>),
    ) -> Result<(), BatchError> {
        match key {
            "v" if self.version.is_none() => {
                self.version = Some(token == Token::Number(f64::from(VERSION)));
            }
            "t" if self.base.is_none() => {
                self.base = Some(base_time(token, &cursor.text()[start..cursor.position()]));
            }
            "w" => self.writer = identifier(token),
            "q" => self.sequence = Some(whole(token).ok_or(BatchError::BadSequence)?),
            // Given twice: which one holds?
            _ => return Err(BatchError::NotABatch),
        }
        if key == "w" && self.writer.is_none() {
            return Err(BatchError::BadSequence);
        }
        Ok(())
    }
}

/// The base time that a token says, in milliseconds since 1970.
pub(super) fn base_time<'a>(token: Token<'_>, text: &'a str) -> Option<CompactBase<'a>> {
    match token {
        Token::Number(millis) if (0.0..=MAX_NUMBER * 1e3).contains(&millis) => Some(CompactBase {
            text,
            at: EventTime(micros(millis)),
        }),
        _ => None,
    }
}

/// The members of a batch beside its events.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) batch_id: Option<&'a str>,
    pub(super) count: Option<u64>,
    writer: Option<&'a str>,
    sequence: Option<u64>,
    /// Whether `form` is the compact form; `None` without that member.
    pub(super) compact: Option<bool>,
}

impl<'a> Envelope<'a> {
    pub(super) fn member(
        &mut self,
        cursor: &mut Cursor<'a>,
        key: &str,
        token: Token<'a>,
    ) -> Result<(), BatchError> {
        match key {
            "writer" => self.writer = Some(identifier(token).ok_or(BatchError::BadSequence)?),
            "sequence" => self.sequence = Some(whole(token).ok_or(BatchError::BadSequence)?),
            "batch_id" => self.batch_id = identifier(token).or(self.batch_id),
            "count" => self.count = whole(token),
            "form" => self.compact = Some(identifier(token) == Some(FORM)),
            _ => {}
        }
        Ok(cursor.skip_rest(token)?)
    }

    pub(super) fn sequence(&self) -> Result<Option<BatchSequence<'a>>, BatchError> {
        match (self.writer, self.sequence) {
            (Some(writer), Some(sequence)) => Ok(Some(BatchSequence { writer, sequence })),
            (None, None) => Ok(None),
            _ => Err(BatchError::BadSequence),
        }
    }
}

fn identifier(token: Token<'_>) -> Option<&str> {
    match token {
        Token::Text {
            raw,
            escaped: false,
        } if is_identifier(raw) => Some(raw),
        _ => None,
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
