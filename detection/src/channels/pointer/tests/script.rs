//! Sessions written by hand, event by event.

use schemas::batch::BatchRecord;

use super::super::{Pointer, Surroundings};
use crate::finding::Judgement;
use crate::ruleset::Thresholds;
use crate::window::Window;

pub(super) const START: i64 = 1_790_000_000_000;
/// Weight from which a finding alone makes a bot of a session.
pub(super) const FLAGS: f64 = 0.6;

/// A session written by hand.
#[derive(Default)]
pub(super) struct Script {
    pub(super) now: i64,
    pub(super) events: Vec<String>,
    pub(super) dice: u64,
}

impl Script {
    pub(super) fn emit(&mut self, kind: &str, members: &str) {
        let at = START + self.now;
        let event = format!(r#"{{"event_type":"{kind}","timestamp":{at},"data":{{{members}}}}}"#);
        self.events.push(event);
    }

    pub(super) fn at(&mut self, kind: &str, (x, y): (f64, f64), more: &str) {
        self.emit(kind, &format!(r#""x":{x},"y":{y}{more}"#));
    }

    pub(super) fn step(&mut self, to: (f64, f64)) {
        self.at("mouse_move", (to.0.round(), to.1.round()), "");
    }

    /// Presses at `to`, holding for `hold` milliseconds.
    pub(super) fn press(&mut self, to: (f64, f64), hold: i64) {
        self.at("pointer", to, r#","phase":"down""#);
        self.now += hold;
        self.at("pointer", to, r#","phase":"up""#);
        self.at("click", to, "");
    }

    /// A number from `low` to `high`, the next of a fixed sequence (multiplier of Knuth's MMIX).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.dice >> 33) as f64 / f64::from(1u32 << 31))
    }

    pub(super) fn wait(&mut self, low: f64, high: f64) {
        self.now += self.between(low, high) as i64;
    }

    /// Places of a page's targets, in no order.
    pub(super) fn target(&mut self) -> (f64, f64) {
        (
            self.between(80.0, 1200.0).round(),
            self.between(80.0, 640.0).round(),
        )
    }

    /// A way along `path` (progress 0 to 1 to a position) in `samples` steps of `step` milliseconds.
    pub(super) fn way(&mut self, samples: u32, step: i64, path: impl Fn(f64) -> (f64, f64)) {
        for sample in 1..=samples {
            self.now += step;
            self.step(path(f64::from(sample) / f64::from(samples)));
        }
    }

    pub(super) fn window(&self) -> Window {
        let mut window = Window::new();
        let value = format!(
            "{{\"batch_id\":\"b\",\"events\":[{}]}}",
            self.events.join(",")
        );
        window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
        window
    }

    pub(super) fn judge(&self, surroundings: Surroundings) -> Judgement {
        judged(&self.window().pointer, surroundings)
    }
}

pub(super) fn judged(pointer: &Pointer, surroundings: Surroundings) -> Judgement {
    pointer.judge(&Thresholds::default(), surroundings)
}

pub(super) fn weight(judgement: &Judgement, code: &str) -> f64 {
    let found = judgement
        .findings
        .iter()
        .find(|finding| finding.code == code);
    found.map_or(0.0, |finding| finding.weight)
}

pub(super) fn strongest(judgement: &Judgement) -> f64 {
    let weights = judgement.findings.iter().map(|finding| finding.weight);
    weights.fold(0.0, f64::max)
}

pub(super) fn line(from: (f64, f64), to: (f64, f64)) -> impl Fn(f64) -> (f64, f64) {
    move |share| {
        (
            from.0 + (to.0 - from.0) * share,
            from.1 + (to.1 - from.1) * share,
        )
    }
}

/// A way as a hand makes it: minimum-jerk speed (Flash and Hogan 1985) along an arc.
pub(super) fn arc(from: (f64, f64), to: (f64, f64), bend: f64) -> impl Fn(f64) -> (f64, f64) {
    move |time| {
        let share = time * time * time * (10.0 - 15.0 * time + 6.0 * time * time);
        let (x, y) = line(from, to)(share);
        let aside = bend * (std::f64::consts::PI * share).sin();
        (x - (to.1 - from.1) * aside, y + (to.0 - from.0) * aside)
    }
}

/// Presses of a driver that puts the pointer on each target with one move.
pub(super) fn jumps(presses: u32, delay: i64) -> Script {
    let mut script = Script::default();
    for _ in 0..presses {
        script.wait(300.0, 4000.0);
        let to = script.target();
        script.step(to);
        script.now += delay;
        script.press(to, 1);
    }
    script
}

/// Straight lines at constant speed, as drivers and desktop automation move.
pub(super) fn lines(presses: u32, samples: u32, step: i64, ease: fn(f64) -> f64) -> Script {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..presses {
        script.wait(400.0, 2500.0);
        let to = script.target();
        let path = line(from, to);
        script.way(samples, step, |share| path(ease(share)));
        script.now += 60;
        script.press(to, 80);
        from = to;
    }
    script
}

/// A person at a pad: arcs, a rest, then a press held for `hold`.
pub(super) fn hands(presses: u32, step: i64, hold: i64) -> Script {
    let mut script = Script::default();
    let mut from = (20.0, 30.0);
    for _ in 0..presses {
        script.wait(400.0, 2500.0);
        let (to, bend) = (script.target(), script.between(0.03, 0.12));
        let took = script.between(450.0, 900.0) as i64;
        script.way((took / step) as u32, step, arc(from, to, bend));
        script.wait(130.0, 300.0);
        script.press(to, hold);
        from = to;
    }
    script
}
