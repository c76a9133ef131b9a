//! The rhythm of a session's keys: times and classes of keys, never which keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use schemas::event::field::KEY_CLASSES;
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::{StoredEvent, walk};
use crate::database::Database;
use crate::error::ApiError;

/// Most keys that are shown; the figures are those of all that were read.
const SHOWN: usize = 2000;
/// Most times of which quantiles are taken.
const MEASURED: usize = 100_000;

/// The rhythm of a session's keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TypingRhythm {
    /// The first keys, 2,000 at most.
    pub(crate) keys: Vec<KeyTime>,
    /// How many keys were pressed, as far as events were read.
    pub(crate) pressed: i64,
    /// Pressed keys by class.
    pub(crate) by_class: BTreeMap<String, i64>,
    /// How long keys were held, milliseconds.
    pub(crate) dwell: Option<Quantiles>,
    /// From one key's release to the next one's press, milliseconds; negative when they overlap.
    pub(crate) flight: Option<Quantiles>,
    /// Whether every stored event was read; of a very long session only the first are.
    pub(crate) complete: bool,
}

/// A pressed key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeyTime {
    /// When it was pressed: milliseconds since the session's first event, by the client's clock.
    pub(crate) t: f64,
    /// Class of the key.
    pub(crate) class: String,
    /// How long it was held, milliseconds.
    pub(crate) dwell: Option<f64>,
    /// From the key before's release to its press, milliseconds; negative when they overlap.
    pub(crate) flight: Option<f64>,
}

/// Figures of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Quantiles {
    /// A tenth is below.
    pub(crate) p10: f64,
    /// A half is below.
    pub(crate) p50: f64,
    /// Nine tenths are below.
    pub(crate) p90: f64,
}

impl Quantiles {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |tenths: usize| values[last * tenths / 10];
        Some(Self {
            p10: at(1),
            p50: at(5),
            p90: at(9),
        })
    }
}

/// The members that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyData<'a> {
    key: Option<&'a str>,
    action: Option<&'a str>,
    dwell: Option<f64>,
    repeat: Option<bool>,
}

/// Pairs presses with releases as events come.
#[derive(Debug, Default)]
struct Keys {
    start: Option<f64>,
    shown: Vec<KeyTime>,
    pressed: i64,
    by_class: BTreeMap<String, i64>,
    dwells: Vec<f64>,
    flights: Vec<f64>,
    /// Presses whose release has not come: class, time, place among those shown.
    held: Vec<(&'static str, f64, usize)>,
    last_release: Option<f64>,
}

/// Most keys that are held at a time; a release that never comes is forgotten.
const MAX_HELD: usize = 16;

impl Keys {
    fn add(&mut self, event: &StoredEvent<'_>) {
        let time = event.millis();
        self.start = self.start.or(time);
        if !matches!(event.kind(), "keystroke" | "keypress") {
            return;
        }
        let (Some((time, start)), Some(data)) = (time.zip(self.start), event.data) else {
            return;
        };
        let Ok(data) = serde_json::from_str::<KeyData<'_>>(data.get()) else {
            return;
        };
        let named = KEY_CLASSES.iter().find(|class| data.key == Some(**class));
        let class = named.copied().unwrap_or("other");
        if data.action == Some("up") {
            self.release(class, time);
        } else if data.repeat != Some(true) {
            self.press(class, (time, time - start), data.dwell);
        }
    }

    fn press(&mut self, class: &'static str, (time, t): (f64, f64), dwell: Option<f64>) {
        self.pressed += 1;
        *self.by_class.entry(class.to_owned()).or_default() += 1;
        let flight = self.last_release.take().map(|release| time - release);
        if let Some(flight) = flight {
            note(&mut self.flights, flight);
        }
        match dwell {
            Some(dwell) => {
                note(&mut self.dwells, dwell);
                self.last_release = Some(time + dwell);
            }
            None => {
                if self.held.len() >= MAX_HELD {
                    self.held.remove(0);
                }
                self.held.push((class, time, self.shown.len()));
            }
        }
        if self.shown.len() < SHOWN {
            self.shown.push(KeyTime {
                t,
                class: class.to_owned(),
                dwell,
                flight,
            });
        }
    }

    fn release(&mut self, class: &str, time: f64) {
        let Some(place) = self.held.iter().position(|(held, ..)| *held == class) else {
            return;
        };
        let (_, pressed, shown) = self.held.remove(place);
        let dwell = time - pressed;
        note(&mut self.dwells, dwell);
        self.last_release = Some(time);
        if let Some(key) = self.shown.get_mut(shown) {
            key.dwell = Some(dwell);
        }
    }
}

fn note(values: &mut Vec<f64>, value: f64) {
    if values.len() < MEASURED {
        values.push(value);
    }
}

impl TypingRhythm {
    /// Reads the rhythm of a session.
    pub(crate) async fn read(
        database: &Database,
        session: (&OrganisationId, SessionId),
    ) -> Result<Self, ApiError> {
        let mut keys = Keys::default();
        let complete = walk(database, session, (0, 0), |batch| {
            for event in &batch.events {
                keys.add(event);
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok(Self {
            keys: keys.shown,
            pressed: keys.pressed,
            by_class: keys.by_class,
            dwell: Quantiles::of(keys.dwells),
            flight: Quantiles::of(keys.flights),
            complete,
        })
    }
}
