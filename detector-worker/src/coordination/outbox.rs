//! Findings and dead letters on their way to the broker.
//!
//! Nothing here blocks. What finds no room in the producer's bounded queue waits here, in order, and the consumer pauses.
//! Acknowledgements come from the producer's thread into a list that the stage empties on every tick; each names the
//! fingerprint record that it is due to, which is complete when all of its own have come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kafka::dead_letter;
use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer, SendError};
use kafka::{OwnedRecord, Partition};
use schemas::coordination::CoordinationFinding;
use schemas::header::{RecordHeaders, RecordType};

/// The record that something is due to; the epoch tells assignments of one partition apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) partition: Partition,
    pub(crate) epoch: u64,
    pub(crate) offset: i64,
}

/// A cause and what became of one record due to it.
pub(crate) type Acknowledgement = (Cause, Result<Delivered, DeliveryError>);

enum Body {
    Finding {
        key: String,
        value: Vec<u8>,
        headers: RecordHeaders,
    },
    DeadLetter {
        record: OwnedRecord,
        reason: &'static str,
    },
}

pub(crate) struct Outbox {
    producer: Producer,
    verdicts_topic: String,
    dead_letter_topic: String,
    waiting: VecDeque<(Cause, Body)>,
    acknowledged: Arc<Mutex<Vec<Acknowledgement>>>,
}

impl Outbox {
    pub(crate) fn new(
        producer: Producer,
        verdicts_topic: String,
        dead_letter_topic: String,
    ) -> Self {
        Self {
            producer,
            verdicts_topic,
            dead_letter_topic,
            waiting: VecDeque::new(),
            acknowledged: Arc::default(),
        }
    }

    /// Files a finding.
    ///
    /// # Errors
    /// When it cannot be encoded, which no finding of ours should cause.
    pub(crate) fn push_finding(
        &mut self,
        cause: Cause,
        finding: &CoordinationFinding,
        traceparent: Option<&str>,
    ) -> Result<(), serde_json::Error> {
        let body = Body::Finding {
            key: finding.session_id.to_string(),
            value: serde_json::to_vec(finding)?,
            headers: headers_of(finding, traceparent),
        };
        self.waiting.push_back((cause, body));
        Ok(())
    }

    /// Files a dead letter.
    pub(crate) fn push_dead_letter(
        &mut self,
        cause: Cause,
        record: OwnedRecord,
        reason: &'static str,
    ) {
        let body = Body::DeadLetter { record, reason };
        self.waiting.push_back((cause, body));
    }

    /// Sends in order until nothing waits or the queue is full.
    ///
    /// # Errors
    /// What the producer refuses for another reason than a full queue.
    pub(crate) fn send_waiting(&mut self) -> Result<(), SendError> {
        while let Some((cause, body)) = self.waiting.front() {
            match self.send(*cause, body) {
                Ok(()) => self.waiting.pop_front(),
                Err(SendError::QueueFull) => return Ok(()),
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn send(&self, cause: Cause, body: &Body) -> Result<(), SendError> {
        let acknowledged = Arc::clone(&self.acknowledged);
        let report = move |outcome| {
            let mut acknowledged = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
            acknowledged.push((cause, outcome));
        };
        match body {
            Body::Finding {
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
                    topic: &self.verdicts_topic,
                    partition: None,
                    key: key.as_bytes(),
                    payload: value,
                    headers: &headers,
                };
                self.producer.send_with(outgoing, report)
            }
            Body::DeadLetter { record, reason } => dead_letter::send(
                &self.producer,
                &self.dead_letter_topic,
                &record.as_record(),
                reason,
                report,
            ),
        }
    }

    /// Whether nothing waits for room.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Acknowledgements since the last call.
    pub(crate) fn take_acknowledged(&self) -> Vec<Acknowledgement> {
        let mut acknowledged = self
            .acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *acknowledged)
    }

    /// Drops what waits for a partition that is somebody else's now.
    pub(crate) fn forget(&mut self, partition: Partition) {
        self.waiting
            .retain(|(cause, _)| cause.partition != partition);
    }
}

fn headers_of(finding: &CoordinationFinding, traceparent: Option<&str>) -> RecordHeaders {
    RecordHeaders {
        record_type: RecordType::CoordinationFinding,
        id: format!(
            "{}-{}-{}-{}",
            finding.session_id,
            finding.kind.as_str(),
            finding.fingerprint,
            finding.revision
        ),
        source: super::SOURCE.to_owned(),
        organisation: finding.organisation.clone(),
        traceparent: traceparent.map(str::to_owned),
    }
}
