//! How fast an organisation's events are judged, as this process sees verdicts come by.
//!
//! The tail reads every verdict anyway, so that counting them costs no query. What is counted stands in slots of ten seconds;
//! after [`SLOTS`] of them it is forgotten.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds of one slot.
const SLOT_SECONDS: i64 = 10;
/// Slots that are kept: five minutes.
const SLOTS: i64 = 30;
/// Most latencies that are kept of one slot, the first.
const LATENCIES: usize = 2000;
/// Most windows whose events are followed, of one organisation.
const WINDOWS: usize = 1 << 16;

/// What a verdict tells about speed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// The window of a session.
    pub(crate) window: (SessionId, i64),
    /// Events folded into it; `None` without a judgement.
    pub(crate) events: Option<u64>,
    /// When the session was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Broker time of the last record that it accounts for.
    pub(crate) updated_at: DateTime<Utc>,
    /// Whether events made it, and not a request or the end of a session, which wait.
    pub(crate) is_running: bool,
    /// Whether it is the window's last one.
    pub(crate) is_final: bool,
}

#[derive(Debug)]
struct Slot {
    /// Seconds since 1970, by [`SLOT_SECONDS`].
    number: i64,
    verdicts: u64,
    events: u64,
    latencies: Vec<u32>,
}

#[derive(Debug, Default)]
struct Organisation {
    slots: VecDeque<Slot>,
    /// Events of each window that were counted.
    windows: HashMap<(SessionId, i64), u64>,
}

impl Organisation {
    /// Events that a sample newly accounts for. Of a window that was there before counting began, or that there is no room for,
    /// nobody knows.
    fn new_events(&mut self, sample: &Sample, begun: DateTime<Utc>) -> u64 {
        let Some(events) = sample.events else {
            return 0;
        };
        let known = self.windows.get(&sample.window).copied();
        let is_followed = known.is_some() || self.windows.len() < WINDOWS;
        if sample.is_final {
            self.windows.remove(&sample.window);
        } else if is_followed {
            self.windows.insert(sample.window, events);
        }
        match known {
            Some(before) => events.saturating_sub(before),
            None if is_followed && sample.created_at >= begun => events,
            None => 0,
        }
    }

    fn slot(&mut self, number: i64) -> Option<&mut Slot> {
        if self.slots.back().is_none_or(|last| last.number < number) {
            self.slots.push_back(Slot {
                number,
                verdicts: 0,
                events: 0,
                latencies: Vec::new(),
            });
        }
        self.forget_before(number - SLOTS + 1);
        // A clock that was set back counts into the newest slot.
        self.slots.back_mut()
    }

    fn forget_before(&mut self, number: i64) {
        while self.slots.front().is_some_and(|slot| slot.number < number) {
            self.slots.pop_front();
        }
    }
}

/// Counts of every organisation; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Rates {
    begun: DateTime<Utc>,
    organisations: Arc<Mutex<HashMap<OrganisationId, Organisation>>>,
}

/// How fast an organisation's events are judged.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RatesReport {
    /// The clock of the process.
    pub(crate) at: DateTime<Utc>,
    /// How long was counted, seconds: five minutes, or less after the process began.
    pub(crate) seconds: f64,
    /// Events a second that verdicts newly accounted for.
    pub(crate) events_per_second: f64,
    /// Verdicts a second, whatever produced them.
    pub(crate) verdicts_per_second: f64,
    /// How long running verdicts took; absent without any.
    pub(crate) latency: Option<DecisionLatency>,
    /// The same every ten seconds, the oldest first; without the ten seconds that go on.
    pub(crate) course: Vec<RatePoint>,
}

/// From the broker's time of the last record that a verdict accounts for to when this process saw the verdict, milliseconds.
/// Of verdicts that running sessions get: requested and final ones wait for something else. The first 2,000 of every ten
/// seconds are measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct DecisionLatency {
    /// How many verdicts.
    pub(crate) count: u64,
    /// A half is below.
    pub(crate) p50_ms: f64,
    /// Nineteen of twenty are below.
    pub(crate) p95_ms: f64,
}

/// Ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct RatePoint {
    /// When they began.
    pub(crate) at: DateTime<Utc>,
    /// Events a second that verdicts newly accounted for.
    pub(crate) events_per_second: f64,
    /// Verdicts a second.
    pub(crate) verdicts_per_second: f64,
}

impl Rates {
    /// Counts from now on.
    pub(crate) fn new(begun: DateTime<Utc>) -> Self {
        Self {
            begun,
            organisations: Arc::default(),
        }
    }

    /// Counts a verdict that came at `now` and was written at `written_ms`, milliseconds since 1970. What was written before
    /// counting began is read again for others.
    pub(crate) fn note(
        &self,
        organisation: &OrganisationId,
        sample: &Sample,
        (written_ms, now): (i64, DateTime<Utc>),
    ) {
        if written_ms < self.begun.timestamp_millis() {
            return;
        }
        let number = now.timestamp() / SLOT_SECONDS;
        let organisations = self.organisations.lock();
        let mut organisations = organisations.unwrap_or_else(PoisonError::into_inner);
        if !organisations.contains_key(organisation) {
            // Those that nothing has come of for long make room.
            organisations.retain(|_, known| {
                known.forget_before(number - SLOTS + 1);
                !known.slots.is_empty()
            });
            organisations.insert(organisation.clone(), Organisation::default());
        }
        let Some(known) = organisations.get_mut(organisation) else {
            return;
        };
        let events = known.new_events(sample, self.begun);
        let Some(slot) = known.slot(number) else {
            return;
        };
        slot.verdicts += 1;
        slot.events += events;
        let is_measured = sample.is_running && sample.events.is_some();
        if is_measured && slot.latencies.len() < LATENCIES {
            let millis = (now - sample.updated_at).num_milliseconds().max(0);
            slot.latencies
                .push(u32::try_from(millis).unwrap_or(u32::MAX));
        }
    }

    /// What is known of an organisation at `now`.
    pub(crate) fn report(&self, organisation: &OrganisationId, now: DateTime<Utc>) -> RatesReport {
        let current = now.timestamp() / SLOT_SECONDS;
        let oldest = current - SLOTS + 1;
        let begin = (oldest * SLOT_SECONDS * 1000).max(self.begun.timestamp_millis());
        let seconds = seconds((now.timestamp_millis() - begin).max(1000));
        let organisations = self.organisations.lock();
        let mut organisations = organisations.unwrap_or_else(PoisonError::into_inner);
        let known = organisations.get_mut(organisation);
        let slots = known.map(|known| {
            known.forget_before(oldest);
            &known.slots
        });
        let slots = || slots.into_iter().flatten();
        let total = |count: fn(&Slot) -> u64| per_second(slots().map(count).sum(), seconds);
        let first = oldest.max(self.begun.timestamp() / SLOT_SECONDS + 1);
        let course = (first..current)
            .map(|number| RatePoint::of(number, slots().find(|slot| slot.number == number)));
        RatesReport {
            at: now,
            seconds,
            events_per_second: total(|slot| slot.events),
            verdicts_per_second: total(|slot| slot.verdicts),
            course: course.collect(),
            latency: DecisionLatency::of(
                slots()
                    .flat_map(|slot| slot.latencies.iter().copied())
                    .collect(),
            ),
        }
    }
}

impl DecisionLatency {
    fn of(mut millis: Vec<u32>) -> Option<Self> {
        millis.sort_unstable();
        let last = millis.len().checked_sub(1)?;
        let at = |percent: usize| f64::from(millis[last * percent / 100]);
        Some(Self {
            count: millis.len() as u64,
            p50_ms: at(50),
            p95_ms: at(95),
        })
    }
}

