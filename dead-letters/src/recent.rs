//! The newest letters, read within bounds: for whoever asks often.
//!
//! Only the end of each partition is read. An entry of the account stands after the letters that it is
//! about, in whichever partition, so what was read knows everything about the letters that are younger
//! than the youngest beginning; older ones are left out, and the answer says that it is not whole.

use std::ops::ControlFlow;

use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, Span, scan_spans, spans};

use crate::PATIENCE;
use crate::account::Standing;
use crate::error::DeadLetterError;
use crate::letter::Letter;
use crate::reading::Reading;
use crate::select::Selection;

/// Bytes of a letter's key that are kept.
const KEY_BYTES: usize = 64;
/// By how much fewer records are read when those were too many bytes.
const FEWER: i64 = 8;

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub struct RecentBounds {
    /// Records of each partition.
    pub per_partition: i64,
    /// Bytes of all records together.
    pub bytes: usize,
}

/// A letter without its content.
#[derive(Debug, Clone)]
pub struct Row {
    /// The letter.
    pub letter: Letter,
    /// The beginning of its key.
    pub key: Vec<u8>,
    /// Bytes of its value.
    pub bytes: usize,
    /// Whether it is back.
    pub standing: Standing,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    /// The letters, the newest first.
    pub rows: Vec<Row>,
    /// Letters set aside before are not among them, milliseconds since 1970; `None` when there are none.
    pub since_ms: Option<i64>,
}

/// Reads the newest letters of `topic`. Blocks.
///
/// # Errors
/// [`DeadLetterError::Scan`]; [`DeadLetterError::TooLarge`] when a handful of records of each partition
/// are more bytes than the bounds admit.
pub fn recent(
    config: &KafkaConfig,
    topic: &str,
    bounds: RecentBounds,
) -> Result<Recent, DeadLetterError> {
    let options = ScanOptions {
        topic,
        since_ms: None,
        patience: PATIENCE,
    };
    let whole = spans(config, options)?;
    let mut most = bounds.per_partition;
    while most > 0 {
        let mut pass = Pass::new(&whole, most, bounds.bytes);
        scan_spans(config, options, &pass.spans.clone(), |record| {
            pass.take(record)
        })?;
        if pass.bytes <= bounds.bytes {
            return Ok(pass.finish());
        }
        most /= FEWER;
    }
    Err(DeadLetterError::TooLarge { most: bounds.bytes })
}

/// One attempt.
struct Pass {
    spans: Vec<Span>,
    /// Partitions of which older records are left out, until their first record says how old.
    cut: Vec<kafka::Partition>,
    since_ms: Option<i64>,
    reading: Reading,
    rows: Vec<Row>,
    bytes: usize,
    most_bytes: usize,
}

impl Pass {
    fn new(whole: &[Span], most: i64, most_bytes: usize) -> Self {
        let spans = whole.iter().map(|span| Span {
            from: span.begin.max(span.end - most),
            ..*span
        });
        let spans: Vec<Span> = spans.collect();
        let cut = spans.iter().filter(|span| span.from > span.begin);
        Self {
            cut: cut.map(|span| span.partition).collect(),
            spans,
            since_ms: None,
            reading: Reading::default(),
            rows: Vec::new(),
            bytes: 0,
            most_bytes,
        }
    }

    fn take(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        self.bytes += record.payload.len() + record.key.len();
        if self.bytes > self.most_bytes {
            return ControlFlow::Break(());
        }
        if let Some(place) = self.cut.iter().position(|cut| *cut == record.partition) {
            self.cut.swap_remove(place);
            self.since_ms = self.since_ms.max(Some(record.timestamp_ms));
        }
        if let Some(letter) = self.reading.take(record, &Selection::default()) {
            self.rows.push(Row {
                letter,
                key: record.key[..record.key.len().min(KEY_BYTES)].to_vec(),
                bytes: record.payload.len(),
                standing: Standing::New,
            });
        }
        ControlFlow::Continue(())
    }

    fn finish(self) -> Recent {
        let (mut rows, since_ms) = (self.rows, self.since_ms);
        rows.retain(|row| since_ms.is_none_or(|since| row.letter.set_aside_ms >= since));
        for row in &mut rows {
            row.standing = self.reading.standing(row.letter.source);
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.letter.set_aside_ms, row.letter.at)));
        Recent { rows, since_ms }
    }
}
