//! Writing records back and waiting until the broker has them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use kafka::config::KafkaConfig;
use kafka::dead_letter;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{DeliveryError, Outgoing, Producer, ProducerOptions, SendError};

/// How long a record is retried before its delivery has failed.
pub(crate) const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a full queue is waited for at a time.
const ROOM: Duration = Duration::from_millis(5);
/// Longest wait beyond [`DELIVERY_TIMEOUT`] for the client's word on what became of a record.
const SLACK: Duration = Duration::from_secs(10);

/// What became of the record with this number.
type Outcome = (usize, Result<(), DeliveryError>);

/// Sends records, in order, with a bounded queue; tells which were acknowledged.
#[derive(Debug)]
pub(crate) struct Sending {
    producer: Producer,
    report: Sender<Outcome>,
    outcomes: Receiver<Outcome>,
    under_way: usize,
}

impl Sending {
    pub(crate) fn new(config: &KafkaConfig) -> anyhow::Result<Self> {
        let options = ProducerOptions {
            // At most this many outcomes wait in the channel, too.
            queue_records: 10_000,
            queue_bytes: 16 << 20,
            delivery_timeout: DELIVERY_TIMEOUT,
            record_bytes: dead_letter::RECORD_BYTES,
            ..ProducerOptions::default()
        };
        let (report, outcomes) = channel();
        Ok(Self {
            producer: Producer::new(config, &options, ProducerMetrics::unregistered()?)?,
            report,
            outcomes,
            under_way: 0,
        })
    }

    /// Queues a record under a number of the caller's; waits while the queue is full.
    ///
    /// # Errors
    /// [`SendError::TooLarge`] or [`SendError::Refused`].
    pub(crate) fn send(&mut self, number: usize, record: Outgoing<'_>) -> Result<(), SendError> {
        loop {
            let report = self.report.clone();
            // The receiver lives as long as the producer.
            let tell = move |outcome: Result<_, _>| drop(report.send((number, outcome.map(drop))));
            match self.producer.send_with(record, tell) {
                Ok(()) => {
                    self.under_way += 1;
                    return Ok(());
                }
                Err(SendError::QueueFull) => std::thread::sleep(ROOM),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for every record that was sent: which were acknowledged, and which not and why.
    ///
    /// # Errors
    /// When the client says nothing of some of them.
    pub(crate) fn finish(&mut self) -> anyhow::Result<Vec<Outcome>> {
        let end = Instant::now() + DELIVERY_TIMEOUT + SLACK;
        let mut outcomes = Vec::with_capacity(self.under_way);
        while self.under_way > 0 {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(outcome) = self.outcomes.recv_timeout(left) else {
                bail!(
                    "the client does not say what became of {} records",
                    self.under_way
                );
            };
            self.under_way -= 1;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Sends one record and waits for it.
    ///
    /// # Errors
    /// When it is refused or not acknowledged.
    pub(crate) fn send_one(&mut self, record: Outgoing<'_>) -> anyhow::Result<()> {
        let topic = record.topic.to_owned();
        self.send(0, record)
            .with_context(|| format!("{topic} does not take the record"))?;
        for (_, outcome) in self.finish()? {
            outcome.with_context(|| format!("{topic} may not have the record"))?;
        }
        Ok(())
    }
}
