//! What a stage publishes, on its way to the broker.
//!
//! Nothing here blocks. Records go into the producer's bounded queue in order; when it is full they wait
//! here. What is on its way is bounded in records and bytes: at the bound the consumer pauses, at half of
//! it it goes on. Acknowledgements come from the producer's thread into a list that the handler empties on
//! every tick; each carries the ticket that was given with the record.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kafka::OwnedRecord;
use kafka::budget::{Budget, Load, Marks};
use kafka::dead_letter;
use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer, SendError};
use schemas::header::RecordHeaders;

/// Most that may be on its way; more than the producer's own queue takes would only wait here.
const MOST: Load = Load {
    records: 50_000,
    bytes: 32 << 20,
};

/// A record to publish.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: Arc<str>,
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) headers: RecordHeaders,
}

enum Body {
    Message(Message),
    DeadLetter {
        record: OwnedRecord,
        reason: &'static str,
    },
}

impl Body {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.key.len() + message.value.len(),
            Self::DeadLetter { record, .. } => record.key.len() + record.payload.len(),
        }
    }
}

/// A ticket and what became of its record.
pub(crate) type Acknowledgement<Ticket> = (Ticket, Result<Delivered, DeliveryError>);

type Reports<Ticket> = Mutex<Vec<(usize, Acknowledgement<Ticket>)>>;

/// Records that wait for room, and acknowledgements that wait to be looked at.
pub(crate) struct Outbox<Ticket> {
    producer: Producer,
    dead_letters: String,
    waiting: VecDeque<(Ticket, Body)>,
    budget: Budget,
    reports: Arc<Reports<Ticket>>,
}

impl<Ticket: Copy + Send + Sync + 'static> Outbox<Ticket> {
    /// An outbox whose dead letters go to the topic `dead_letters`.
    pub(crate) fn new(producer: Producer, dead_letters: String) -> Self {
        Self {
            producer,
            dead_letters,
            waiting: VecDeque::new(),
            budget: Budget::new(Marks::half_of(MOST)),
            reports: Arc::default(),
        }
    }

    /// Files a record.
    pub(crate) fn push(&mut self, ticket: Ticket, message: Message) {
        self.file(ticket, Body::Message(message));
    }

    /// Files a dead letter.
    pub(crate) fn push_dead_letter(
        &mut self,
        ticket: Ticket,
        record: OwnedRecord,
        reason: &'static str,
    ) {
        self.file(ticket, Body::DeadLetter { record, reason });
    }

    fn file(&mut self, ticket: Ticket, body: Body) {
        self.budget.add(body.bytes());
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
        let (reports, bytes) = (Arc::clone(&self.reports), body.bytes());
        let report = move |outcome| {
            let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
            reports.push((bytes, (ticket, outcome)));
        };
        match body {
            Body::Message(message) => {
                let encoded = message.headers.encode();
                let headers: Vec<(&str, &[u8])> = encoded
                    .iter()
                    .map(|(name, value)| (*name, value.as_bytes()))
                    .collect();
                let outgoing = Outgoing {
                    topic: &message.topic,
                    partition: None,
                    key: message.key.as_bytes(),
                    payload: &message.value,
                    headers: &headers,
                };
                self.producer.send_with(outgoing, report)
            }
            Body::DeadLetter { record, reason } => dead_letter::send(
                &self.producer,
                &self.dead_letters,
                &record.as_record(),
                reason,
                report,
            ),
        }
    }

    /// Whether more may be produced.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.budget.is_open()
    }

    /// Acknowledgements since the last call.
    pub(crate) fn take_acknowledged(&mut self) -> Vec<Acknowledgement<Ticket>> {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let reports = std::mem::take(&mut *reports);
        let taken = reports.into_iter().map(|(bytes, acknowledgement)| {
            self.budget.remove(bytes);
            acknowledgement
        });
        taken.collect()
    }

    /// Drops what waits and is not wanted any more.
    pub(crate) fn forget(&mut self, is_unwanted: impl Fn(&Ticket) -> bool) {
        let budget = &mut self.budget;
        self.waiting.retain(|(ticket, body)| {
            let unwanted = is_unwanted(ticket);
            if unwanted {
                budget.remove(body.bytes());
            }
            !unwanted
        });
    }
}
