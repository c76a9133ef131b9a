//! Producing: idempotent, `acks=all`, every record's delivery reported to its sender.
//!
//! The queue is bounded; a full queue is an error of the send, so that the caller says "later" to its
//! own client instead of holding memory. A delivery report that nobody waits for any more is still
//! counted.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};
use rdkafka::{Message, config::FromClientConfigAndContext};
use schemas::header::RecordHeaders;
use tokio::sync::oneshot;

use crate::Partition;
use crate::config::KafkaConfig;
use crate::metrics::ProducerMetrics;

/// Settings of a producer.
#[derive(Debug, Clone)]
pub struct ProducerOptions {
    /// How long records wait for company. Longer is cheaper, shorter is faster.
    pub linger: Duration,
    /// Most bytes in the queue.
    pub queue_bytes: usize,
    /// Most records in the queue.
    pub queue_records: usize,
    /// How long a record is retried before its delivery fails.
    pub delivery_timeout: Duration,
    /// Largest record as its topic counts it (`max.message.bytes`): key, value, headers and framing.
    pub record_bytes: usize,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            linger: Duration::from_millis(2),
            queue_bytes: 64 << 20,
            queue_records: 100_000,
            delivery_timeout: Duration::from_secs(30),
            record_bytes: 2 << 20,
        }
    }
}

/// Bytes of a batch around its records (61, and some to spare). The broker counts them and librdkafka's
/// check does not: without them a record just below the limit would be taken here and refused there,
/// which looks like an outage to the sender.
const BATCH_FRAMING: usize = 128;

/// Where a record was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Its partition.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
}

/// Why a record was not taken into the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The bounded queue is full: the broker is away or slow.
    #[error("the producer's queue is full")]
    QueueFull,
    /// The record is larger than the broker takes.
    #[error("the record is too large")]
    TooLarge,
    /// Anything else librdkafka refuses at once.
    #[error("the record was refused: {code}")]
    Refused {
        /// librdkafka's name of the error.
        code: String,
    },
}

/// Why a queued record was not delivered. The broker may have it all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The broker did not acknowledge in time, or refused.
    #[error("the record was not acknowledged: {code}")]
    Failed {
        /// librdkafka's name of the error.
        code: String,
    },
    /// The producer ended first.
    #[error("the producer ended before the acknowledgement")]
    Abandoned,
}

type Report = Box<dyn FnOnce(Result<Delivered, DeliveryError>) + Send + Sync>;

struct Context {
    metrics: ProducerMetrics,
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = %error, reason, "kafka producer reports an error");
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Report>;

    fn delivery(&self, result: &DeliveryResult<'_>, report: Box<Report>) {
        let outcome = match result {
            Ok(message) => {
                self.metrics.delivered.inc();
                Ok(Delivered {
                    partition: message.partition(),
                    offset: message.offset(),
                })
            }
            Err((error, _)) => {
                self.metrics.failed.inc();
                let code = error
                    .rdkafka_error_code()
                    .map_or_else(|| error.to_string(), |code| code.to_string());
                Err(DeliveryError::Failed { code })
            }
        };
        report(outcome);
    }
}

