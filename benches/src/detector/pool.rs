//! Batches of simulated sessions, rendered once: what the events topic is filled from.
//!
//! A batch is kept as the end of its record's value, everything behind what names the batch, so that one
//! recording serves many sessions without being printed again. The sums that the floor and the rivals
//! must find are taken here, by the same decoder that the detector uses.

use anyhow::{Context, ensure};
use chrono::Utc;
use clap::ValueEnum;
use generators::{Generator, Mix};
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::{EventLimits, Field};
use schemas::recording::{RecordedEvent, Recording};

/// Stands in for the id of a batch while it is rendered.
const NO_ID: &str = "00000000-0000-7000-8000-000000000000";
/// Sessions are told apart by more than their number when they come from several recordings.
const SEED: u64 = 5;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Objects with names.
    Canonical,
    /// Arrays of numbers.
    Compact,
}

/// What is summed over events.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) events: u64,
    /// Milliseconds that keys and buttons were held.
    pub(crate) held: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.held += other.held;
    }

    /// The sums of a decoded batch.
    pub(crate) fn of(batch: &BatchRecord<'_>) -> Self {
        let held = |event: schemas::event::Event<'_>| {
            let number = |field| event.number(field).unwrap_or_default();
            number(Field::Dwell) + number(Field::Hold)
        };
        Self {
            events: batch.len() as u64,
            held: batch.events().map(held).sum(),
        }
    }
}

/// One batch without its name.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) sums: Sums,
    /// From the comma before `form` or `events` to the end.
    tail: Vec<u8>,
}

impl Batch {
    /// The value of its record.
    pub(crate) fn value(&self, id: &str, writer: &str, sequence: usize) -> Vec<u8> {
        let head = format!(
            "{{\"batch_id\":\"{id}\",\"count\":{},\"writer\":\"{writer}\",\"sequence\":{sequence}",
            self.sums.events
        );
        let mut value = Vec::with_capacity(head.len() + self.tail.len());
        value.extend_from_slice(head.as_bytes());
        value.extend_from_slice(&self.tail);
        value
    }

    /// As the gateway would forward it.
    fn render(events: &[RecordedEvent], form: Form, start_ms: i64) -> anyhow::Result<Self> {
        let body = match form {
            Form::Canonical => Recording::batch_json(events, start_ms),
            Form::Compact => Recording::compact_json(events, start_ms, ("w", 0)),
        };
        let limits = BatchLimits {
            max_events: events.len(),
            events: EventLimits::NONE,
        };
        let scanned = scan_request(&body, &limits)?;
        ensure!(
            scanned.rejected.is_empty(),
            "a simulated event was rejected"
        );
        let value = scanned.encode(NO_ID);
        let begin = match form {
            Form::Canonical => ",\"events\":",
            Form::Compact => ",\"form\":",
        };
        let text = std::str::from_utf8(&value)?;
        let cut = text.find(begin).context("a batch record has events")?;
        let decoded = BatchRecord::decode(&value)?;
        Ok(Self {
            sums: Sums::of(&decoded),
            tail: value[cut..].to_vec(),
        })
    }
}

/// Rendered sessions.
#[derive(Debug)]
pub(crate) struct Pool {
    recordings: Vec<Vec<Batch>>,
}

impl Pool {
    /// `count` simulated sessions in batches of `batch_events` events.
    pub(crate) fn build(count: usize, batch_events: usize, form: Form) -> anyhow::Result<Self> {
        let start_ms = Utc::now().timestamp_millis() - 600_000;
        let generator = Generator::new(SEED, Mix::default());
        let one = |index: usize| -> anyhow::Result<Vec<Batch>> {
            let recording = generator.session(index as u64).to_recording()?;
            let batches = recording.events.chunks(batch_events);
            batches
                .map(|events| Batch::render(events, form, start_ms))
                .collect()
        };
        let half = count / 2;
        let recordings = std::thread::scope(|scope| {
            let other = scope.spawn(|| (0..half).map(one).collect::<anyhow::Result<Vec<_>>>());
            let mut recordings = (half..count).map(one).collect::<anyhow::Result<Vec<_>>>()?;
            let other = other
                .join()
                .map_err(|_| anyhow::anyhow!("a generator panicked"))?;
            recordings.extend(other?);
            anyhow::Ok(recordings)
        })?;
        ensure!(!recordings.is_empty(), "there must be a recording");
        Ok(Self { recordings })
    }

    /// The batches of recording `index`, counted around.
    pub(crate) fn recording(&self, index: usize) -> &[Batch] {
        &self.recordings[index % self.recordings.len()]
    }

    /// Number of recordings.
    pub(crate) fn len(&self) -> usize {
        self.recordings.len()
    }

    /// Events and bytes of a batch, on average.
    pub(crate) fn mean_batch(&self) -> (f64, f64) {
        let (mut batches, mut events, mut bytes) = (0.0, 0.0, 0.0);
        for batch in self.recordings.iter().flatten() {
            batches += 1.0;
            #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
            {
                events += batch.sums.events as f64;
                bytes += batch.value(NO_ID, NO_ID, 0).len() as f64;
            }
        }
        (
            events / f64::max(batches, 1.0),
            bytes / f64::max(batches, 1.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_session_are_batch_records_with_the_same_sums() {
        let forms = [Form::Canonical, Form::Compact];
        let [canonical, compact] = forms.map(|form| Pool::build(3, 20, form).unwrap());
        for index in 0..3 {
            let pairs = canonical
                .recording(index)
                .iter()
                .zip(compact.recording(index));
            for (sequence, (one, other)) in pairs.enumerate() {
                assert_eq!(one.sums, other.sums);
                for batch in [one, other] {
                    let value = batch.value(NO_ID, "w-1", sequence);
                    let decoded = BatchRecord::decode(&value).unwrap();
                    assert_eq!(decoded.batch_id, NO_ID);
                    assert_eq!(decoded.sequence.unwrap().sequence, sequence as u64);
                    assert_eq!(Sums::of(&decoded), batch.sums);
                }
            }
        }
        assert!(canonical.recording(0)[0].sums.events == 20);
    }
}
