//! Writing records and waiting until the broker has them: for commands that write a lot and must know
//! of each record what became of it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::config::KafkaConfig;
use crate::dead_letter;
use crate::metrics::{MetricsError, ProducerMetrics};
use crate::producer::{ClientError, DeliveryError, Outgoing, Producer, ProducerOptions, SendError};

/// How long a record is retried before its delivery has failed.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a full queue is waited for at a time.
const ROOM: Duration = Duration::from_millis(5);
/// Longest wait beyond [`DELIVERY_TIMEOUT`] for the client's word on what became of a record.
const SLACK: Duration = Duration::from_secs(10);

/// What became of the record with this number.
pub type Outcome = (usize, Result<(), DeliveryError>);

/// Why records could not be sent, or what became of them is not known.
#[derive(Debug, thiserror::Error)]
pub enum SendingError {
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Its counters cannot be made.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The client has not said in time what became of records.
    #[error("the client does not say what became of {left} records")]
    Silent {
        /// How many.
        left: usize,
    },
    /// A record was not taken.
    #[error("{topic} does not take the record")]
    NotTaken {
        /// Where it was to go.
        topic: String,
        /// Why.
        #[source]
        source: SendError,
    },
    /// A record was not acknowledged; it may be there all the same.
    #[error("{topic} may not have the record")]
    NotAcknowledged {
        /// Where it was to go.
        topic: String,
        /// Why.
        #[source]
        source: DeliveryError,
    },
}

/// Sends records, in order, with a bounded queue; tells which were acknowledged. Blocks.
#[derive(Debug)]
pub struct Sending {
    producer: Producer,
    report: Sender<Outcome>,
    outcomes: Receiver<Outcome>,
    under_way: usize,
}

impl Sending {
    /// A sender of records as large as dead letters.
    ///
    /// # Errors
    /// [`SendingError::Client`] or [`SendingError::Metrics`].
    pub fn new(config: &KafkaConfig) -> Result<Self, SendingError> {
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
    pub fn send(&mut self, number: usize, record: Outgoing<'_>) -> Result<(), SendError> {
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
    /// [`SendingError::Silent`] when the client says nothing of some of them.
    pub fn finish(&mut self) -> Result<Vec<Outcome>, SendingError> {
        let end = Instant::now() + DELIVERY_TIMEOUT + SLACK;
        let mut outcomes = Vec::with_capacity(self.under_way);
        while self.under_way > 0 {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(outcome) = self.outcomes.recv_timeout(left) else {
                return Err(SendingError::Silent {
                    left: self.under_way,
                });
            };
            self.under_way -= 1;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Sends one record and waits for it.
    ///
    /// # Errors
    /// [`SendingError`] when it is refused or not acknowledged.
    pub fn send_one(&mut self, record: Outgoing<'_>) -> Result<(), SendingError> {
        let topic = record.topic.to_owned();
        if let Err(source) = self.send(0, record) {
            return Err(SendingError::NotTaken { topic, source });
        }
        for (_, outcome) in self.finish()? {
            outcome.map_err(|source| SendingError::NotAcknowledged {
                topic: topic.clone(),
                source,
            })?;
        }
        Ok(())
    }
}