/// One record to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Partition; by the key's hash when absent.
    pub partition: Option<Partition>,
    /// Key.
    pub key: &'a [u8],
    /// Value.
    pub payload: &'a [u8],
    /// Headers as name and value.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// A shared producer; clones are cheap.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<ThreadedProducer<Context>>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer")
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the Kafka client cannot be made: {0}")]
pub struct ClientError(#[from] pub(crate) KafkaError);

impl Producer {
    /// Makes a producer; it connects in the background.
    ///
    /// # Errors
    /// When librdkafka refuses the settings.
    pub fn new(
        config: &KafkaConfig,
        options: &ProducerOptions,
        metrics: ProducerMetrics,
    ) -> Result<Self, ClientError> {
        let mut client = config.client();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4")
            .set("linger.ms", options.linger.as_millis().to_string())
            .set("batch.size", "1048576")
            .set(
                "message.max.bytes",
                options
                    .record_bytes
                    .saturating_sub(BATCH_FRAMING)
                    .to_string(),
            )
            .set(
                "queue.buffering.max.kbytes",
                (options.queue_bytes / 1024).to_string(),
            )
            .set(
                "queue.buffering.max.messages",
                options.queue_records.to_string(),
            )
            .set(
                "delivery.timeout.ms",
                options.delivery_timeout.as_millis().to_string(),
            );
        let inner = ThreadedProducer::from_config_and_context(&client, Context { metrics })?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Queues a record; `report` is called once, from the producer's thread, and must be quick.
    ///
    /// # Errors
    /// [`SendError`]; then `report` is never called.
    pub fn send_with(
        &self,
        record: Outgoing<'_>,
        report: impl FnOnce(Result<Delivered, DeliveryError>) + Send + Sync + 'static,
    ) -> Result<(), SendError> {
        let report: Box<Report> = Box::new(Box::new(report));
        let mut message = BaseRecord::with_opaque_to(record.topic, report)
            .key(record.key)
            .payload(record.payload)
            .headers(owned(record.headers));
        if let Some(partition) = record.partition {
            message = message.partition(partition);
        }
        self.enqueue(message)
    }

    /// Queues a row of a compacted topic: `value` is what `key` stands for from now on, `None` removes
    /// it. The returned future resolves with the broker's answer.
    ///
    /// # Errors
    /// [`SendError`] at once when it cannot be queued.
    pub fn put(
        &self,
        topic: &str,
        key: &[u8],
        value: Option<&[u8]>,
        headers: &[(&str, &[u8])],
    ) -> Result<impl Future<Output = Result<Delivered, DeliveryError>> + Send + use<>, SendError>
    {
        let (sender, receiver) = oneshot::channel();
        // A receiver that has gone gave up waiting; the metrics have counted the delivery.
        let report: Box<Report> = Box::new(Box::new(move |outcome| drop(sender.send(outcome))));
        let mut message = BaseRecord::with_opaque_to(topic, report)
            .key(key)
            .headers(owned(headers));
        if let Some(value) = value {
            message = message.payload(value);
        }
        self.enqueue(message)?;
        Ok(async move { receiver.await.unwrap_or(Err(DeliveryError::Abandoned)) })
    }

    fn enqueue(&self, message: BaseRecord<'_, [u8], [u8], Box<Report>>) -> Result<(), SendError> {
        self.inner
            .send(message)
            .map_err(|(error, _)| match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => SendError::QueueFull,
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => SendError::TooLarge,
                other => SendError::Refused {
                    code: other.map_or_else(|| error.to_string(), |code| code.to_string()),
                },
            })
    }

    /// Queues a record of Candor's own; the returned future resolves with the broker's answer.
    ///
    /// # Errors
    /// [`SendError`] at once when it cannot be queued.
    pub fn send(
        &self,
        topic: &str,
        key: &[u8],
        payload: &[u8],
        headers: &RecordHeaders,
    ) -> Result<impl Future<Output = Result<Delivered, DeliveryError>> + Send + use<>, SendError>
    {
        let encoded = headers.encode();
        let headers: Vec<(&str, &[u8])> = encoded
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let (sender, receiver) = oneshot::channel();
        let record = Outgoing {
            topic,
            partition: None,
            key,
            payload,
            headers: &headers,
        };
        // A receiver that has gone gave up waiting; the metrics have counted the delivery.
        self.send_with(record, move |outcome| drop(sender.send(outcome)))?;
        Ok(async move { receiver.await.unwrap_or(Err(DeliveryError::Abandoned)) })
    }

    /// Records in the queue or on their way.
    pub fn in_flight(&self) -> i32 {
        self.inner.in_flight_count()
    }

    /// Whether the cluster answers this producer and has `topic`. Blocks.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check_topic(&self, topic: &str, timeout: Duration) -> Result<(), String> {
        let metadata = self.inner.client().fetch_metadata(Some(topic), timeout);
        let metadata = metadata.map_err(|error| format!("Kafka does not answer: {error}"))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        match found {
            Some(found) if found.error().is_none() && !found.partitions().is_empty() => Ok(()),
            _ => Err(format!(
                "topic {topic} does not exist; run `candor topics create`"
            )),
        }
    }

    /// Waits until nothing is in flight; says how many records are left when the time is over.
    /// Blocks: call it from a blocking thread.
    pub fn flush(&self, timeout: Duration) -> i32 {
        let _ = self.inner.flush(timeout);
        self.in_flight()
    }
}

fn owned(headers: &[(&str, &[u8])]) -> OwnedHeaders {
    let owned = OwnedHeaders::new_with_capacity(headers.len());
    headers.iter().fold(owned, |owned, (key, value)| {
        owned.insert(Header {
            key,
            value: Some(*value),
        })
    })
}
