//! Printing the compact form: for load generation, tests and clients in Rust.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::layout::LAYOUTS;
use crate::event::{EventType, Field, Rule};

/// Appends `[type,dt,...]`: an event of `event_type`, `dt_ms` after the batch's base, with the `data` of
/// its canonical form. What has no place in the type's layout, or is no value of its field, is left out.
pub fn write_event(
    text: &mut String,
    event_type: EventType,
    dt_ms: f64,
    data: &Map<String, Value>,
) {
    // Writing to a string cannot fail.
    let _ = write!(text, "[{},{dt_ms}", event_type as u8);
    if event_type == EventType::Custom {
        write_custom(text, data);
    } else {
        let layout = &LAYOUTS[event_type as usize];
        let mut absent = 0;
        for field in layout.fields {
            match data
                .get(field.name())
                .and_then(|value| element(*field, value))
            {
                Some(element) => {
                    for _ in 0..std::mem::take(&mut absent) {
                        text.push_str(",null");
                    }
                    let _ = write!(text, ",{element}");
                }
                None => absent += 1,
            }
        }
    }
    text.push(']');
}

fn write_custom(text: &mut String, data: &Map<String, Value>) {
    let mut data = data.clone();
    let name = data.remove(Field::Name.name()).unwrap_or_default();
    if !name.is_null() || !data.is_empty() {
        let _ = write!(text, ",{name}");
    }
    if !data.is_empty() {
        let _ = write!(text, ",{}", Value::Object(data));
    }
}

/// The element of a field's canonical value; `None` when it has none.
fn element(field: Field, value: &Value) -> Option<Value> {
    match (field.rule(), value) {
        (Rule::Number, Value::Number(_)) | (Rule::Identifier, Value::String(_)) => {
            Some(value.clone())
        }
        (Rule::Flag, Value::Bool(flag)) => Some(u8::from(*flag).into()),
        (Rule::Word(words), Value::String(word)) => words
            .iter()
            .position(|listed| listed == word)
            .map(Value::from),
        _ => None,
    }
}
