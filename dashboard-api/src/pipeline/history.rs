//! How the ends of topics moved lately: rates, and how long ago a record was written.

use std::collections::{BTreeMap, VecDeque};

use kafka::Partition;
use kafka::groups::Offsets;

/// Looks that are kept: 15 minutes of one every two seconds.
const LOOKS: usize = 450;
/// Rates are over the looks of so many milliseconds.
const RATE_MS: i64 = 10_000;

/// The ends of one topic at one moment.
#[derive(Debug)]
struct Ends {
    at_ms: i64,
    ends: Offsets,
}

/// The ends of topics, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    topics: BTreeMap<String, VecDeque<Ends>>,
}

/// How long ago the next record of a group was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Age {
    /// So many seconds, within the time between two looks.
    Seconds(f64),
    /// Longer than was looked.
    AtLeast(f64),
}

impl History {
    /// Notes the ends of a topic at a time, milliseconds since 1970.
    pub(super) fn note(&mut self, topic: &str, at_ms: i64, ends: Offsets) {
        let of_topic = self.topics.entry(topic.to_owned()).or_default();
        // A clock that was set back, or a topic that was made anew: what was before says nothing.
        let is_later = |last: &Ends| {
            let shrunk = |(partition, end): (&Partition, &i64)| {
                last.ends.get(partition).is_some_and(|before| end < before)
            };
            last.at_ms < at_ms && !ends.iter().any(shrunk)
        };
        if !of_topic.back().is_none_or(is_later) {
            of_topic.clear();
        }
        of_topic.push_back(Ends { at_ms, ends });
        if of_topic.len() > LOOKS {
            of_topic.pop_front();
        }
    }

    /// Records a second that came to a topic lately; `None` before the second look.
    pub(super) fn rate(&self, topic: &str) -> Option<f64> {
        let looks = self.topics.get(topic)?;
        let last = looks.back()?;
        let mut earlier = looks.iter().rev().skip(1);
        let first = earlier
            .clone()
            .take_while(|look| last.at_ms - look.at_ms <= RATE_MS)
            .last()
            .or_else(|| earlier.next())?;
        let total = |look: &Ends| look.ends.values().sum::<i64>();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown to three digits"
        )]
        let rate = (total(last) - total(first)) as f64 * 1000.0 / (last.at_ms - first.at_ms) as f64;
        Some(rate.max(0.0))
    }

    /// How long ago the record at `offset` was written, which is not read yet: between the last look
    /// that did not see it and the first that did.
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds are shown to three digits"
    )]
    pub(super) fn age(&self, topic: &str, partition: Partition, offset: i64) -> Option<Age> {
        let looks = self.topics.get(topic)?;
        let last = looks.back()?;
        let end = |look: &Ends| look.ends.get(&partition).copied();
        if end(last)? <= offset {
            return Some(Age::Seconds(0.0));
        }
        let seen = looks.partition_point(|look| end(look).is_none_or(|end| end <= offset));
        let since = |at_ms: f64| (last.at_ms as f64 - at_ms) / 1000.0;
        let after = looks.get(seen)?;
        let Some(before) = seen.checked_sub(1).and_then(|before| looks.get(before)) else {
            return Some(Age::AtLeast(since(after.at_ms as f64)));
        };
        let (low, high) = (end(before).unwrap_or(0), end(after)?);
        let share = (offset - low) as f64 / (high - low).max(1) as f64;
        let written = before.at_ms as f64 + share * (after.at_ms - before.at_ms) as f64;
        Some(Age::Seconds(since(written).max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(looks: &[(i64, i64)]) -> History {
        let mut history = History::default();
        for (seconds, end) in looks {
            history.note("t", seconds * 1000, Offsets::from([(0, *end)]));
        }
        history
    }

    #[test]
    fn a_rate_is_over_the_looks_of_ten_seconds() {
        assert_eq!(history(&[(0, 5)]).rate("t"), None);
        assert_eq!(history(&[(0, 5), (2, 25)]).rate("t"), Some(10.0));
        let long = history(&[(0, 0), (10, 1000), (15, 1005), (20, 1010)]);
        assert_eq!(long.rate("t"), Some(1.0));
        assert_eq!(history(&[(0, 0), (60, 60)]).rate("t"), Some(1.0));
        assert_eq!(history(&[(0, 0)]).rate("other"), None);
    }

    #[test]
    fn the_age_of_the_next_record_is_that_of_the_look_that_first_saw_it() {
        let history = history(&[(0, 100), (10, 200), (20, 200), (30, 300)]);
        assert_eq!(history.age("t", 0, 300), Some(Age::Seconds(0.0)));
        assert_eq!(history.age("t", 0, 250), Some(Age::Seconds(5.0)));
        assert_eq!(history.age("t", 0, 150), Some(Age::Seconds(25.0)));
        assert_eq!(history.age("t", 0, 99), Some(Age::AtLeast(30.0)));
        assert_eq!(history.age("t", 1, 5), None);
    }

    #[test]
    fn a_topic_that_was_made_anew_has_no_past() {
        let history = history(&[(0, 100), (2, 200), (4, 3)]);
        assert_eq!(history.rate("t"), None);
        assert_eq!(history.age("t", 0, 1), Some(Age::AtLeast(0.0)));
    }
}
