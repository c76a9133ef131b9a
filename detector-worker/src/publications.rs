//! What has been published and not been acknowledged yet, by snapshot interval.
//!
//! A snapshot accounts for everything published before it was taken, so it may be committed only when all
//! of that is acknowledged (INV-5). Acknowledgements come in any order. What is published is counted
//! under the interval in which it was published; a snapshot ends one interval and begins the next.

use std::collections::VecDeque;

/// Names the time between two snapshots of one assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval(u64);

/// Counts of unacknowledged publications.
#[derive(Debug, Default)]
pub(crate) struct Publications {
    /// The interval that is going on.
    current: u64,
    /// Unacknowledged publications of the intervals from `current - open.len() + 1` to `current`.
    open: VecDeque<u64>,
}

impl Publications {
    /// One more is on its way.
    pub(crate) fn begin(&mut self) -> Interval {
        if self.open.is_empty() {
            self.open.push_back(0);
        }
        if let Some(count) = self.open.back_mut() {
            *count += 1;
        }
        Interval(self.current)
    }

    /// It has been acknowledged.
    pub(crate) fn end(&mut self, interval: Interval) {
        let first = self.first();
        let index = interval.0.checked_sub(first);
        let count = index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.open.get_mut(index));
        if let Some(count) = count {
            *count = count.saturating_sub(1);
        }
        while self.open.len() > 1 && self.open.front() == Some(&0) {
            self.open.pop_front();
        }
    }

    /// Ends the interval: a snapshot is taken now. Returns what it has to wait for.
    pub(crate) fn close_interval(&mut self) -> Interval {
        let closed = Interval(self.current);
        if self.open.is_empty() {
            self.open.push_back(0);
        }
        self.current += 1;
        self.open.push_back(0);
        while self.open.len() > 1 && self.open.front() == Some(&0) {
            self.open.pop_front();
        }
        closed
    }

    /// Whether everything published up to the end of `interval` is acknowledged.
    pub(crate) fn is_settled(&self, interval: Interval) -> bool {
        let first = self.first();
        let mut counts = (first..).zip(&self.open);
        counts.all(|(number, count)| number > interval.0 || *count == 0)
    }

    /// Number of publications on their way.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> u64 {
        self.open.iter().sum()
    }

    fn first(&self) -> u64 {
        (self.current + 1).saturating_sub(self.open.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Begin,
        End(usize),
        Close,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::Begin),
            3 => any::<usize>().prop_map(Step::End),
            1 => Just(Step::Close),
        ]
    }

    proptest! {
        /// Beside a plain list of what is on its way.
        #[test]
        fn a_snapshot_is_settled_when_nothing_before_it_is_on_its_way(steps in prop::collection::vec(step(), 1..200)) {
            let (mut publications, mut on_their_way, mut snapshots) = (Publications::default(), Vec::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Begin => on_their_way.push(publications.begin()),
                    Step::End(choice) if !on_their_way.is_empty() => {
                        publications.end(on_their_way.swap_remove(choice % on_their_way.len()));
                    }
                    Step::End(_) => {}
                    Step::Close => snapshots.push(publications.close_interval()),
                }
                prop_assert_eq!(publications.in_flight(), on_their_way.len() as u64);
                for snapshot in &snapshots {
                    let settled = on_their_way.iter().all(|interval| interval > snapshot);
                    prop_assert_eq!(publications.is_settled(*snapshot), settled);
                }
            }
        }
    }
}
