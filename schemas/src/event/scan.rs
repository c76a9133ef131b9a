//! One event, scanned: structure, timestamp and allow-list judged in a single pass.
//!
//! A member outside `event_type`, `timestamp` and `data`, a field outside the type's list, or a text
//! that is no word of its field is refused as content, whatever it holds: what is not known to be
//! harmless does not pass (INV-6). Text with escapes is never a word, so it needs no unescaping.

use chrono::DateTime;

use super::field::{Field, Rule, is_identifier};
use super::{EventTime, EventType, MAX_FIELDS, Value};
use crate::json::{Cursor, JsonError, Token};

/// Largest magnitude of a number field.
const MAX_NUMBER: f64 = 1e12;

/// Which client timestamps are believable: both ends belong to the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// Earliest accepted event time.
    pub earliest: EventTime,
    /// Latest accepted event time.
    pub latest: EventTime,
}

impl EventLimits {
    /// Accepts every time: for records a gateway has judged already.
    pub const NONE: Self = Self {
        earliest: EventTime(i64::MIN),
        latest: EventTime(i64::MAX),
    };
}

/// Why one event of a batch is rejected; the others are not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectCode {
    /// Not an object, no `event_type`, or a member given twice.
    MalformedEvent,
    /// `timestamp` is absent.
    TimestampMissing,
    /// `timestamp` is neither RFC 3339 nor a number of milliseconds.
    TimestampInvalid,
    /// `timestamp` is negative, before the year 2000, or too far in the future.
    TimestampOutOfRange,
    /// Something that is not on the allow-list of the event's type.
    ContentRefused,
    /// A listed field whose value has the wrong type or is out of range.
    ValueInvalid,
    /// More fields than an event may have.
    TooManyFields,
}

impl RejectCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::MalformedEvent,
        Self::TimestampMissing,
        Self::TimestampInvalid,
        Self::TimestampOutOfRange,
        Self::ContentRefused,
        Self::ValueInvalid,
        Self::TooManyFields,
    ];

    /// The stable code of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedEvent => "malformed_event",
            Self::TimestampMissing => "timestamp_missing",
            Self::TimestampInvalid => "timestamp_invalid",
            Self::TimestampOutOfRange => "timestamp_out_of_range",
            Self::ContentRefused => "content_refused",
            Self::ValueInvalid => "value_invalid",
            Self::TooManyFields => "too_many_fields",
        }
    }

    /// A sentence for the client's developer. Never repeats the client's input.
    pub fn detail(self) -> &'static str {
        match self {
            Self::MalformedEvent => {
                "an event is an object with `event_type`, `timestamp` and optional `data`, each once"
            }
            Self::TimestampMissing => "`timestamp` is required",
            Self::TimestampInvalid => {
                "`timestamp` is RFC 3339 text or a number of milliseconds since 1970"
            }
            Self::TimestampOutOfRange => {
                "`timestamp` is before 2000 or more than a day ahead of the server"
            }
            Self::ContentRefused => {
                "the event carries something outside the allow-list of its type; typed text is never accepted"
            }
            Self::ValueInvalid => "a field has a value of the wrong type or out of range",
            Self::TooManyFields => "`data` has too many fields",
        }
    }
}

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
struct Draft<'a, 'b> {
    fields: &'b mut Vec<(Field, Value<'a>)>,
    type_name: Option<&'a str>,
    timestamp: Option<Result<EventTime, RejectCode>>,
    data_seen: bool,
    seen: u128,
    /// First problem that holds for every type.
    problem: Option<RejectCode>,
    /// First field that no listed type has, or that breaks its rule; `custom` may still carry it.
    listed_problem: Option<RejectCode>,
    /// First field that `custom` may not carry.
    custom_problem: Option<RejectCode>,
}

/// Scans the next value of `cursor` as an event. Only broken JSON is an error.
pub(crate) fn scan_event<'a>(
    cursor: &mut Cursor<'a>,
    limits: &EventLimits,
    fields: &mut Vec<(Field, Value<'a>)>,
) -> Result<ScannedEvent, JsonError> {
    match cursor.token()? {
        Token::ObjectStart => {}
        other => {
            cursor.skip_rest(other)?;
            return Ok(ScannedEvent::Rejected(RejectCode::MalformedEvent));
        }
    }
    let start = fields.len();
    let mut draft = Draft {
        fields,
        type_name: None,
        timestamp: None,
        data_seen: false,
        seen: 0,
        problem: None,
        listed_problem: None,
        custom_problem: None,
    };
    let mut first = true;
    while let Some(key) = cursor.next_key(first)? {
        first = false;
        draft.member(cursor, key)?;
    }
    let outcome = draft.judge(limits);
    if let ScannedEvent::Rejected(_) = outcome {
        fields.truncate(start);
    }
    Ok(outcome)
}

impl<'a> Draft<'a, '_> {
    fn member(&mut self, cursor: &mut Cursor<'a>, key: &str) -> Result<(), JsonError> {
        let token = cursor.token()?;
        match key {
            "event_type" => {
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
            "timestamp" => {
                if self.timestamp.is_some() {
                    self.note(RejectCode::MalformedEvent);
                }
                self.timestamp = Some(event_time(token));
                cursor.skip_rest(token)
            }
            "data" => {
                if self.data_seen {
                    self.note(RejectCode::MalformedEvent);
                }
                self.data_seen = true;
                self.data(cursor, token)
            }
            _ => {
                self.note(RejectCode::ContentRefused);
                cursor.skip_rest(token)
            }
        }
    }

    fn note(&mut self, code: RejectCode) {
        self.problem.get_or_insert(code);
    }

    fn data(&mut self, cursor: &mut Cursor<'a>, token: Token<'a>) -> Result<(), JsonError> {
        match token {
            Token::Null => return Ok(()),
            Token::ObjectStart => {}
            other => {
                self.note(RejectCode::ValueInvalid);
                return cursor.skip_rest(other);
            }
        }
        let mut fields = 0;
        let mut first = true;
        while let Some(name) = cursor.next_key(first)? {
            first = false;
            fields += 1;
            if fields > MAX_FIELDS {
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
            Token::Null => None,
            Token::Bool(flag) => Some(Value::Flag(flag)),
            Token::Number(number) => Some(Value::Number(number)),
            Token::Text {
                raw,
                escaped: false,
            } if is_identifier(raw) => Some(Value::Word(raw)),
            Token::Text { .. } => return self.note(RejectCode::ContentRefused),
            Token::ArrayStart | Token::ObjectStart => return self.note(RejectCode::ContentRefused),
        };
        if matches!(value, Some(Value::Number(number)) if number.abs() > MAX_NUMBER) {
            return self.note(RejectCode::ValueInvalid);
        }
        let Some(field) = Field::from_name(name) else {
            if !is_identifier(name) {
                self.custom_problem
                    .get_or_insert(RejectCode::ContentRefused);
            }
            self.listed_problem
                .get_or_insert(RejectCode::ContentRefused);
            return;
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
            self.fields.push((field, value));
        }
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
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within ±10^18 by the arm above"
        )]
        Token::Number(millis) => Ok(EventTime((millis * 1e3).round() as i64)),
        Token::Text {
            raw,
            escaped: false,
        } => DateTime::parse_from_rfc3339(raw)
            .map(|time| EventTime(time.timestamp_micros()))
            .map_err(|_| RejectCode::TimestampInvalid),
        _ => Err(RejectCode::TimestampInvalid),
    }
}
