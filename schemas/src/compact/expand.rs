//! A compact batch as canonical events, for whoever stores what people and SQL will read.

use std::fmt::Write;

use super::layout::LAYOUTS;
use super::scan::spelled;
use crate::event::{EventTime, EventType, Field, Value};
use crate::json::{Cursor, JsonError, Token};

/// The canonical JSON array of the events in `text`, an array of compact events that has been scanned:
/// `heads` are the type and time of each.
pub(crate) fn expand(
    text: &str,
    heads: impl Iterator<Item = (EventType, EventTime)>,
) -> Result<String, JsonError> {
    let mut cursor = Cursor::new(text);
    let mut canonical = String::with_capacity(text.len() * 4);
    cursor.token()?;
    canonical.push('[');
    let mut first = true;
    for (event_type, at) in heads {
        if !first {
            canonical.push(',');
        }
        cursor.next_element(first)?;
        first = false;
        let _ = write!(canonical, "{{\"event_type\":\"{}\",", event_type.as_str());
        write_time(&mut canonical, at);
        let mut event = Expansion {
            text,
            cursor: &mut cursor,
            members: 0,
            canonical: &mut canonical,
        };
        event.data(event_type)?;
        canonical.push('}');
    }
    canonical.push(']');
    Ok(canonical)
}

fn write_time(canonical: &mut String, at: EventTime) {
    // Writing to a string cannot fail.
    let (millis, micros) = (at.0 / 1000, at.0 % 1000);
    let _ = write!(canonical, "\"timestamp\":{millis}");
    if micros != 0 {
        let _ = write!(canonical, ".{micros:03}");
    }
}

/// One event on its way to the canonical form.
struct Expansion<'a, 'b> {
    text: &'a str,
    cursor: &'b mut Cursor<'a>,
    members: usize,
    canonical: &'b mut String,
}

impl<'a> Expansion<'a, '_> {
    /// The next element, whole: its first token and its text. `None` at the end.
    fn element(&mut self) -> Result<Option<(Token<'a>, &'a str)>, JsonError> {
        if !self.cursor.next_element(false)? {
            return Ok(None);
        }
        let start = self.cursor.start_of_value();
        let token = self.cursor.token()?;
        self.cursor.skip_rest(token)?;
        Ok(Some((token, &self.text[start..self.cursor.position()])))
    }

    fn data(&mut self, event_type: EventType) -> Result<(), JsonError> {
        self.cursor.token()?;
        // The first element follows no comma: the type; the second is the time.
        self.cursor.next_element(true)?;
        self.cursor.token()?;
        self.element()?;
        if event_type == EventType::Custom {
            self.custom()?;
        } else {
            let mut fields = LAYOUTS[event_type as usize].fields.iter();
            while let Some((token, text)) = self.element()? {
                let Some(field) = fields.next() else { continue };
                match spelled(*field, token) {
                    _ if token == Token::Null => {}
                    Some(Value::Word(word)) => {
                        self.member(field.name(), format_args!("\"{word}\""))
                    }
                    Some(Value::Flag(flag)) => self.member(field.name(), format_args!("{flag}")),
                    Some(Value::Number(_)) | None => {
                        self.member(field.name(), format_args!("{text}"))
                    }
                }
            }
        }
        if self.members > 0 {
            self.canonical.push('}');
        }
        Ok(())
    }

    fn custom(&mut self) -> Result<(), JsonError> {
        let mut position = 0;
        while let Some((token, text)) = self.element()? {
            match token {
                Token::Null => {}
                Token::ObjectStart if position == 1 => {
                    let inner = text[1..text.len() - 1].trim();
                    if !inner.is_empty() {
                        self.separate();
                        self.canonical.push_str(inner);
                    }
                }
                _ => self.member(Field::Name.name(), format_args!("{text}")),
            }
            position += 1;
        }
        Ok(())
    }

    fn member(&mut self, name: &str, value: std::fmt::Arguments<'_>) {
        self.separate();
        let _ = write!(self.canonical, "\"{name}\":{value}");
    }

    fn separate(&mut self) {
        self.canonical.push_str(if self.members == 0 {
            ",\"data\":{"
        } else {
            ","
        });
        self.members += 1;
    }
}
