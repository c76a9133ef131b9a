//! What is committed of a partition beside its offset: how far time has come, and how records ended.
//!
//! Written as the commit's metadata, in the transaction that moves the offset, so every record is counted
//! exactly once whatever crashes (INV-7). Text, because other tools show it.

use super::Outcome;

/// First word of the text; the number grows with its form.
const VERSION: &str = "w2";

/// How many records ended how, since the partition was first read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Folded into an open window.
    pub folded: u64,
    /// Changed nothing.
    pub duplicate: u64,
    /// Opened a window.
    pub new_window: u64,
    /// Asked for a verdict.
    pub requested: u64,
    /// Set aside.
    pub dead_lettered: u64,
}

impl OutcomeCounts {
    /// All of them: the number of records.
    pub fn total(&self) -> u64 {
        self.folded + self.duplicate + self.new_window + self.requested + self.dead_lettered
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Folded => self.folded += 1,
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::NewWindow => self.new_window += 1,
            Outcome::Requested => self.requested += 1,
            Outcome::Rebuilt => {}
        }
    }
}

/// What is committed with an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionState {
    /// The latest broker time of a record that was taken in, milliseconds since 1970.
    pub stream_ms: i64,
    /// How the records before the offset ended.
    pub outcomes: OutcomeCounts,
}

impl Default for PartitionState {
    fn default() -> Self {
        Self {
            stream_ms: i64::MIN,
            outcomes: OutcomeCounts::default(),
        }
    }
}

impl PartitionState {
    /// The commit's metadata: at most 200 bytes.
    pub fn encode(&self) -> String {
        let counts = &self.outcomes;
        format!(
            "{VERSION} {} {} {} {} {} {}",
            self.stream_ms,
            counts.folded,
            counts.duplicate,
            counts.new_window,
            counts.requested,
            counts.dead_lettered
        )
    }

    /// Reads it; `None` when the text is not of this form.
    pub fn decode(metadata: &str) -> Option<Self> {
        let mut words = metadata.split(' ');
        if words.next()? != VERSION {
            return None;
        }
        let stream_ms = words.next()?.parse().ok()?;
        let mut count = || words.next()?.parse().ok();
        let outcomes = OutcomeCounts {
            folded: count()?,
            duplicate: count()?,
            new_window: count()?,
            requested: count()?,
            dead_lettered: count()?,
        };
        words.next().is_none().then_some(Self {
            stream_ms,
            outcomes,
        })
    }

    /// Whether the commit is a worker's at all. Rows account for the offset that was committed with them;
    /// an offset that somebody else has set is the beginning of another history.
    pub(super) fn is_ours(metadata: &str) -> bool {
        let version = metadata.split(' ').next().unwrap_or_default();
        version
            .strip_prefix('w')
            .is_some_and(|number| number.parse::<u32>().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn state_survives_the_round_trip(stream_ms: i64, counts: [u64; 5]) {
            let [folded, duplicate, new_window, requested, dead_lettered] = counts;
            let state = PartitionState { stream_ms, outcomes: OutcomeCounts { folded, duplicate, new_window, requested, dead_lettered } };
            let text = state.encode();
            prop_assert!(text.len() <= 200 && PartitionState::is_ours(&text));
            prop_assert_eq!(PartitionState::decode(&text), Some(state));
        }
    }

    #[test]
    fn other_metadata_is_not_read() {
        for text in [
            "",
            "hello",
            "w2",
            "w1 5 5 0",
            "w2 5 0 0 0 0",
            "w2 5 0 0 0 0 0 0",
            "w2 x 0 0 0 0 0",
        ] {
            assert_eq!(PartitionState::decode(text), None, "{text}");
        }
        assert!(PartitionState::is_ours("w3 1 2") && !PartitionState::is_ours("world 1"));
    }
}
