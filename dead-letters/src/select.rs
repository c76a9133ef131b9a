//! Which letters are meant.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;

use crate::letter::{Letter, Source};

/// Most sources that are remembered to tell copies of a letter apart: 70 MB.
pub const MOST_SOURCES: usize = 2_000_000;

/// Whose letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    Anybody,
    /// Those of one organisation.
    Of {
        /// The organisation.
        organisation: OrganisationId,
        /// Also those that name none that can be read.
        or_nobody: bool,
    },
}

impl Whose {
    /// Whether a letter of this organisation, if it names one, is meant.
    pub fn takes(&self, organisation: Option<&OrganisationId>) -> bool {
        match self {
            Self::Anybody => true,
            Self::Of {
                organisation: ours,
                or_nobody,
            } => organisation.map_or(*or_nobody, |named| named == ours),
        }
    }
}

/// Filters of letters; what is empty filters nothing.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Whose.
    pub whose: Whose,
    /// Only those with one of these reasons.
    pub reasons: Vec<String>,
    /// Only those whose record stood in one of these topics.
    pub sources: Vec<String>,
    /// Only those set aside from then on.
    pub since: Option<DateTime<Utc>>,
    /// Only those set aside before.
    pub until: Option<DateTime<Utc>>,
}

impl Selection {
    /// From when on the topic is read, milliseconds since 1970.
    pub fn since_ms(&self) -> Option<i64> {
        self.since.map(|since| since.timestamp_millis())
    }

    /// Whether a letter is meant.
    pub fn takes(&self, letter: &Letter) -> bool {
        let early = self
            .until
            .is_none_or(|until| letter.set_aside_ms < until.timestamp_millis());
        // The broker finds a start by batches; single records of it may be older.
        let late = self
            .since_ms()
            .is_none_or(|since| letter.set_aside_ms >= since);
        let named = |names: &[String], name: &String| names.is_empty() || names.contains(name);
        early
            && late
            && named(&self.reasons, &letter.why.reason)
            && named(&self.sources, &letter.why.topic)
            && self.whose.takes(letter.organisation.as_ref())
    }
}

/// Tells the first letter of a source from its copies.
#[derive(Debug, Default)]
pub struct Once {
    seen: HashSet<Source>,
    /// Letters of sources that had one before.
    pub copies: u64,
    /// Whether there were too many sources to remember.
    pub is_full: bool,
}

impl Once {
    /// Whether this is the first of its source.
    pub fn is_first(&mut self, source: Source) -> bool {
        if self.seen.contains(&source) {
            self.copies += 1;
            return false;
        }
        if self.seen.len() < MOST_SOURCES {
            self.seen.insert(source);
        } else {
            self.is_full = true;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_letter_are_counted_not_shown() {
        let mut once = Once::default();
        let source = |offset| Source {
            topic: 0,
            partition: 0,
            offset,
        };
        let shown = [1, 2, 1, 1, 3].map(|offset| once.is_first(source(offset)));
        assert_eq!(shown, [true, true, false, false, true]);
        assert_eq!(once.copies, 2);
    }

    #[test]
    fn letters_of_nobody_are_for_those_who_may_see_them() {
        let name = |text: &str| text.parse::<OrganisationId>().unwrap();
        let of = |or_nobody| Whose::Of {
            organisation: name("ours"),
            or_nobody,
        };
        for (whose, ours, theirs, nobodys) in [
            (Whose::Anybody, true, true, true),
            (of(false), true, false, false),
            (of(true), true, false, true),
        ] {
            let takes = [Some(name("ours")), Some(name("theirs")), None]
                .map(|organisation| whose.takes(organisation.as_ref()));
            assert_eq!(takes, [ours, theirs, nobodys], "{whose:?}");
        }
    }
}
