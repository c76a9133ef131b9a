//! A simulated session in the form of recorded ones, and the generator that makes them by number.
//!
//! Invariant: events are ordered by time, and a session is a pure function of seed, mix and index, so
//! any part of a run can be made again alone. Sessions are made one at a time and never kept.

use std::fmt::Write;

use schemas::recording::{Recording, RecordingError};

use crate::dice::Dice;
use crate::kind::{Kind, Label};
use crate::mix::Mix;

/// `source` of every simulated session.
const SOURCE: &str = "candor_generators";

/// A member of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// A whole number.
    Whole(i64),
    /// A number, printed with one decimal.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// One of a fixed set of words.
    Word(&'static str),
    /// An identifier.
    Name(String),
}

/// One event in the recorded form.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The recorded type, e.g. `mouse_down`.
    pub recorded_type: &'static str,
    /// Milliseconds from the session's start.
    pub at_ms: i64,
    /// The other members, in order.
    pub members: Vec<(&'static str, Member)>,
}

impl Event {
    fn write(&self, line: &mut String) {
        // Writing to a string cannot fail; names and words are identifiers, so need no escaping.
        let _ = write!(
            line,
            "{{\"type\":\"{}\",\"t\":{}",
            self.recorded_type, self.at_ms
        );
        for (name, member) in &self.members {
            let _ = match member {
                Member::Whole(number) => write!(line, ",\"{name}\":{number}"),
                Member::Number(number) => write!(line, ",\"{name}\":{number:.1}"),
                Member::Flag(flag) => write!(line, ",\"{name}\":{flag}"),
                Member::Word(word) => write!(line, ",\"{name}\":\"{word}\""),
                Member::Name(text) => write!(line, ",\"{name}\":\"{text}\""),
            };
        }
        line.push('}');
    }
}

/// A simulated session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// `sim/KIND/INDEX`.
    pub name: String,
    /// What it simulates.
    pub kind: Kind,
    /// The events, ordered by time.
    pub events: Vec<Event>,
}

impl Session {
    /// The truth about it.
    pub fn label(&self) -> Label {
        self.kind.label()
    }

    /// Time of the last event, milliseconds from the start.
    pub fn duration_ms(&self) -> i64 {
        self.events.last().map_or(0, |event| event.at_ms)
    }

    /// The session as one line of a file of recorded sessions, without the line's end.
    pub fn to_line(&self) -> String {
        let mut line = String::with_capacity(self.events.len() * 80 + 200);
        let _ = write!(
            line,
            "{{\"session_id\":\"{}\",\"label\":\"{}\",\"source\":\"{SOURCE}\",\"kind\":\"{}\",\"simulated\":true,\"events\":[",
            self.name,
            self.label().as_str(),
            self.kind
        );
        for (index, event) in self.events.iter().enumerate() {
            if index > 0 {
                line.push(',');
            }
            event.write(&mut line);
        }
        line.push_str("]}");
        line
    }

    /// The session as `candor score` and `candor loadgen` read it from a file.
    ///
    /// # Errors
    /// [`RecordingError`] if the line were not a recorded session; tests hold that it always is.
    pub fn to_recording(&self) -> Result<Recording, RecordingError> {
        Recording::parse(&self.to_line())
    }
}

/// Makes simulated sessions by number.
#[derive(Debug, Clone)]
pub struct Generator {
    seed: u64,
    mix: Mix,
}

impl Generator {
    /// Sessions of `mix`; the same seed gives the same sessions.
    pub fn new(seed: u64, mix: Mix) -> Self {
        Self { seed, mix }
    }

    /// Session number `index`.
    pub fn session(&self, index: u64) -> Session {
        let mut dice = Dice::new(self.seed, index);
        let kind = self.mix.draw(&mut dice);
        let mut events = kind.events(dice);
        // Rounding may put two events of one millisecond out of order; the sort is stable.
        events.sort_by_key(|event| event.at_ms);
        Session {
            name: format!("sim/{kind}/{index}"),
            kind,
            events,
        }
    }

    /// Sessions 0, 1, 2, … without end.
    pub fn sessions(&self) -> impl Iterator<Item = Session> + '_ {
        (0..).map(|index| self.session(index))
    }
}
