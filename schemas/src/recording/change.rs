//! Reading and changing the numbers of a recorded event: what simulations need to make a recording's
//! variations. A field that the event does not have is never added.

use serde_json::{Value, json};

use super::RecordedEvent;

impl RecordedEvent {
    /// Whether it is a move: of the pointer, or of a finger on glass.
    pub fn is_move(&self) -> bool {
        match self.event_type {
            "mouse_move" => true,
            "touch" => self.data.get("phase") == Some(&json!("move")),
            _ => false,
        }
    }

    /// The number in a field, by its canonical name.
    pub fn number(&self, field: &str) -> Option<f64> {
        self.data.get(field).and_then(Value::as_f64)
    }

    /// Where it happened: `x` and `y`, CSS pixels.
    pub fn position(&self) -> Option<(f64, f64)> {
        self.number("x").zip(self.number("y"))
    }

    /// Puts `number` into a field that holds a number already; any other field stays as it is, and so
    /// does this one when `number` is not finite.
    pub fn set_number(&mut self, field: &str, number: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only whole numbers that a double holds exactly"
        )]
        let value = if number.fract() == 0.0 && number.abs() < 9e15 {
            json!(number as i64)
        } else {
            json!(number)
        };
        let held = self.data.get_mut(field).filter(|held| held.is_number());
        if let Some(held) = held.filter(|_| number.is_finite()) {
            *held = value;
        }
    }

    /// Moves it to another place, if it has one.
    pub fn set_position(&mut self, (x, y): (f64, f64)) {
        if self.position().is_some() {
            self.set_number("x", x);
            self.set_number("y", y);
        }
    }
}
