//! The last presses, and how dwell times go together with each other and with the interval before them.

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

use super::place::Class;

/// Presses remembered: with rollover a key may still be down when the next ones go down.
const REMEMBERED: usize = 4;
/// A key held longer than this has lost its release, milliseconds.
const LOST: f64 = 3000.0;

/// Sums of two measures and of their products, for their correlation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Comoments {
    count: u32,
    x: f32,
    y: f32,
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Comoments {
    /// Adds a pair of logarithms; they are centred at 5 (about 150 ms) to keep the sums small.
    fn add(&mut self, x: f32, y: f32) {
        let (x, y) = (x - 5.0, y - 5.0);
        self.count = self.count.saturating_add(1);
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// Pearson's correlation; `None` below 20 pairs or when one measure is constant.
    pub(super) fn correlation(&self) -> Option<f64> {
        let count = f64::from(self.count);
        let (x, y) = (f64::from(self.x) / count, f64::from(self.y) / count);
        let of_x = f64::from(self.xx) / count - x * x;
        let of_y = f64::from(self.yy) / count - y * y;
        let constant = of_x < 1e-6 || of_y < 1e-6;
        (self.count >= 20 && !constant)
            .then(|| (f64::from(self.xy) / count - x * y) / (of_x * of_y).sqrt())
    }
}

/// One press.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Press {
    class: Class,
    at: i64,
    /// Logarithm of the interval from the press before, clipped to 10 ms to 3 s; 0: none.
    interval: f32,
    /// Logarithm of the dwell, clipped to 10 to 600 ms; 0: not known yet.
    dwell: f32,
}

/// The last presses, newest first, and the sums over all.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Presses {
    recent: [Option<Press>; REMEMBERED],
    /// Interval with the dwell of the key that ends it.
    pub(super) with_interval: Comoments,
    /// Dwell with the dwell of the key before.
    pub(super) in_a_row: Comoments,
}

impl Presses {
    pub(super) fn last(&self) -> Option<(Class, EventTime)> {
        let press = self.recent[0]?;
        Some((press.class, EventTime(press.at)))
    }

    /// A key of `class` goes down, `interval` milliseconds after the one before in its run.
    pub(super) fn down(&mut self, class: Class, at: EventTime, interval: Option<f64>) {
        self.recent.rotate_right(1);
        self.recent[0] = Some(Press {
            class,
            at: at.0,
            interval: interval.map_or(0.0, |interval| logarithm(interval, 10.0, 3000.0)),
            dwell: 0.0,
        });
    }

    /// The oldest open press of `class` is released; its dwell in milliseconds.
    pub(super) fn up(&mut self, class: Class, at: EventTime) -> Option<f64> {
        let open = |press: &Option<Press>| {
            press.is_some_and(|press| {
                press.class == class
                    && press.dwell == 0.0
                    && at.millis_since(EventTime(press.at)) <= LOST
            })
        };
        let index = self.recent.iter().rposition(open)?;
        let dwell = at.millis_since(EventTime(self.recent[index]?.at));
        self.held(index, dwell);
        Some(dwell)
    }

    /// The dwell of the press `index` places back is known.
    pub(super) fn held(&mut self, index: usize, millis: f64) {
        let dwell = logarithm(millis, 10.0, 600.0);
        let Some(press) = self.recent.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        press.dwell = dwell;
        let interval = press.interval;
        let next = index.checked_sub(1).and_then(|next| self.recent[next]);
        if let Some(next) = next.filter(|next| next.interval > 0.0 && next.dwell > 0.0) {
            self.in_a_row.add(dwell, next.dwell);
        }
        if interval <= 0.0 {
            return;
        }
        self.with_interval.add(interval, dwell);
        let before = self.recent.get(index + 1).copied().flatten();
        if let Some(before) = before.filter(|before| before.dwell > 0.0) {
            self.in_a_row.add(before.dwell, dwell);
        }
    }

    /// The run ends: the next press has no interval.
    pub(super) fn end(&mut self) {
        self.recent = Default::default();
    }
}

fn logarithm(value: f64, least: f64, most: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "between 2 and 9")]
    let logarithm = value.clamp(least, most).ln() as f32;
    logarithm
}
