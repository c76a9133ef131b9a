//! Ways in which programs fill text fields.

use super::inserted;
use crate::dice::Spread;
use crate::flow::Typing;
use crate::stage::Stage;

/// Inserts the text whole.
#[derive(Debug, Clone)]
pub(crate) struct Insert;

impl Typing for Insert {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        let pause = stage.dice.between(10.0, 60.0);
        stage.wait(pause);
        stage.emit("input", inserted(length));
    }
}

/// Keys with a constant delay.
#[derive(Debug, Clone)]
pub(crate) struct ConstantKeys {
    pub(crate) interval: f64,
    pub(crate) dwell: f64,
    /// Largest deviation of interval and dwell, milliseconds.
    pub(crate) jitter: f64,
}

impl Typing for ConstantKeys {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        for _ in 0..length {
            let shift = stage.dice.between(-self.jitter, self.jitter);
            stage.wait(self.interval + shift);
            let class = class_of_a_text(stage);
            stage.key(class, (self.dwell + shift).max(0.0));
        }
        stage.wait(self.dwell);
    }
}

/// Keys whose intervals and dwells are drawn one by one, whatever is typed.
#[derive(Debug, Clone)]
pub(crate) struct IndependentKeys {
    pub(crate) interval: Spread,
    pub(crate) dwell: Spread,
}

impl Typing for IndependentKeys {
    fn write(&mut self, stage: &mut Stage, length: usize) {
        for _ in 0..length {
            let pause = stage.dice.draw(self.interval);
            stage.wait(pause);
            let dwell = stage.dice.draw(self.dwell);
            let class = class_of_a_text(stage);
            stage.key(class, dwell);
        }
        stage.wait(150.0);
    }
}

/// Classes as often as in running text.
fn class_of_a_text(stage: &mut Stage) -> &'static str {
    match stage.dice.unit() {
        share if share < 0.79 => "letter",
        share if share < 0.96 => "space",
        share if share < 0.985 => "punct",
        _ => "digit",
    }
}
