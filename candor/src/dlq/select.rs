//! Which letters a command is about.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use clap::Args;
use kafka::config::KafkaConfig;
use kafka::dead_letter::DeadLetterHeaders;

use super::letter::{Letter, Source};
use crate::operate::duration::moment;

/// Most sources that are remembered to tell copies of a letter apart: 70 MB.
const MOST_SOURCES: usize = 2_000_000;

/// Filters of letters.
#[derive(Debug, Clone, Args)]
pub struct Selection {
    /// The dead-letter topic ({prefix}.events.v1.dlq unless given)
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only those with this reason; may be repeated
    #[arg(long, value_name = "REASON")]
    pub reason: Vec<String>,
    /// Only those set aside from then on: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<DateTime<Utc>>,
    /// Only those set aside before: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<DateTime<Utc>>,
}

impl Selection {
    /// The topic that is meant.
    pub(super) fn topic(&self, config: &KafkaConfig) -> String {
        let usual = || config.topics().dead_letters;
        self.topic.clone().unwrap_or_else(usual)
    }

    /// From when on the topic is read.
    pub(super) fn since_ms(&self) -> Option<i64> {
        self.since.map(|since| since.timestamp_millis())
    }

    pub(super) fn takes(&self, letter: &Letter) -> bool {
        let early = self
            .until
            .is_none_or(|until| letter.set_aside_ms < until.timestamp_millis());
        // The broker finds a start by batches; single records of it may be older.
        let late = self
            .since_ms()
            .is_none_or(|since| letter.set_aside_ms >= since);
        early && late && self.has_reason(&letter.why)
    }

    fn has_reason(&self, why: &DeadLetterHeaders) -> bool {
        self.reason.is_empty() || self.reason.contains(&why.reason)
    }
}

/// Tells the first letter of a source from its copies.
#[derive(Debug, Default)]
pub(super) struct Once {
    seen: HashSet<Source>,
    /// Letters of sources that had one before.
    pub(super) copies: u64,
    /// Whether there were too many sources to remember.
    pub(super) is_full: bool,
}

impl Once {
    /// Whether this is the first of its source.
    pub(super) fn is_first(&mut self, source: Source) -> bool {
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

    /// Says on standard error what the numbers do not show.
    pub(super) fn report(&self) {
        if self.copies > 0 {
            eprintln!("{} copies of these are not shown", self.copies);
        }
        if self.is_full {
            eprintln!(
                "there are more than {MOST_SOURCES} letters; copies among the rest are not told apart"
            );
        }
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
}