impl RatePoint {
    #[expect(clippy::cast_precision_loss, reason = "ten seconds")]
    fn of(number: i64, slot: Option<&Slot>) -> Self {
        let rate = |count: fn(&Slot) -> u64| per_second(slot.map_or(0, count), SLOT_SECONDS as f64);
        Self {
            at: DateTime::from_timestamp(number * SLOT_SECONDS, 0).unwrap_or_default(),
            events_per_second: rate(|slot| slot.events),
            verdicts_per_second: rate(|slot| slot.verdicts),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown to three digits"
)]
fn per_second(count: u64, seconds: f64) -> f64 {
    (count as f64 / seconds * 1000.0).round() / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "five minutes at most")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use schemas::ids::SessionSecret;

    fn begun() -> DateTime<Utc> {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn organisation() -> OrganisationId {
        "ours".parse().unwrap()
    }

    fn session() -> SessionId {
        let secret = SessionSecret::new("a-session-secret-of-these-tests").unwrap();
        secret.mint(&organisation(), begun(), [7; 6])
    }

    fn sample(events: u64, at: DateTime<Utc>, delay_ms: i64) -> Sample {
        Sample {
            window: (session(), 7),
            events: Some(events),
            created_at: begun(),
            updated_at: at - TimeDelta::milliseconds(delay_ms),
            is_running: true,
            is_final: false,
        }
    }

    fn note(rates: &Rates, sample: &Sample, at: DateTime<Utc>) {
        rates.note(&organisation(), sample, (at.timestamp_millis(), at));
    }

    #[test]
    fn events_are_counted_once_however_many_verdicts_account_for_them() {
        let rates = Rates::new(begun());
        let at = |seconds: i64| begun() + TimeDelta::seconds(seconds);
        for (second, events) in [(1, 10), (12, 30), (13, 30)] {
            note(&rates, &sample(events, at(second), 100), at(second));
        }
        let report = rates.report(&organisation(), at(30));
        assert_eq!(report.seconds, 30.0);
        assert_eq!(report.events_per_second, 1.0);
        assert_eq!(report.verdicts_per_second, 0.1);
        let course: Vec<f64> = report
            .course
            .iter()
            .map(|point| point.events_per_second)
            .collect();
        // The slot in which counting began is not whole.
        assert_eq!(course, [2.0, 0.0]);
        assert_eq!(report.course[0].at, at(10));
        let other: OrganisationId = "theirs".parse().unwrap();
        let report = rates.report(&other, at(30));
        assert_eq!((report.verdicts_per_second, report.latency), (0.0, None));
    }

    #[test]
    fn latency_is_that_of_running_verdicts_of_the_last_minutes() {
        let rates = Rates::new(begun());
        let at = |seconds: i64| begun() + TimeDelta::seconds(seconds);
        note(&rates, &sample(1, at(1), 9000), at(1));
        for delay in 1..=100 {
            note(&rates, &sample(1, at(400), delay), at(400));
        }
        let mut last = sample(1, at(400), 60_000);
        (last.is_running, last.is_final) = (false, true);
        note(&rates, &last, at(400));
        let latency = rates.report(&organisation(), at(401)).latency.unwrap();
        assert_eq!(
            (latency.count, latency.p50_ms, latency.p95_ms),
            (100, 50.0, 95.0)
        );
    }

    #[test]
    fn what_was_there_before_is_not_taken_for_new() {
        let rates = Rates::new(begun());
        let at = |seconds: i64| begun() + TimeDelta::seconds(seconds);
        // Read again from the topic.
        note(&rates, &sample(50, at(-5), 0), at(-5));
        let mut old = sample(500, at(5), 0);
        old.created_at = at(-100);
        note(&rates, &old, at(5));
        let mut more = sample(520, at(6), 0);
        more.created_at = at(-100);
        note(&rates, &more, at(6));
        let report = rates.report(&organisation(), at(20));
        assert_eq!(report.events_per_second, 1.0);
        assert_eq!(report.verdicts_per_second, 0.1);
    }
}
