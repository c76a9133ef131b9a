//! Dead letters of the sinks: a record that will be refused again goes to the dead-letter topic with its reason, and its
//! offset completes only when the broker has acknowledged that.

use kafka::producer::Producer;
use kafka::{PackedRecord, dead_letter};
use tokio::sync::oneshot;

use crate::backoff::Backoff;

/// Sends dead letters.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetters {
    producer: Producer,
    topic: String,
}

impl DeadLetters {
    pub(crate) fn new(producer: Producer, topic: String) -> Self {
        Self { producer, topic }
    }

    /// Returns when the dead letter is acknowledged; tries again for ever, because dropping it would lose the record.
    pub(crate) async fn send(&self, record: &PackedRecord, reason: &str) {
        let mut backoff = Backoff::default();
        while let Err(error) = self.try_send(record, reason).await {
            tracing::warn!(
                error,
                reason,
                kafka.topic = record.topic(),
                kafka.partition = record.partition,
                kafka.offset = record.offset,
                "dead letter not acknowledged, trying again"
            );
            backoff.wait().await;
        }
        tracing::warn!(
            reason,
            kafka.topic = record.topic(),
            kafka.partition = record.partition,
            kafka.offset = record.offset,
            "record set aside as a dead letter"
        );
    }

    async fn try_send(&self, record: &PackedRecord, reason: &str) -> Result<(), String> {
        let (sender, receiver) = oneshot::channel();
        // A receiver that has gone belongs to a writer that was stopped: the record is read again.
        let report = move |outcome| drop(sender.send(outcome));
        dead_letter::send(
            &self.producer,
            &self.topic,
            &record.to_owned().as_record(),
            reason,
            report,
        )
        .map_err(|error| error.to_string())?;
        match receiver.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the producer ended".to_owned()),
        }
    }
}
