//! One compact event, scanned: form, time and allow-list judged in a single pass.
//!
//! The codes are those of the canonical form. The first thing that is wrong with an event is what it is
//! rejected for; text where none belongs is always `content_refused`, whatever it holds (INV-6).

use super::layout::{LAYOUTS, Layout};
use crate::event::field::is_identifier;
use crate::event::{
    EventLimits, EventTime, EventType, Field, FieldSink, MAX_NUMBER, RejectCode, Rule,
    ScannedEvent, Value, micros, scan_custom_data,
};
use crate::json::{Cursor, JsonError, Token};

/// Latest time that the canonical form can say, microseconds.
const LATEST: i64 = 1_000_000_000_000_000_000;

/// Scans the next value of `cursor` as a compact event; its time counts from `base`. Only broken JSON is
/// an error.
pub(crate) fn scan_compact_event<'a, S: FieldSink<'a>>(
    cursor: &mut Cursor<'a>,
    base: EventTime,
    limits: &EventLimits,
    fields: &mut S,
) -> Result<ScannedEvent, JsonError> {
    let token = cursor.token()?;
    if token != Token::ArrayStart {
        cursor.skip_rest(token)?;
        return Ok(ScannedEvent::Rejected(RejectCode::MalformedEvent));
    }
    let mark = fields.mark();
    let mut row = Row {
        cursor,
        fields,
        over: false,
    };
    let judged = row.judge(base, limits)?;
    Ok(match judged {
        Ok((layout, at)) => ScannedEvent::Accepted {
            event_type: layout.event_type,
            at,
            known_type: true,
        },
        Err(code) => {
            row.skip()?;
            fields.rewind(mark);
            ScannedEvent::Rejected(code)
        }
    })
}

/// What becomes of an event: broken JSON breaks the batch, a broken rule only the event.
type Judged<T> = Result<Result<T, RejectCode>, JsonError>;

/// An event's array while it is read.
struct Row<'a, 'b, S> {
    cursor: &'b mut Cursor<'a>,
    fields: &'b mut S,
    over: bool,
}

impl<'a, S: FieldSink<'a>> Row<'a, '_, S> {
    /// Whether another element follows.
    #[inline(always)]
    fn more(&mut self, first: bool) -> Result<bool, JsonError> {
        if !first && self.cursor.take(b",") {
            return Ok(true);
        }
        let more = self.cursor.next_element(first)?;
        self.over = !more;
        Ok(more)
    }

