//! Transactions that ended for the coordinator and not for the partition.
//!
//! A coordinator answers a commit when its decision is stored; the markers that end the transaction in the
//! partitions follow. Kafka (4.3.1, one node, reproduced with a kill just after a commit) may forget them: a
//! broker that starts again loads its decisions before it knows its topics, takes the partitions for
//! deleted, and calls the transaction complete. Its rows then stay undecided for ever, and everything
//! behind them unreadable for readers of committed records; the group's offset stays undecided as well.
//!
//! After the fence nobody can be writing any more, so what is open for longer than [`PATIENCE`] hangs. A
//! transaction of the new owner, which has the same producer id, takes it along to its own end. Which end
//! is decided by the group's offset, so that rows and offset have the same: if the offset that belongs to
//! the rows is committed, the rows are, and else neither is. A row of every commit, under an empty key that
//! no other row may have, tells which offset that is; it also makes sure that rows and offset always hang
//! together.

use std::time::Duration;

use rdkafka::Message;
use rdkafka::message::BorrowedMessage;

use crate::consumer::StartPosition;

/// How long a transaction may be open after the fence: far longer than markers take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The key of the row that tells a commit's point; compaction keeps the newest.
pub(super) const POINT_KEY: &[u8] = b"";

/// The offset and metadata that a commit's rows belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    next_offset: i64,
    metadata: u64,
}

/// A transaction that hangs, and how it has to end.
#[derive(Debug)]
pub(super) struct Hanging {
    /// What is committed for the group.
    pub(super) committed: StartPosition,
    /// Whether that is the offset of the rows that hang.
    pub(super) was_committed: bool,
}

impl Point {
    pub(super) fn of(next_offset: i64, metadata: &str) -> Self {
        Self {
            next_offset,
            metadata: fnv1a(metadata.as_bytes()),
        }
    }

    pub(super) fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (offset, metadata) = bytes.split_at_mut(8);
        offset.copy_from_slice(&self.next_offset.to_le_bytes());
        metadata.copy_from_slice(&self.metadata.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (offset, metadata) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            next_offset: i64::from_le_bytes(*offset),
            metadata: u64::from_le_bytes(metadata.try_into().ok()?),
        })
    }

    /// Of a commit, if this is the row that tells it.
    pub(super) fn in_message(message: &BorrowedMessage<'_>) -> Option<Self> {
        match message.key() {
            None | Some(POINT_KEY) => Self::decode(message.payload()?),
            Some(_) => None,
        }
    }
}

/// Stable over versions of the program: it is stored.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_survives_the_round_trip_and_tells_offsets_and_metadata_apart() {
        let point = Point::of(-3, "naïve");
        assert_eq!(Point::decode(&point.encode()), Some(point));
        assert_ne!(point, Point::of(-4, "naïve"));
        assert_ne!(point, Point::of(-3, "naive"));
        assert_eq!(Point::decode(&[0; 15]), None);
        assert_eq!(Point::decode(&[0; 17]), None);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
