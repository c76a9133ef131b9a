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
    let mut first = !draft.usual_members(cursor)?;
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
    if let Some(name) = name {
        draft.count = 1;
        draft.text(Field::Name.name(), name);
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

    /// The usual members in the usual order need no look at their names. Says whether there was any.
    #[inline(always)]
    fn usual_members(&mut self, cursor: &mut Cursor<'a>) -> Result<bool, JsonError> {
        if !cursor.take(b"\"event_type\":") {
            return Ok(false);
        }
        match cursor.take_text() {
            Some(name) => self.name(name),
            None => self.event_type(cursor)?,
        }
        if cursor.take(b",\"timestamp\":") {
            self.timestamp(cursor)?;
            if cursor.take(b",\"data\":") {
                let token = cursor.token()?;
                self.data(cursor, token)?;
            }
        }
        Ok(true)
    }

    fn member(&mut self, cursor: &mut Cursor<'a>, key: &str) -> Result<(), JsonError> {
        match key {
            "event_type" => self.event_type(cursor),
            "timestamp" => self.timestamp(cursor),
            "data" => {
                let token = cursor.token()?;
                self.data(cursor, token)
            }
            _ => {
                self.note(RejectCode::ContentRefused);
                let token = cursor.token()?;
                cursor.skip_rest(token)
            }
        }
    }

    fn event_type(&mut self, cursor: &mut Cursor<'a>) -> Result<(), JsonError> {
        match cursor.token()? {
            Token::Text {
                raw,
                escaped: false,
            } => self.name(raw),
            Token::Text { .. } => self.note(RejectCode::ContentRefused),
            other => {
                self.note(RejectCode::MalformedEvent);
                cursor.skip_rest(other)?;
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &'a str) {
        if !is_identifier(name) {
            self.note(RejectCode::ContentRefused);
        } else if self.type_name.is_some() {
            self.note(RejectCode::MalformedEvent);
        } else {
            self.type_name = Some(name);
        }
    }

    #[inline(always)]
    fn timestamp(&mut self, cursor: &mut Cursor<'a>) -> Result<(), JsonError> {
        if self.timestamp.is_some() {
            self.note(RejectCode::MalformedEvent);
        }
        let time = if let Some(millis) = cursor.take_number() {
            time_of_millis(millis)
        } else if let Some(text) = cursor.take_text() {
            rfc3339(text).ok_or(RejectCode::TimestampInvalid)
        } else {
            let token = cursor.token()?;
            cursor.skip_rest(token)?;
            Err(RejectCode::TimestampInvalid)
        };
        self.timestamp = Some(time);
        Ok(())
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
            if let Some(number) = cursor.take_number() {
                self.number(name, number);
            } else if let Some(text) = cursor.take_text() {
                self.text(name, text);
            } else {
                let token = cursor.token()?;
                self.other(name, token);
                cursor.skip_rest(token)?;
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn number(&mut self, name: &str, number: f64) {
        if number.abs() <= MAX_NUMBER {
            self.field(name, Some(Value::Number(number)));
        } else {
            self.note(RejectCode::ValueInvalid);
        }
    }

    #[inline(always)]
    fn text(&mut self, name: &str, text: &'a str) {
        if is_identifier(text) {
            self.field(name, Some(Value::Word(text)));
        } else {
            self.note(RejectCode::ContentRefused);
        }
    }

    /// A value that is neither a number nor a text without escapes.
    fn other(&mut self, name: &str, token: Token<'a>) {
        match token {
            Token::Bool(flag) => self.field(name, Some(Value::Flag(flag))),
            Token::Null => self.field(name, None),
            _ => self.note(RejectCode::ContentRefused),
        }
    }

    /// A field that is no text but an identifier, and no number out of range; `None` is not given.
    #[inline(always)]
    fn field(&mut self, name: &str, value: Option<Value<'a>>) {
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

#[inline(always)]
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

#[inline(always)]
fn time_of_millis(millis: f64) -> Result<EventTime, RejectCode> {
    if (0.0..=MAX_NUMBER * 1e3).contains(&millis) {
        Ok(EventTime(micros(millis)))
    } else {
        Err(RejectCode::TimestampOutOfRange)
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
