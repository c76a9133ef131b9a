//! A record in one piece of memory, for those who hold many.

use crate::{OwnedRecord, Partition, Record};

/// A record that owns its bytes, all of them in one allocation: topic, key, value and headers one behind the other.
///
/// An [`OwnedRecord`] has two allocations for each header; of records that wait by the ten thousand, these cost more than
/// the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedRecord {
    /// Partition it was read from.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
    /// The record's timestamp, milliseconds since 1970.
    pub timestamp_ms: i64,
    bytes: Box<[u8]>,
    /// Where topic, key and value end; behind them stand the headers, each name and value with its length before it.
    ends: [u32; 3],
}

/// Bytes of a length.
const LENGTH: usize = size_of::<u32>();

/// A length in memory; what Kafka hands over is shorter than 2^31 bytes.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl PackedRecord {
    /// The same record in one piece.
    pub fn of(record: &Record<'_>) -> Self {
        let headers = record.headers();
        let headers: usize = headers
            .map(|(name, value)| 2 * LENGTH + name.len() + value.len())
            .sum();
        let parts = [record.topic.as_bytes(), record.key, record.payload];
        let mut bytes = Vec::with_capacity(parts.map(<[u8]>::len).iter().sum::<usize>() + headers);
        let ends = parts.map(|part| {
            bytes.extend_from_slice(part);
            length(bytes.len())
        });
        for (name, value) in record.headers() {
            for part in [name.as_bytes(), value] {
                bytes.extend_from_slice(&length(part.len()).to_ne_bytes());
                bytes.extend_from_slice(part);
            }
        }
        Self {
            partition: record.partition,
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            bytes: bytes.into_boxed_slice(),
            ends,
        }
    }

    fn part(&self, from: u32, to: u32) -> &[u8] {
        self.bytes
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    /// Topic it was read from.
    pub fn topic(&self) -> &str {
        std::str::from_utf8(self.part(0, self.ends[0])).unwrap_or_default()
    }

    /// Its key; empty when absent.
    pub fn key(&self) -> &[u8] {
        self.part(self.ends[0], self.ends[1])
    }

    /// Its value; empty when absent.
    pub fn payload(&self) -> &[u8] {
        self.part(self.ends[1], self.ends[2])
    }

    /// Its headers as name and value, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = self.part(self.ends[2], length(self.bytes.len()));
        std::iter::from_fn(move || {
            let name = split_off(&mut rest)?;
            let value = split_off(&mut rest)?;
            Some((std::str::from_utf8(name).unwrap_or_default(), value))
        })
    }

    /// Bytes that it holds.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The same record in parts.
    pub fn to_owned(&self) -> OwnedRecord {
        let headers = self.headers();
        OwnedRecord {
            topic: self.topic().to_owned(),
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: self.key().to_vec(),
            payload: self.payload().to_vec(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
        }
    }
}

/// Takes the next part, which has its length before it.
fn split_off<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
    let (part, behind) = behind.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
    *rest = behind;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_packed_record_is_the_record(
            topic in "[a-z.]{1,20}",
            key in vec(any::<u8>(), 0..50),
            payload in vec(any::<u8>(), 0..300),
            headers in vec((".{0,12}", vec(any::<u8>(), 0..40)), 0..6),
        ) {
            let record = OwnedRecord {
                topic,
                partition: 3,
                offset: 1 << 40,
                timestamp_ms: -1,
                key,
                payload,
                headers,
            };
            let packed = PackedRecord::of(&record.as_record());
            prop_assert_eq!(packed.key(), &record.key);
            prop_assert_eq!(packed.to_owned(), record);
        }
    }
}
