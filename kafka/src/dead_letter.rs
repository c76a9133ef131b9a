//! Dead letters: records that will fail again identically, kept byte for byte with the reason.
//!
//! The value, key and headers of the source record travel unchanged; five more headers say why, from
//! where and when. They can be read back ([`DeadLetterHeaders::decode`]) to inspect and replay.

use schemas::header::DEAD_LETTER_HEADERS;

use crate::producer::{Delivered, DeliveryError, Outgoing, Producer, SendError};
use crate::{Partition, Record};

const REASON: &str = DEAD_LETTER_HEADERS[0];
const TOPIC: &str = DEAD_LETTER_HEADERS[1];
const PARTITION: &str = DEAD_LETTER_HEADERS[2];
const OFFSET: &str = DEAD_LETTER_HEADERS[3];
const TIMESTAMP: &str = DEAD_LETTER_HEADERS[4];

/// Largest dead letter, bytes: what the dead-letter topic takes. A producer of dead letters needs it as
/// its `record_bytes`, or the largest records of the source, which its headers make larger, never fit.
pub const RECORD_BYTES: usize = 3 << 20;

/// Why and from where a record was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterHeaders {
    /// Stable name of the reason.
    pub reason: String,
    /// Topic of the source record.
    pub topic: String,
    /// Its partition.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, milliseconds since 1970.
    pub timestamp_ms: i64,
}

impl DeadLetterHeaders {
    /// The headers of `record`, set aside for `reason`.
    pub fn of(record: &Record<'_>, reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
        }
    }

    /// The headers as name and value.
    pub fn encode(&self) -> [(&'static str, Vec<u8>); 5] {
        [
            (REASON, self.reason.clone().into_bytes()),
            (TOPIC, self.topic.clone().into_bytes()),
            (PARTITION, self.partition.to_string().into_bytes()),
            (OFFSET, self.offset.to_string().into_bytes()),
            (TIMESTAMP, self.timestamp_ms.to_string().into_bytes()),
        ]
    }

    /// Reads the headers of a dead letter; `None` when one is missing or not readable.
    pub fn decode(record: &Record<'_>) -> Option<Self> {
        let text = |name| std::str::from_utf8(record.header(name)?).ok();
        Some(Self {
            reason: text(REASON)?.to_owned(),
            topic: text(TOPIC)?.to_owned(),
            partition: text(PARTITION)?.parse().ok()?,
            offset: text(OFFSET)?.parse().ok()?,
            timestamp_ms: text(TIMESTAMP)?.parse().ok()?,
        })
    }
}

/// Queues `record` as a dead letter on `topic`, in the partition of the source.
///
/// # Errors
/// [`SendError`]; then `report` is not called and the record must stay uncommitted.
pub fn send(
    producer: &Producer,
    topic: &str,
    record: &Record<'_>,
    reason: &str,
    report: impl FnOnce(Result<Delivered, DeliveryError>) + Send + Sync + 'static,
) -> Result<(), SendError> {
    let why = DeadLetterHeaders::of(record, reason).encode();
    let mut headers: Vec<(&str, &[u8])> = record
        .headers()
        .filter(|(name, _)| !name.starts_with("candor_dlq_"))
        .collect();
    headers.extend(why.iter().map(|(name, value)| (*name, value.as_slice())));
    let outgoing = Outgoing {
        topic,
        partition: Some(record.partition),
        key: record.key,
        payload: record.payload,
        headers: &headers,
    };
    producer.send_with(outgoing, report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OwnedRecord;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn headers_survive_the_round_trip(reason in "[a-z_]{1,30}", topic in "[a-z.]{1,30}", partition in 0i32..1000, offset: i64, timestamp_ms: i64) {
            let headers = DeadLetterHeaders { reason, topic, partition, offset, timestamp_ms };
            let record = OwnedRecord {
                topic: "t".to_owned(), partition: 0, offset: 1, timestamp_ms: 2, key: vec![], payload: vec![],
                headers: headers.encode().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            };
            prop_assert_eq!(DeadLetterHeaders::decode(&record.as_record()), Some(headers));
        }
    }
}
