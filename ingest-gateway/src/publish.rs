//! Publishing a record and waiting for its acknowledgement (INV-1).
//!
//! `Ok` means that the broker has acknowledged with `acks=all`; everything else is a failure the client
//! is told. A report that comes after the wait is over, because the client left or was told 503, is
//! counted all the same: such a record may be in the topic although nobody was told so.

use std::time::{Duration, Instant};

use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer};
use prometheus::IntCounterVec;
use schemas::control::IntegrationId;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use tokio::sync::oneshot;

use crate::error::{BrokerFailure, IngestError};
use crate::metrics::Metrics;

/// What the gateway's records say of their source.
const SOURCE: &str = "/candor/gateway";

/// A record about one session.
#[derive(Debug)]
pub(crate) struct SessionRecord {
    pub(crate) session: SessionId,
    pub(crate) organisation: OrganisationId,
    pub(crate) record_type: RecordType,
    /// Unique id of the record; the same for a repetition of the same fact.
    pub(crate) id: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) payload: Vec<u8>,
}

/// A platform's notice.
#[derive(Debug)]
pub(crate) struct NoticeRecord {
    pub(crate) integration: IntegrationId,
    pub(crate) organisation: OrganisationId,
    /// The same for a repetition of the same notice.
    pub(crate) id: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) payload: Vec<u8>,
}

/// Publishes to the events topic, and notices of platforms to theirs.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) producer: Producer,
    pub(crate) topic: String,
    pub(crate) webhooks_topic: String,
    pub(crate) ack_timeout: Duration,
    pub(crate) metrics: Metrics,
}

/// A delivery report on its way to the waiting request; counts itself when nobody takes it.
#[derive(Debug)]
struct Report {
    outcome: Option<Result<Delivered, DeliveryError>>,
    late: IntCounterVec,
}

impl Report {
    fn take(mut self) -> Result<Delivered, DeliveryError> {
        self.outcome.take().unwrap_or(Err(DeliveryError::Abandoned))
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let outcome = match self.outcome {
            None => return,
            Some(Ok(_)) => "delivered",
            Some(Err(_)) => "failed",
        };
        self.late.with_label_values(&[outcome]).inc();
    }
}

/// A record in the producer's queue, on its way to the broker.
#[derive(Debug)]
pub(crate) struct Receipt {
    report: oneshot::Receiver<Report>,
    queued_at: Instant,
}

impl Publisher {
    /// Sends the record; returns when the broker has acknowledged it.
    pub(crate) async fn publish(&self, record: SessionRecord) -> Result<(), IngestError> {
        let receipt = self.begin(&record)?;
        // The queue has its own copy.
        drop(record);
        self.acknowledged(receipt).await
    }

    /// Sends a platform's notice; returns when the broker has acknowledged it.
    pub(crate) async fn publish_notice(&self, record: NoticeRecord) -> Result<(), IngestError> {
        let queued_at = Instant::now();
        let headers = RecordHeaders {
            record_type: RecordType::WebhookNotice,
            id: record.id,
            source: SOURCE.to_owned(),
            organisation: record.organisation,
            traceparent: record.traceparent,
        };
        let key = record.integration.as_str();
        let report = self.queue((&self.webhooks_topic, key), &headers, &record.payload)?;
        self.acknowledged(Receipt { report, queued_at }).await
    }

    /// Puts the record into the producer's queue. Records begun one after the other stay in this order.
    pub(crate) fn begin(&self, record: &SessionRecord) -> Result<Receipt, IngestError> {
        let queued_at = Instant::now();
        let headers = RecordHeaders {
            record_type: record.record_type,
            id: record.id.clone(),
            source: SOURCE.to_owned(),
            organisation: record.organisation.clone(),
            traceparent: record.traceparent.clone(),
        };
        let key = record.session.to_string();
        let report = self.queue((&self.topic, &key), &headers, &record.payload)?;
        Ok(Receipt { report, queued_at })
    }

    /// Waits for the broker's acknowledgement, at most the acknowledgement timeout from now.
    pub(crate) async fn acknowledged(&self, receipt: Receipt) -> Result<(), IngestError> {
        let waited = self.ack_timeout;
        let failure = match tokio::time::timeout(waited, receipt.report).await {
            Ok(Ok(report)) => match report.take() {
                Ok(_) => {
                    let elapsed = receipt.queued_at.elapsed();
                    self.metrics.ack_seconds.observe(elapsed.as_secs_f64());
                    return Ok(());
                }
                Err(error) => BrokerFailure::Delivery(error),
            },
            Ok(Err(_)) => BrokerFailure::Delivery(DeliveryError::Abandoned),
            Err(_) => BrokerFailure::Silent { waited },
        };
        Err(IngestError::Broker(failure))
    }

    fn queue(
        &self,
        (topic, key): (&str, &str),
        headers: &RecordHeaders,
        payload: &[u8],
    ) -> Result<oneshot::Receiver<Report>, IngestError> {
        let encoded = headers.encode();
        let headers: Vec<(&str, &[u8])> = encoded
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let outgoing = Outgoing {
            topic,
            partition: None,
            key: key.as_bytes(),
            payload,
            headers: &headers,
        };
        let (sender, receiver) = oneshot::channel();
        let late = self.metrics.late.clone();
        let report = move |outcome| {
            let outcome = Some(outcome);
            drop(sender.send(Report { outcome, late }));
        };
        let queued = self.producer.send_with(outgoing, report);
        queued.map_err(|error| IngestError::Broker(BrokerFailure::Send(error)))?;
        Ok(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::Registry;

    #[test]
    fn a_report_that_nobody_takes_is_counted_once() {
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let report = |outcome| Report {
            outcome: Some(outcome),
            late: metrics.late.clone(),
        };
        let delivered = Delivered {
            partition: 0,
            offset: 7,
        };
        assert_eq!(report(Ok(delivered)).take(), Ok(delivered));
        let count = |outcome| metrics.late.with_label_values(&[outcome]).get();
        assert_eq!(count("delivered"), 0);
        // Sent, but the receiver left before it looked.
        let (sender, receiver) = oneshot::channel();
        drop(sender.send(report(Ok(delivered))));
        drop(receiver);
        // The receiver had left before.
        let (sender, receiver) = oneshot::channel();
        drop(receiver);
        drop(sender.send(report(Err(DeliveryError::Abandoned))));
        assert_eq!((count("delivered"), count("failed")), (1, 1));
    }
}
