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
    /// The next element's first token; `None` at the end.
    #[inline]
    fn next(&mut self, first: bool) -> Result<Option<Token<'a>>, JsonError> {
        if self.cursor.next_element(first)? {
            self.cursor.token().map(Some)
        } else {
            self.over = true;
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

    fn judge(
        &mut self,
        base: EventTime,
        limits: &EventLimits,
    ) -> Judged<(&'static Layout, EventTime)> {
        let Some(token) = self.next(true)? else {
            return Ok(Err(RejectCode::MalformedEvent));
        };
        let layout = layout_of(token);
        self.cursor.skip_rest(token)?;
        let layout = match layout {
            Ok(layout) => layout,
            Err(code) => return Ok(Err(code)),
        };
        let Some(token) = self.next(false)? else {
            return Ok(Err(RejectCode::TimestampMissing));
        };
        let at = time(base, token, limits);
        self.cursor.skip_rest(token)?;
        let at = match at {
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
        while let Some(token) = self.next(false)? {
            let Some(field) = layout.fields.get(position) else {
                self.cursor.skip_rest(token)?;
                return Ok(Some(RejectCode::ContentRefused));
            };
            match value(field.rule(), token) {
                Ok(Some(value)) => self.fields.push(*field, value),
                Ok(None) => {}
                Err(code) => {
                    self.cursor.skip_rest(token)?;
                    return Ok(Some(code));
                }
            }
            position += 1;
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
        let Some(token) = self.next(false)? else {
            return Ok(None);
        };
        self.cursor.skip_rest(token)?;
        Ok(Some(RejectCode::ContentRefused))
    }
}

fn layout_of(token: Token<'_>) -> Result<&'static Layout, RejectCode> {
    match token {
        Token::Number(number) => index(number, &LAYOUTS).ok_or(RejectCode::MalformedEvent),
        Token::Text { .. } => Err(RejectCode::ContentRefused),
        _ => Err(RejectCode::MalformedEvent),
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

#[inline]
fn time(base: EventTime, token: Token<'_>, limits: &EventLimits) -> Result<EventTime, RejectCode> {
    let Token::Number(millis) = token else {
        return Err(RejectCode::TimestampInvalid);
    };
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

/// An element as the value of a field; `None` for one that is not given.
#[inline]
fn value<'a>(rule: Rule, token: Token<'a>) -> Result<Option<Value<'a>>, RejectCode> {
    match (rule, token) {
        (_, Token::Null) => Ok(None),
        (Rule::Number, Token::Number(number)) if number.abs() <= MAX_NUMBER => {
            Ok(Some(Value::Number(number)))
        }
        (Rule::Flag, Token::Bool(flag)) => Ok(Some(Value::Flag(flag))),
        (Rule::Flag, Token::Number(number)) if number == 0.0 || number == 1.0 => {
            Ok(Some(Value::Flag(number == 1.0)))
        }
        (Rule::Word(words), Token::Number(number)) => match index(number, words) {
            Some(word) => Ok(Some(Value::Word(word))),
            None => Err(RejectCode::ValueInvalid),
        },
        (
            Rule::Identifier,
            Token::Text {
                raw,
                escaped: false,
            },
        ) if is_identifier(raw) => Ok(Some(Value::Word(raw))),
        (_, Token::Text { .. } | Token::ArrayStart | Token::ObjectStart) => {
            Err(RejectCode::ContentRefused)
        }
        (_, Token::Number(_) | Token::Bool(_)) => Err(RejectCode::ValueInvalid),
    }
}

/// The word or flag that an element of an accepted event stands for, if it is not written as it is.
pub(super) fn spelled(field: Field, token: Token<'_>) -> Option<Value<'_>> {
    match (field.rule(), token) {
        (Rule::Word(_) | Rule::Flag, token) => value(field.rule(), token).ok().flatten(),
        _ => None,
    }
}
