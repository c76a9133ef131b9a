//! The consumer of readers without a group: tables, scans, tails.

use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A consumer that reads and commits nothing.
pub(crate) type TopicReader = BaseConsumer<ReaderContext>;

/// Says what librdkafka reports beside what it returns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderContext;

impl ClientContext for ReaderContext {
    fn error(&self, error: KafkaError, reason: &str) {
        // Every end of a partition is reported here too; readers get it as an event, and it is no error.
        if let KafkaError::Global(RDKafkaErrorCode::PartitionEOF) = error {
            return;
        }
        tracing::warn!(error = %error, reason, "kafka reader reports an error");
    }
}

impl ConsumerContext for ReaderContext {}
