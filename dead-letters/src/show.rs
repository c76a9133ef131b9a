//! One letter with its content.

use std::ops::ControlFlow;

use kafka::OwnedRecord;
use kafka::config::KafkaConfig;
use kafka::dead_letter::DeadLetterHeaders;
use kafka::scan::{ScanOptions, Span, scan_spans, spans};

use crate::PATIENCE;
use crate::error::DeadLetterError;
use crate::letter::Position;

/// Reads the letter at a position. Blocks.
///
/// # Errors
/// [`DeadLetterError`] when the topic cannot be read, or has no letter there.
pub fn read(
    config: &KafkaConfig,
    topic: &str,
    at: Position,
) -> Result<(OwnedRecord, DeadLetterHeaders), DeadLetterError> {
    let options = ScanOptions {
        topic,
        since_ms: None,
        patience: PATIENCE,
    };
    let topic = || topic.to_owned();
    let spans = spans(config, options)?;
    let span = spans.iter().find(|span| span.partition == at.partition);
    let span = span.ok_or_else(|| DeadLetterError::NoPartition {
        topic: topic(),
        partition: at.partition,
    })?;
    let mut found = None;
    if (span.begin..span.end).contains(&at.offset) {
        let span = Span {
            from: at.offset,
            end: at.offset + 1,
            ..*span
        };
        scan_spans(config, options, &[span], |record| {
            found = Some(record.to_owned());
            ControlFlow::Break(())
        })?;
    }
    let found = found.ok_or_else(|| DeadLetterError::NoRecord {
        topic: topic(),
        at,
        begin: span.begin,
        last: span.end - 1,
    })?;
    match DeadLetterHeaders::decode(&found.as_record()) {
        Some(why) => Ok((found, why)),
        None => Err(DeadLetterError::NoLetter { topic: topic(), at }),
    }
}
