//! One event, scanned: structure, timestamp and allow-list judged in a single pass.
//!
//! A member outside `event_type`, `timestamp` and `data`, a field outside the type's list, or a text
//! that is no word of its field is refused as content, whatever it holds: what is not known to be
//! harmless does not pass (INV-6). Text with escapes is never a word, so it needs no unescaping.

use super::field::{Field, Rule, is_identifier};
use super::reject::{EventLimits, RejectCode};
use super::sink::FieldSink;
use super::time::rfc3339;
use super::{EventTime, EventType, MAX_FIELDS, Value};
use crate::json::{Cursor, JsonError, Token};

/// Largest magnitude of a number field.
pub(crate) const MAX_NUMBER: f64 = 1e12;

/// The outcome of scanning one event. The fields of an accepted one have been appended to the buffer.
#[derive(Debug)]
pub(crate) enum ScannedEvent {
    Accepted {
        event_type: EventType,
        at: EventTime,
        known_type: bool,
    },
    Rejected(RejectCode),
}

/// What has been seen of an event so far; judged once its object ends.
struct Draft<'a, 'b, S> {
    fields: &'b mut S,
    type_name: Option<&'a str>,
    timestamp: Option<Result<EventTime, RejectCode>>,
    data_seen: bool,
    /// Members of `data` so far.
    count: usize,
    seen: u128,
    /// First problem that holds for every type.
    problem: Option<RejectCode>,
    /// First field that no listed type has, or that breaks its rule; `custom` may still carry it.
    listed_problem: Option<RejectCode>,
    /// First field that `custom` may not carry.
    custom_problem: Option<RejectCode>,
}

/// Scans the next value of `cursor` as an event. Only broken JSON is an error.
pub(crate) fn scan_event<'a, S: FieldSink<'a>>(
    cursor: &mut Cursor<'a>,
    limits: &EventLimits,
    fields: &mut S,
) -> Result<ScannedEvent, JsonError> {
    match cursor.token()? {
        Token::ObjectStart => {}
        other => {
            cursor.skip_rest(other)?;
            return Ok(ScannedEvent::Rejected(RejectCode::MalformedEvent));
        }
    }
    let start = fields.mark();
    let mut draft = Draft::new(fields);
    // The usual members in the usual order need no look at their names.
    let mut first = !cursor.take(b"\"event_type\":");
    if !first {
        let token = cursor.token()?;
        draft.event_type(cursor, token)?;
        if cursor.take(b",\"timestamp\":") {
            let token = cursor.token()?;
            draft.timestamp(cursor, token)?;
            if cursor.take(b",\"data\":") {
                let token = cursor.token()?;
                draft.data(cursor, token)?;
            }
        }
    }
    while let Some(key) = cursor.next_key(first)? {
        first = false;
        draft.member(cursor, key)?;
    }
    let outcome = draft.judge(limits);
    if let ScannedEvent::Rejected(_) = outcome {
        fields.rewind(start);
    }
    Ok(outcome)
}

/// Scans the data of a `custom` event of the compact form, whose first token has been taken: its name
/// stands beside it. Says the first problem.
pub(crate) fn scan_custom_data<'a, S: FieldSink<'a>>(
    cursor: &mut Cursor<'a>,
    (name, data): (Option<&'a str>, Token<'a>),
    fields: &mut S,
) -> Result<Option<RejectCode>, JsonError> {
    let mut draft = Draft::new(fields);
    if let Some(raw) = name {
        draft.count = 1;
        draft.field(
            Field::Name.name(),
            Token::Text {
                raw,
                escaped: false,
            },
        );
    }
    draft.data(cursor, data)?;
    Ok(draft.problem.or(draft.custom_problem))
}