    /// The next element's first token; `None` at the end.
    fn next(&mut self, first: bool) -> Result<Option<Token<'a>>, JsonError> {
        if self.more(first)? {
            self.cursor.token().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Passes over the elements that nobody judges any more.
    fn skip(&mut self) -> Result<(), JsonError> {
        while !self.over {
            if let Some(token) = self.next(false)? {
                self.cursor.skip_rest(token)?;
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn judge(
        &mut self,
        base: EventTime,
        limits: &EventLimits,
    ) -> Judged<(&'static Layout, EventTime)> {
        if !self.more(true)? {
            return Ok(Err(RejectCode::MalformedEvent));
        }
        let Some(number) = self.cursor.take_number() else {
            return self.no_number(RejectCode::MalformedEvent);
        };
        let Some(layout) = index(number, &LAYOUTS) else {
            return Ok(Err(RejectCode::MalformedEvent));
        };
        if !self.more(false)? {
            return Ok(Err(RejectCode::TimestampMissing));
        }
        let Some(millis) = self.cursor.take_number() else {
            return self.no_number(RejectCode::TimestampInvalid);
        };
        let at = match time(base, millis, limits) {
            Ok(at) => at,
            Err(code) => return Ok(Err(code)),
        };
        let problem = if layout.event_type == EventType::Custom {
            self.custom()?
        } else {
            self.listed(layout)?
        };
        Ok(problem.map_or(Ok((layout, at)), Err))
    }

    /// The fields of a listed type; the first problem, if there is one.
    #[inline]
    fn listed(&mut self, layout: &Layout) -> Result<Option<RejectCode>, JsonError> {
        let mut position = 0;
        while self.more(false)? {
            let Some(field) = layout.fields.get(position) else {
                return Ok(Some(self.refuse(RejectCode::ContentRefused)?));
            };
            position += 1;
            if let Some(number) = self.cursor.take_number() {
                match value_of_number(field.rule(), number) {
                    Ok(value) => self.fields.push(*field, value),
                    Err(code) => return Ok(Some(code)),
                }
                continue;
            }
            let token = self.cursor.token()?;
            match value(field.rule(), token) {
                Ok(Some(value)) => self.fields.push(*field, value),
                Ok(None) => {}
                Err(code) => {
                    self.cursor.skip_rest(token)?;
                    return Ok(Some(code));
                }
            }
        }
        Ok(None)
    }

    /// The name and the object of a custom event.
    fn custom(&mut self) -> Result<Option<RejectCode>, JsonError> {
        let Some(token) = self.next(false)? else {
            return Ok(None);
        };
        let name = match value(Rule::Identifier, token) {
            Ok(Some(Value::Word(name))) => Some(name),
            Ok(_) => None,
            Err(code) => {
                self.cursor.skip_rest(token)?;
                return Ok(Some(code));
            }
        };
        let data = self.next(false)?.unwrap_or(Token::Null);
        let problem = scan_custom_data(self.cursor, (name, data), self.fields)?;
        if problem.is_some() || self.over {
            return Ok(problem);
        }
        if !self.more(false)? {
            return Ok(None);
        }
        Ok(Some(self.refuse(RejectCode::ContentRefused)?))
    }

    /// Type or time is no number; a text in place of the type is content.
    #[cold]
    fn no_number<T>(&mut self, code: RejectCode) -> Judged<T> {
        let token = self.cursor.token()?;
        self.cursor.skip_rest(token)?;
        Ok(Err(match (token, code) {
            (Token::Text { .. }, RejectCode::MalformedEvent) => RejectCode::ContentRefused,
            _ => code,
        }))
    }

    /// Passes over an element that is what the event is rejected for.
    #[cold]
    fn refuse(&mut self, code: RejectCode) -> Result<RejectCode, JsonError> {
        let token = self.cursor.token()?;
        self.cursor.skip_rest(token)?;
        Ok(code)
    }
}

/// The member of `list` at a position that is a whole number.
#[inline]
fn index<T>(number: f64, list: &[T]) -> Option<&T> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is compared with the number it came from"
    )]
    let position = number as u32;
    if f64::from(position) == number {
        list.get(position as usize)
    } else {
        None
    }
}

#[inline(always)]
fn time(base: EventTime, millis: f64, limits: &EventLimits) -> Result<EventTime, RejectCode> {
    if millis.abs() > MAX_NUMBER {
        return Err(RejectCode::TimestampOutOfRange);
    }
    let at = EventTime(base.0 + micros(millis));
    let believable = at >= limits.earliest && at <= limits.latest;
    if believable && (0..=LATEST).contains(&at.0) {
        Ok(at)
    } else {
        Err(RejectCode::TimestampOutOfRange)
    }
}

/// A number as the value of a field.
#[inline(always)]
fn value_of_number(rule: Rule, number: f64) -> Result<Value<'static>, RejectCode> {
    match rule {
        Rule::Number if number.abs() <= MAX_NUMBER => Ok(Value::Number(number)),
        Rule::Flag if number == 0.0 || number == 1.0 => Ok(Value::Flag(number == 1.0)),
        Rule::Word(words) => match index(number, words) {
            Some(word) => Ok(Value::Word(word)),
            None => Err(RejectCode::ValueInvalid),
        },
        Rule::Number | Rule::Flag | Rule::Identifier => Err(RejectCode::ValueInvalid),
    }
}

/// An element as the value of a field; `None` for one that is not given.
fn value<'a>(rule: Rule, token: Token<'a>) -> Result<Option<Value<'a>>, RejectCode> {
    match (rule, token) {
        (_, Token::Null) => Ok(None),
        (_, Token::Number(number)) => value_of_number(rule, number).map(Some),
        (Rule::Flag, Token::Bool(flag)) => Ok(Some(Value::Flag(flag))),
        (
            Rule::Identifier,
            Token::Text {
                raw,
                escaped: false,
            },
        ) if is_identifier(raw) => Ok(Some(Value::Word(raw))),
        (_, Token::Bool(_)) => Err(RejectCode::ValueInvalid),
        (_, Token::Text { .. } | Token::ArrayStart | Token::ObjectStart) => {
            Err(RejectCode::ContentRefused)
        }
    }
}

/// The word or flag that an element of an accepted event stands for, if it is not written as it is.
pub(super) fn spelled(field: Field, token: Token<'_>) -> Option<Value<'_>> {
    match (field.rule(), token) {
        (Rule::Word(_) | Rule::Flag, token) => value(field.rule(), token).ok().flatten(),
        _ => None,
    }
}
