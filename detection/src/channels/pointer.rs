//! Pointer: how long buttons are held, how far clicks jump, who made the events.
//!
//! Touch jumps by nature, so teleports are judged only where a mouse moves; drags are left alone.

use schemas::event::{Event, EventTime, EventType, Field};
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;
use crate::stats::{Quantiles, share};

/// Offset from the centre, px, below which a press counts as exactly centred.
const CENTRED: f64 = 0.75;

/// A press shorter than this is instant, milliseconds. People hold 60 ms and more, scripts 0 to 3 ms.
const INSTANT: f64 = 12.0;
/// A press this far from the one before, px, needs a movement between.
const FAR: f64 = 100.0;

/// Counts of pointer events.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Pointer {
    events: u32,
    moves: u32,
    clicks: u32,
    touches: u32,
    untrusted: u32,
    #[serde(with = "crate::compact::unless_default")]
    holds: Quantiles,
    instant: u32,
    down: Option<EventTime>,
    last_press: Option<(f64, f64)>,
    moves_since_press: u32,
    far_clicks: u32,
    teleports: u32,
    placed: u32,
    centred: u32,
}

impl Pointer {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        self.untrusted += u32::from(event.flag(Field::Trusted) == Some(false));
        let touch = event.event_type == EventType::Touch
            || matches!(event.word(Field::PointerType), Some("touch" | "pen"));
        match (event.event_type, event.word(Field::Phase)) {
            (EventType::MouseMove, _) | (EventType::Pointer, Some("move")) if !touch => {
                self.moves = self.moves.saturating_add(1);
                self.moves_since_press = self.moves_since_press.saturating_add(1);
            }
            (EventType::Touch | EventType::Pointer, Some("down" | "start")) => {
                self.touches += u32::from(touch);
                self.down = Some(event.at);
                self.placed(event);
                self.press(event, touch);
            }
            (EventType::Touch | EventType::Pointer, Some("up" | "end")) => {
                if let Some(down) = self.down.take() {
                    self.hold(event.at.millis_since(down), touch);
                }
            }
            (EventType::Click, _) => self.click(event, touch),
            _ => {}
        }
    }

    fn click(&mut self, event: &Event<'_>, touch: bool) {
        self.clicks = self.clicks.saturating_add(1);
        if let Some(hold) = event.number(Field::Hold) {
            self.hold(hold, touch);
        }
        self.placed(event);
        self.press(event, touch);
    }

    fn hold(&mut self, millis: f64, touch: bool) {
        if millis >= 0.0 && !touch {
            self.holds.add(millis);
            self.instant += u32::from(millis < INSTANT);
        }
    }

    fn placed(&mut self, event: &Event<'_>) {
        let (Some(x), Some(y)) = (event.number(Field::OffsetX), event.number(Field::OffsetY))
        else {
            return;
        };
        self.placed = self.placed.saturating_add(1);
        self.centred += u32::from(x.abs() < CENTRED && y.abs() < CENTRED);
    }

    /// A press far from the one before, with next to no movement between, was not made by a mouse.
    fn press(&mut self, event: &Event<'_>, touch: bool) {
        let (Some(x), Some(y)) = (event.number(Field::X), event.number(Field::Y)) else {
            return;
        };
        if let Some((last_x, last_y)) = self.last_press {
            let far = (x - last_x).hypot(y - last_y) >= FAR;
            if far && !touch {
                self.far_clicks = self.far_clicks.saturating_add(1);
                self.teleports += u32::from(self.moves_since_press <= 2);
            }
        }
        self.last_press = Some((x, y));
        self.moves_since_press = 0;
    }

    /// Whether touches were seen.
    pub(crate) fn touched(&self) -> bool {
        self.touches > 0
    }

    pub(crate) fn judge(&self, rules: &Thresholds) -> Judgement {
        let held = self.holds.count() >= rules.min_presses;
        let jumped = self.far_clicks >= rules.min_far_clicks;
        let mut judgement = Judgement::new(Method::Mouse, self.events, held || jumped);
        let untrusted = share(self.untrusted, self.events);
        judgement.find(self.events >= 5 && untrusted > 0.5, || Finding {
            code: "mouse.untrusted",
            weight: 0.97,
            evidence: vec![
                ("untrusted_share", untrusted),
                ("events", f64::from(self.events)),
            ],
            text: format!(
                "{} of {} pointer events were made by script.",
                self.untrusted, self.events
            ),
        });
        let instant = share(self.instant, self.holds.count());
        judgement.find(held && instant > 0.5, || Finding {
            code: "mouse.instant_press",
            // Alone it asks for review: some touchpads report a tap as an instant press.
            weight: 0.8,
            evidence: vec![
                ("median_hold_ms_at_most", self.holds.upper(0.5)),
                ("instant_share", instant),
                ("presses", f64::from(self.holds.count())),
            ],
            text: format!(
                "{:.0} % of {} presses lasted less than {} ms; people hold a button for 60 ms and more.",
                instant * 100.0, self.holds.count(), INSTANT
            ),
        });
        self.judge_places(jumped, &mut judgement);
        judgement
    }

    fn judge_places(&self, jumped: bool, judgement: &mut Judgement) {
        let teleports = share(self.teleports, self.far_clicks);
        judgement.find(jumped && self.touches == 0 && teleports > 0.5, || Finding {
            code: "mouse.teleport",
            weight: if self.moves == 0 { 0.5 } else { 0.9 },
            evidence: vec![
                ("teleport_share", teleports),
                ("far_clicks", f64::from(self.far_clicks)),
            ],
            text: format!(
                "{} of {} clicks {} px and more apart came without the movement between them.",
                self.teleports, self.far_clicks, FAR
            ),
        });
        let centred = share(self.centred, self.placed);
        judgement.find(self.placed >= 8 && centred > 0.8, || Finding {
            code: "mouse.centred_clicks",
            weight: 0.85,
            evidence: vec![
                ("centred_share", centred),
                ("clicks", f64::from(self.placed)),
            ],
            text: format!(
                "{} of {} clicks hit the exact centre of their target.",
                self.centred, self.placed
            ),
        });
    }
}
