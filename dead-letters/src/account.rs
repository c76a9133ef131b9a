//! The account of replays, kept in the dead-letter topic itself.
//!
//! Before a replay writes the first letter back, it writes down which ones it is about to; after the
//! broker has acknowledged them, which ones are back. What was begun and never ended is uncertain: its
//! run was killed in between. Then the source topic tells: a replayed record carries the position of its
//! letter in [`REPLAYED_FROM`], so what was written since the beginning is read and looked through.
//!
//! Entries are records of their own: no letter has [`ACCOUNT_HEADER`] among its headers, and an entry has none of
//! a letter's. They name sources rather than letters, so they hold for every copy of a letter, and they
//! stand after the letters they are about, so retention never removes one before its letter.

use std::collections::{HashMap, HashSet};

use kafka::Record;
use serde::{Deserialize, Serialize};

use crate::letter::{Source, Topics};

/// Header of an entry; its value is `begun` or `done`.
pub const ACCOUNT_HEADER: &str = "candor_dlq_replay";
/// Header of a replayed record: `TOPIC/PARTITION:OFFSET of PARTITION:OFFSET`, its letter, and where the
/// letter's record stood.
pub const REPLAYED_FROM: &str = "candor_replayed_from";
/// Most letters of one entry: 20 kB.
pub(crate) const ENTRY_LETTERS: usize = 1000;

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is about to be written.
    Begun,
    /// It was acknowledged.
    Done,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

/// The value of an entry.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The run of the command that wrote it.
    pub(crate) run: String,
    /// Topic that the letters' records stood in.
    pub(crate) topic: String,
    /// Their partitions and offsets there.
    pub(crate) records: Vec<(i32, i64)>,
}

/// What entries say of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: never replayed.
    New,
    /// It is back.
    Replayed,
    /// A replay was begun then, milliseconds since 1970, and did not say how it went.
    Uncertain {
        /// When it was begun.
        since_ms: i64,
    },
}

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Account {
    begun: HashMap<Source, i64>,
    done: HashSet<Source>,
    /// Entries that could not be read.
    pub(crate) unreadable: u64,
}

impl Account {
    /// Takes up `record` if it is an entry; whether it was.
    pub(crate) fn take(&mut self, record: &Record<'_>, topics: &mut Topics) -> bool {
        let Some(state) = record.header(ACCOUNT_HEADER) else {
            return false;
        };
        let Ok(entry) = serde_json::from_slice::<Entry>(record.payload) else {
            self.unreadable += 1;
            return true;
        };
        let topic = topics.number(&entry.topic);
        let is_done = state == State::Done.as_str().as_bytes();
        for (partition, offset) in entry.records {
            let source = Source {
                topic,
                partition,
                offset,
            };
            if is_done {
                self.done.insert(source);
            } else {
                let begun = self.begun.entry(source).or_insert(record.timestamp_ms);
                *begun = record.timestamp_ms.max(*begun);
            }
        }
        true
    }

    /// What is known of a letter.
    pub(crate) fn standing(&self, source: Source) -> Standing {
        match self.begun.get(&source) {
            _ if self.done.contains(&source) => Standing::Replayed,
            Some(since_ms) => Standing::Uncertain {
                since_ms: *since_ms,
            },
            None => Standing::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::OwnedRecord;

    fn entry(state: State, records: Vec<(i32, i64)>, timestamp_ms: i64) -> OwnedRecord {
        let entry = Entry {
            run: "r".to_owned(),
            topic: "events".to_owned(),
            records,
        };
        OwnedRecord {
            topic: "dlq".to_owned(),
            partition: 0,
            offset: 0,
            timestamp_ms,
            key: vec![],
            payload: serde_json::to_vec(&entry).unwrap(),
            headers: vec![(ACCOUNT_HEADER.to_owned(), state.as_str().into())],
        }
    }

    #[test]
    fn what_was_begun_is_uncertain_until_it_is_done() {
        let (mut account, mut topics) = (Account::default(), Topics::default());
        let mut take = |record: OwnedRecord| account.take(&record.as_record(), &mut topics);
        assert!(take(entry(State::Begun, vec![(0, 1), (0, 2)], 50)));
        assert!(take(entry(State::Done, vec![(0, 1)], 60)));
        assert!(take(entry(State::Begun, vec![(0, 2)], 70)));
        let mut letter = entry(State::Done, vec![(0, 3)], 60);
        letter.headers.clear();
        assert!(!take(letter));
        let mut broken = entry(State::Done, vec![(0, 3)], 60);
        broken.payload.truncate(3);
        assert!(take(broken));
        assert_eq!(account.unreadable, 1);
        let standing = |offset| {
            account.standing(Source {
                topic: 0,
                partition: 0,
                offset,
            })
        };
        assert_eq!(standing(1), Standing::Replayed);
        assert_eq!(standing(2), Standing::Uncertain { since_ms: 70 });
        assert_eq!(standing(3), Standing::New);
    }
}