impl<'a, 'b, S: FieldSink<'a>> Draft<'a, 'b, S> {
    fn new(fields: &'b mut S) -> Self {
        Self {
            fields,
            type_name: None,
            timestamp: None,
            data_seen: false,
            count: 0,
            seen: 0,
            problem: None,
            listed_problem: None,
            custom_problem: None,
        }
    }

    fn member(&mut self, cursor: &mut Cursor<'a>, key: &str) -> Result<(), JsonError> {
        let token = cursor.token()?;
        match key {
            "event_type" => self.event_type(cursor, token),
            "timestamp" => self.timestamp(cursor, token),
            "data" => self.data(cursor, token),
            _ => {
                self.note(RejectCode::ContentRefused);
                cursor.skip_rest(token)
            }
        }
    }

    fn event_type(&mut self, cursor: &mut Cursor<'a>, token: Token<'a>) -> Result<(), JsonError> {
        let name = match token {
            Token::Text {
                raw,
                escaped: false,
            } if is_identifier(raw) => Some(raw),
            Token::Text { .. } => {
                self.note(RejectCode::ContentRefused);
                return Ok(());
            }
            _ => None,
        };
        if name.is_none() || self.type_name.is_some() {
            self.note(RejectCode::MalformedEvent);
        }
        self.type_name = self.type_name.or(name);
        cursor.skip_rest(token)
    }

    fn timestamp(&mut self, cursor: &mut Cursor<'a>, token: Token<'a>) -> Result<(), JsonError> {
        if self.timestamp.is_some() {
            self.note(RejectCode::MalformedEvent);
        }
        self.timestamp = Some(event_time(token));
        cursor.skip_rest(token)
    }

    fn note(&mut self, code: RejectCode) {
        self.problem.get_or_insert(code);
    }

    fn data(&mut self, cursor: &mut Cursor<'a>, token: Token<'a>) -> Result<(), JsonError> {
        if self.data_seen {
            self.note(RejectCode::MalformedEvent);
        }
        self.data_seen = true;
        match token {
            Token::Null => return Ok(()),
            Token::ObjectStart => {}
            other => {
                self.note(RejectCode::ValueInvalid);
                return cursor.skip_rest(other);
            }
        }
        let mut first = true;
        while let Some(name) = cursor.next_key(first)? {
            first = false;
            self.count += 1;
            if self.count > MAX_FIELDS {
                self.note(RejectCode::TooManyFields);
            }
            let token = cursor.token()?;
            self.field(name, token);
            cursor.skip_rest(token)?;
        }
        Ok(())
    }

    fn field(&mut self, name: &str, token: Token<'a>) {
        let value = match token {
            Token::Number(number) if number.abs() <= MAX_NUMBER => Some(Value::Number(number)),
            Token::Number(_) => return self.note(RejectCode::ValueInvalid),
            Token::Text {
                raw,
                escaped: false,
            } if is_identifier(raw) => Some(Value::Word(raw)),
            Token::Bool(flag) => Some(Value::Flag(flag)),
            Token::Null => None,
            Token::Text { .. } | Token::ArrayStart | Token::ObjectStart => {
                return self.note(RejectCode::ContentRefused);
            }
        };
        let Some(field) = Field::from_name(name) else {
            return self.unlisted(name);
        };
        let bit = 1u128 << field as u8;
        if self.seen & bit != 0 {
            return self.note(RejectCode::MalformedEvent);
        }
        self.seen |= bit;
        let Some(value) = value else { return };
        if let Some(problem) = breach(field.rule(), value) {
            self.listed_problem.get_or_insert(problem);
        } else {
            self.fields.push(field, value);
        }
    }

    /// A field that no listed type has.
    #[cold]
    fn unlisted(&mut self, name: &str) {
        if !is_identifier(name) {
            self.custom_problem
                .get_or_insert(RejectCode::ContentRefused);
        }
        self.listed_problem
            .get_or_insert(RejectCode::ContentRefused);
    }

    fn judge(&self, limits: &EventLimits) -> ScannedEvent {
        self.accept(limits).unwrap_or_else(ScannedEvent::Rejected)
    }

    fn accept(&self, limits: &EventLimits) -> Result<ScannedEvent, RejectCode> {
        let name = self
            .type_name
            .ok_or(self.problem.unwrap_or(RejectCode::MalformedEvent))?;
        let known = EventType::from_name(name);
        let event_type = known.unwrap_or(EventType::Custom);
        if let Some(code) = self.problem.or_else(|| self.data_problem(event_type)) {
            return Err(code);
        }
        let at = self.timestamp.ok_or(RejectCode::TimestampMissing)??;
        if at < limits.earliest || at > limits.latest {
            return Err(RejectCode::TimestampOutOfRange);
        }
        Ok(ScannedEvent::Accepted {
            event_type,
            at,
            known_type: known.is_some(),
        })
    }

    fn data_problem(&self, event_type: EventType) -> Option<RejectCode> {
        if event_type == EventType::Custom {
            return self.custom_problem;
        }
        let outside = self.seen & !event_type.allowed().bits() != 0;
        self.listed_problem
            .or(outside.then_some(RejectCode::ContentRefused))
    }
}

fn breach(rule: Rule, value: Value<'_>) -> Option<RejectCode> {
    match (rule, value) {
        (Rule::Number, Value::Number(_))
        | (Rule::Flag, Value::Flag(_))
        | (Rule::Identifier, Value::Word(_)) => None,
        (Rule::Word(words), Value::Word(word)) if words.contains(&word) => None,
        // A text where none belongs may be something a respondent typed.
        (_, Value::Word(_)) => Some(RejectCode::ContentRefused),
        _ => Some(RejectCode::ValueInvalid),
    }
}

fn event_time(token: Token<'_>) -> Result<EventTime, RejectCode> {
    match token {
        Token::Number(millis) if !(0.0..=MAX_NUMBER * 1e3).contains(&millis) => {
            Err(RejectCode::TimestampOutOfRange)
        }
        Token::Number(millis) => Ok(EventTime(micros(millis))),
        Token::Text {
            raw,
            escaped: false,
        } => rfc3339(raw).ok_or(RejectCode::TimestampInvalid),
        _ => Err(RejectCode::TimestampInvalid),
    }
}

/// Milliseconds, at most 10¹⁵, as microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "at most 10^18; only whole numbers below 2^53 are taken as they are"
)]
pub(crate) fn micros(millis: f64) -> i64 {
    let whole = millis as i64;
    // Rounding is a call on processors that are not asked for more than the oldest instructions.
    if whole as f64 == millis {
        whole * 1000
    } else {
        (millis * 1e3).round() as i64
    }
}
