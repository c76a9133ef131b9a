//! Where a watcher is in the verdicts topic.
//!
//! A cursor is the position in every partition, so that it means the same at every instance, however
//! differently each interleaves the partitions. It names the topic it belongs to and when it was made:
//! positions of another topic, or of one that was made anew under the same name, are no positions here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest text that is looked at: thousands of partitions.
const MAX_TEXT: usize = 16 << 10;
const FORM: u8 = 1;

/// Tells one topic from others: of its cluster, name and number of partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicIdentity([u8; 4]);

impl TopicIdentity {
    /// The identity of a topic.
    pub(crate) fn of(cluster: Option<&str>, topic: &str, partitions: usize) -> Self {
        let mut hash = Sha256::new();
        for part in [cluster.unwrap_or_default(), topic] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update((partitions as u64).to_be_bytes());
        let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
        Self([a, b, c, d])
    }
}

/// Positions in the verdicts topic, opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    form: u8,
    /// The topic.
    pub(crate) topic: TopicIdentity,
    /// When it was made, Unix seconds.
    pub(crate) made_at: i64,
    /// By partition: the offset of the first record that its owner has not seen.
    pub(crate) positions: Vec<i64>,
}

impl Cursor {
    /// A cursor.
    pub(crate) fn new(topic: TopicIdentity, made_at: i64, positions: Vec<i64>) -> Self {
        Self {
            form: FORM,
            topic,
            made_at,
            positions,
        }
    }

    /// The text that clients hold.
    pub(crate) fn close(&self) -> String {
        // Writing to memory does not fail; a text that opens as nothing leads to a snapshot.
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor of a text, if it is one.
    pub(crate) fn open(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (cursor, rest) = postcard::take_from_bytes::<Self>(&bytes).ok()?;
        (cursor.form == FORM && rest.is_empty()).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(made_at: i64, positions in prop::collection::vec(0i64.., 0..70)) {
            let topic = TopicIdentity::of(Some("cluster"), "candor.verdicts.v1", positions.len());
            let cursor = Cursor::new(topic, made_at, positions);
            prop_assert_eq!(Cursor::open(&cursor.close()), Some(cursor));
        }

        #[test]
        fn other_texts_are_no_cursors(text in "[A-Za-z0-9_-]{0,80}") {
            if let Some(cursor) = Cursor::open(&text) {
                prop_assert_eq!(cursor.close(), text);
            }
        }
    }

    #[test]
    fn topics_differ_by_cluster_name_and_partitions() {
        let one = TopicIdentity::of(Some("a"), "t", 3);
        for other in [
            TopicIdentity::of(Some("b"), "t", 3),
            TopicIdentity::of(None, "t", 3),
            TopicIdentity::of(Some("a"), "u", 3),
            TopicIdentity::of(Some("a"), "t", 4),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one, TopicIdentity::of(Some("a"), "t", 3));
    }
}
