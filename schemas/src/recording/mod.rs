//! Recorded sessions: one JSON object a line, as `candor score` and `candor loadgen --replay` read.
//!
//! `{"session_id", "label", "source", "kind", "events": [{"type", "t", ...}]}` with `t` in
//! milliseconds from the session's start. The table below maps each recorded event to the canonical
//! form by name; what it does not name is dropped and counted, never guessed from the recording's
//! other members. `label`, `source`, `kind`, `user` and `licence` are only carried,
//! for outputs and for splits of data sets.
//!
//! | recorded | canonical | fields |
//! |---|---|---|
//! | `mouse_move` | `mouse_move` | `x y drag` |
//! | `mouse_down` `mouse_up` | `pointer`, `phase` down or up | `x y button` |
//! | `click` | `click` | `x y button`; also `offset_x offset_y target_width target_height pointer_type` |
//! | `scroll` | `scroll` | `x y dx dy scroll_y` |
//! | `keypress` | `keypress` | `key` (class), `dwell` |
//! | `key_down` `key_up` | `keystroke`, `action` down or up | `key` (class) |
//! | `touch_start` `touch_move` `touch_end` | `touch` with its `phase` | `x y` |
//! | `page` | `page_view` | `page` (an identifier; `name` is free text and dropped) |
//! | `focus` `blur` `visibility` | the same | `state` |
//! | `input` | `paste`, `source` insertion | `len` becomes `length` |
//! | `paste` `copy` | the same | `len` or `length` becomes `length` |
//! | `question_view` `question_answer` `device` `network` `honeypot` | the same | every field of the type's allow-list, under its own name |
//! | any other, and `viewport` | dropped | |
//!
//! A field of the last kind, or with a canonical name of its own, whose value breaks the allow-list is
//! left out; the event stays.

mod change;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::compact::{VERSION, write_event};
use crate::event::field::is_identifier;
use crate::event::{EventType, Field, Rule};

/// Why a line is not a recorded session.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Not JSON, or members of the wrong type.
    #[error("not a recorded session: {0}")]
    Form(#[from] serde_json::Error),
    /// An event without a usable time.
    #[error("event {index} has no `t`, a finite number of milliseconds")]
    NoTime {
        /// Position, from 0.
        index: usize,
    },
}

/// A recorded session.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The recording's own name.
    pub session_id: String,
    /// `human`, `bot`, or absent.
    pub label: Option<String>,
    /// Where it was recorded.
    pub source: Option<String>,
    /// Which generator or task.
    pub kind: Option<String>,
    /// Who was recorded: splits of a data set keep a person's sessions together.
    pub user: Option<String>,
    /// What may be done with the recording, in the words of its source.
    pub licence: Option<String>,
    /// The events that have a canonical form.
    pub events: Vec<RecordedEvent>,
    /// Events without one, by recorded type.
    pub dropped: BTreeMap<String, usize>,
}

/// One event, in canonical form but with a time relative to the session.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// Milliseconds from the session's start.
    pub offset_ms: f64,
    event_type: &'static str,
    data: Map<String, Value>,
}

impl RecordedEvent {
    /// The canonical type.
    pub fn event_type(&self) -> Option<EventType> {
        EventType::from_name(self.event_type)
    }

    /// The value of a field that holds a word, by its canonical name.
    pub fn word(&self, field: &str) -> Option<&str> {
        self.data.get(field).and_then(Value::as_str)
    }

    /// Appends the canonical JSON of the event, with `start_ms` (since the Unix epoch) as the session's start.
    pub fn write_canonical(&self, start_ms: i64, text: &mut String) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "epoch milliseconds are far below 2^53"
        )]
        let timestamp = start_ms as f64 + self.offset_ms;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{{\"event_type\":\"{}\",\"timestamp\":{timestamp}",
            self.event_type
        );
        if !self.data.is_empty() {
            let _ = write!(text, ",\"data\":{}", Value::Object(self.data.clone()));
        }
        text.push('}');
    }
}

impl RecordedEvent {
    /// Appends the compact form of the event; its time counts from the session's start.
    pub fn write_compact(&self, text: &mut String) {
        let event_type = EventType::from_name(self.event_type).unwrap_or(EventType::Custom);
        write_event(text, event_type, self.offset_ms, &self.data);
    }
}

