//! What the worker publishes: verdicts, fingerprints and dead letters on their way to the broker.
//!
//! Nothing here blocks. Records go into the producer's bounded queue in order; when it is full they wait
//! here, and the consumer pauses. Acknowledgements come from the producer's thread into a list that the
//! handler empties on every tick; each carries a ticket that says what it is about.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kafka::dead_letter;
use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer, SendError};
use kafka::{OwnedRecord, Partition};
use schemas::header::{RecordHeaders, RecordType};
use schemas::verdict::VerdictRecord;

use crate::config::WorkerConfig;
use crate::publications::Interval;

/// Names one record on its way; the epoch tells assignments of one partition apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) partition: Partition,
    pub(crate) epoch: u64,
    pub(crate) interval: Interval,
}

/// A ticket and what became of its record.
pub(crate) type Acknowledgement = (Ticket, Result<Delivered, DeliveryError>);

enum Body {
    Record {
        topic: Arc<str>,
        key: String,
        value: Vec<u8>,
        headers: RecordHeaders,
    },
    DeadLetter {
        record: OwnedRecord,
        reason: &'static str,
    },
}

/// Names of the topics that are written.
#[derive(Debug, Clone)]
pub(crate) struct Destinations {
    pub(crate) verdicts: Arc<str>,
    pub(crate) dead_letters: Arc<str>,
}

impl Destinations {
    pub(crate) fn of(config: &WorkerConfig) -> Self {
        Self {
            verdicts: config.verdicts_topic.as_str().into(),
            dead_letters: config.dead_letter_topic.as_str().into(),
        }
    }
}

/// Records that wait for room in the producer's queue, and acknowledgements that wait to be looked at.
pub(crate) struct Outbox {
    producer: Producer,
    topics: Destinations,
    waiting: VecDeque<(Ticket, Body)>,
    acknowledged: Arc<Mutex<Vec<Acknowledgement>>>,
}

impl Outbox {
    pub(crate) fn new(producer: Producer, topics: Destinations) -> Self {
        Self {
            producer,
            topics,
            waiting: VecDeque::new(),
            acknowledged: Arc::default(),
        }
    }

    /// Files a verdict.
    ///
    /// # Errors
    /// When it cannot be encoded, which no verdict of ours should cause.
    pub(crate) fn push_verdict(
        &mut self,
        ticket: Ticket,
        verdict: &VerdictRecord,
        traceparent: Option<&str>,
    ) -> Result<(), serde_json::Error> {
        let body = Body::Record {
            topic: Arc::clone(&self.topics.verdicts),
            key: verdict.session_id.to_string(),
            value: serde_json::to_vec(verdict)?,
            headers: headers_of(verdict, traceparent),
        };
        self.push(ticket, body);
        Ok(())
    }

    /// Files a dead letter.
    pub(crate) fn push_dead_letter(
        &mut self,
        ticket: Ticket,
        record: OwnedRecord,
        reason: &'static str,
    ) {
        self.push(ticket, Body::DeadLetter { record, reason });
    }

    fn push(&mut self, ticket: Ticket, body: Body) {
        self.waiting.push_back((ticket, body));
    }

    /// Sends in order until nothing waits or the queue is full.
    ///
    /// # Errors
    /// What the producer refuses for another reason than a full queue.
    pub(crate) fn send_waiting(&mut self) -> Result<(), SendError> {
        while let Some((ticket, body)) = self.waiting.front() {
            match self.send(*ticket, body) {
                Ok(()) => self.waiting.pop_front(),
                Err(SendError::QueueFull) => return Ok(()),
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn send(&self, ticket: Ticket, body: &Body) -> Result<(), SendError> {
        let acknowledged = Arc::clone(&self.acknowledged);
        let report = move |outcome| {
            acknowledged
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((ticket, outcome));
        };
        match body {
            Body::Record {
                topic,
                key,
                value,
                headers,
            } => {
                let encoded = headers.encode();
                let headers: Vec<(&str, &[u8])> = encoded
                    .iter()
                    .map(|(name, value)| (*name, value.as_bytes()))
                    .collect();
                let outgoing = Outgoing {
                    topic,
                    partition: None,
                    key: key.as_bytes(),
                    payload: value,
                    headers: &headers,
                };
                self.producer.send_with(outgoing, report)
            }
            Body::DeadLetter { record, reason } => dead_letter::send(
                &self.producer,
                &self.topics.dead_letters,
                &record.as_record(),
                reason,
                report,
            ),
        }
    }

    /// Whether more may be produced: what is on its way stays within bounds.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Acknowledgements since the last call.
    pub(crate) fn take_acknowledged(&mut self) -> Vec<Acknowledgement> {
        let taken = std::mem::take(
            &mut *self
                .acknowledged
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        taken
    }

    /// Drops what waits for a partition that is somebody else's now.
    pub(crate) fn forget(&mut self, partition: Partition) {
        self.waiting
            .retain(|(ticket, _)| ticket.partition != partition);
    }
}

fn headers_of(verdict: &VerdictRecord, traceparent: Option<&str>) -> RecordHeaders {
    let revision = verdict.revision;
    RecordHeaders {
        record_type: RecordType::Verdict,
        id: format!(
            "{}-{}-{}",
            revision.generation, revision.offset, revision.phase as u8
        ),
        source: "/candor/detector".to_owned(),
        organisation: verdict.organisation.clone(),
        traceparent: traceparent.map(str::to_owned),
    }
}
