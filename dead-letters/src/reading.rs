//! What a pass over the dead-letter topic learns: letters, the account of replays, and what is neither.

use kafka::Record;

use crate::account::{Account, Standing};
use crate::letter::{Letter, Source, Topics};
use crate::select::{Once, Selection};

/// A pass over the topic. Positions and counts are kept, never the letters.
#[derive(Debug, Default)]
pub struct Reading {
    /// Names of the topics that letters come from.
    pub topics: Topics,
    /// Which sources had a letter already.
    pub once: Once,
    pub(crate) account: Account,
    foreign: u64,
}

impl Reading {
    /// Takes a record up: the letter that it is, unless it is none, none of `selection`, or a copy.
    pub fn take(&mut self, record: &Record<'_>, selection: &Selection) -> Option<Letter> {
        self.take_if(record, selection, |_| true)
    }

    /// The same of those letters alone that are `wanted`; a copy of one that is not may be the first.
    pub(crate) fn take_if(
        &mut self,
        record: &Record<'_>,
        selection: &Selection,
        wanted: impl FnOnce(&Letter) -> bool,
    ) -> Option<Letter> {
        if self.account.take(record, &mut self.topics) {
            return None;
        }
        let Some(letter) = Letter::of(record, &mut self.topics) else {
            self.foreign += 1;
            return None;
        };
        let is_taken =
            selection.takes(&letter) && wanted(&letter) && self.once.is_first(letter.source);
        is_taken.then_some(letter)
    }

    /// How a letter stands, by the entries that were read so far.
    pub fn standing(&self, source: Source) -> Standing {
        self.account.standing(source)
    }

    /// Records that are neither letters nor entries of this version.
    pub fn foreign(&self) -> u64 {
        self.foreign + self.account.unreadable
    }
}