#[derive(Deserialize)]
struct Line {
    session_id: String,
    label: Option<String>,
    source: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    user: Value,
    #[serde(default)]
    licence: Value,
    events: Vec<Map<String, Value>>,
}

impl Recording {
    /// Reads one line.
    ///
    /// # Errors
    /// [`RecordingError`] when the line is not a recorded session.
    pub fn parse(line: &str) -> Result<Self, RecordingError> {
        let line: Line = serde_json::from_str(line)?;
        let mut recording = Self {
            session_id: line.session_id,
            label: line.label,
            source: line.source,
            kind: line.kind,
            user: text(&line.user),
            licence: text(&line.licence),
            events: Vec::with_capacity(line.events.len()),
            dropped: BTreeMap::new(),
        };
        for (index, event) in line.events.iter().enumerate() {
            let time = event
                .get("t")
                .and_then(Value::as_f64)
                .filter(|t| t.abs() < 1e12);
            let offset_ms = time.ok_or(RecordingError::NoTime { index })?;
            let recorded_type = event
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("(none)");
            match canonical(recorded_type, event) {
                Some((event_type, data)) => {
                    recording.events.push(RecordedEvent {
                        offset_ms,
                        event_type,
                        data,
                    });
                }
                None => {
                    *recording
                        .dropped
                        .entry(recorded_type.to_owned())
                        .or_default() += 1
                }
            }
        }
        Ok(recording)
    }

    /// Length of the session in milliseconds: the latest event's time.
    pub fn duration_ms(&self) -> f64 {
        self.events
            .iter()
            .map(|event| event.offset_ms)
            .fold(0.0, f64::max)
    }

    /// The body of a batch request with `events`.
    pub fn batch_json(events: &[RecordedEvent], start_ms: i64) -> String {
        let mut text = String::with_capacity(events.len() * 96 + 2);
        text.push('[');
        for (index, event) in events.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            event.write_canonical(start_ms, &mut text);
        }
        text.push(']');
        text
    }

    /// The body of a batch request with `events` in the compact form, written by `writer` as its
    /// `sequence`-th.
    pub fn compact_json(
        events: &[RecordedEvent],
        start_ms: i64,
        (writer, sequence): (&str, usize),
    ) -> String {
        let mut text = String::with_capacity(events.len() * 24 + 96);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{{\"v\":{VERSION},\"t\":{start_ms},\"w\":\"{writer}\",\"q\":{sequence},\"e\":["
        );
        for (index, event) in events.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            event.write_compact(&mut text);
        }
        text.push_str("]}");
        text
    }
}

/// A name that some sources write as a number; anything else is no name, and no reason to refuse a session.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn canonical(
    recorded_type: &str,
    event: &Map<String, Value>,
) -> Option<(&'static str, Map<String, Value>)> {
    let (event_type, fixed): (_, &[(&str, &str)]) = match recorded_type {
        "mouse_move" => ("mouse_move", &[]),
        "mouse_down" => ("pointer", &[("phase", "down")]),
        "mouse_up" => ("pointer", &[("phase", "up")]),
        "click" => ("click", &[]),
        "scroll" => ("scroll", &[]),
        "keypress" => ("keypress", &[]),
        "key_down" => ("keystroke", &[("action", "down")]),
        "key_up" => ("keystroke", &[("action", "up")]),
        "touch_start" => ("touch", &[("phase", "start")]),
        "touch_move" => ("touch", &[("phase", "move")]),
        "touch_end" => ("touch", &[("phase", "end")]),
        "page" => ("page_view", &[]),
        "focus" => ("focus", &[]),
        "blur" => ("blur", &[]),
        "visibility" => ("visibility", &[]),
        "input" => ("paste", &[("source", "insertion")]),
        "paste" => ("paste", &[]),
        "copy" => ("copy", &[]),
        "question_view" => ("question_view", &[]),
        "question_answer" => ("question_answer", &[]),
        "device" => ("device", &[]),
        "network" => ("network", &[]),
        "honeypot" => ("honeypot", &[]),
        _ => return None,
    };
    let numbers: &[&str] = match event_type {
        "mouse_move" | "pointer" | "click" | "touch" => &["x", "y"],
        "scroll" => &["x", "y", "dx", "dy", "scroll_y"],
        "keypress" => &["dwell"],
        _ => &[],
    };
    let mut data = Map::new();
    for (name, value) in fixed {
        data.insert((*name).to_owned(), json!(value));
    }
    for name in numbers {
        if let Some(number) = event.get(*name).filter(|value| value.is_number()) {
            data.insert((*name).to_owned(), number.clone());
        }
    }
    words(event_type, event, &mut data);
    copy_listed(event_type, event, &mut data);
    Some((event_type, data))
}

/// Copies the fields that recordings carry under their canonical names, if their values keep the rule.
fn copy_listed(event_type: &str, event: &Map<String, Value>, data: &mut Map<String, Value>) {
    const PRESSED: &[Field] = &[
        Field::OffsetX,
        Field::OffsetY,
        Field::TargetWidth,
        Field::TargetHeight,
        Field::PointerType,
    ];
    let fields = match event_type {
        "click" => PRESSED,
        "page_view" => &[Field::Page],
        "question_view" | "question_answer" | "device" | "network" | "honeypot" => Field::ALL,
        _ => &[],
    };
    let Some(allowed) = EventType::from_name(event_type).map(EventType::allowed) else {
        return;
    };
    for field in fields.iter().filter(|field| allowed.contains(**field)) {
        if let Some(value) = event
            .get(field.name())
            .filter(|value| keeps(field.rule(), value))
        {
            data.insert(field.name().to_owned(), value.clone());
        }
    }
}

fn keeps(rule: Rule, value: &Value) -> bool {
    match (rule, value) {
        (Rule::Number, Value::Number(number)) => {
            number.as_f64().is_some_and(|number| number.abs() <= 1e12)
        }
        (Rule::Flag, Value::Bool(_)) => true,
        (Rule::Word(words), Value::String(word)) => words.contains(&word.as_str()),
        (Rule::Identifier, Value::String(word)) => is_identifier(word),
        _ => false,
    }
}

fn words(event_type: &str, event: &Map<String, Value>, data: &mut Map<String, Value>) {
    match event_type {
        "mouse_move" => {
            if let Some(drag) = event.get("drag") {
                data.insert(
                    "drag".to_owned(),
                    json!(drag == &json!(true) || drag.as_i64() == Some(1)),
                );
            }
        }
        "pointer" | "click" => {
            if let Some(button) = event.get("button") {
                data.insert("button".to_owned(), json!(button_word(button.as_str())));
            }
        }
        "keypress" | "keystroke" => {
            let class = key_class(event.get("key").and_then(Value::as_str).unwrap_or_default());
            data.insert("key".to_owned(), json!(class));
        }
        "paste" | "copy" => {
            let length = event.get("len").or_else(|| event.get("length"));
            if let Some(length) = length.filter(|value| value.is_number()) {
                data.insert("length".to_owned(), length.clone());
            }
        }
        "visibility" => {
            if let Some(state @ ("visible" | "hidden")) = event.get("state").and_then(Value::as_str)
            {
                data.insert("state".to_owned(), json!(state));
            }
        }
        _ => {}
    }
}

fn button_word(button: Option<&str>) -> &'static str {
    match button.map(str::to_ascii_lowercase).as_deref() {
        Some("left" | "l") => "left",
        Some("right" | "r") => "right",
        Some("middle" | "m") => "middle",
        _ => "other",
    }
}

/// Recorded key classes to canonical ones; anything unknown is `other`.
fn key_class(recorded: &str) -> &'static str {
    match recorded {
        "letter" => "letter",
        "digit" => "digit",
        "space" => "space",
        "punct" => "punctuation",
        "Backspace" => "backspace",
        "Delete" => "delete",
        "Enter" => "enter",
        "Tab" => "tab",
        "Esc" | "Escape" => "escape",
        "Arrow" => "arrow",
        "Nav" => "navigation",
        "Shift" => "shift",
        "Ctrl" => "control",
        "Alt" => "alt",
        "Meta" => "meta",
        "CapsLock" => "caps_lock",
        "Function" => "function",
        _ => "other",
    }
}

#[cfg(test)]
mod tests;
