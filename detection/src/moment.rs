//! A time that may be unknown, in the eight bytes of a time: an `Option` takes sixteen.

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, and one; 0: unknown. The microsecond before 1970 counts as unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Moment(i64);

impl Moment {
    pub(crate) fn known(self) -> Option<EventTime> {
        (self != Self::default()).then(|| EventTime(self.0.wrapping_sub(1)))
    }

    /// Puts `at` in its place and gives back what was there.
    pub(crate) fn replace(&mut self, at: EventTime) -> Option<EventTime> {
        std::mem::replace(self, at.into()).known()
    }

    /// What is known, which is then forgotten.
    pub(crate) fn take(&mut self) -> Option<EventTime> {
        std::mem::take(self).known()
    }
}

impl From<EventTime> for Moment {
    fn from(at: EventTime) -> Self {
        Self(at.0.wrapping_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_comes_back(at in any::<i64>().prop_filter("not the moment before 1970", |at| *at != -1)) {
            let mut moment = Moment::default();
            prop_assert_eq!(moment.replace(EventTime(at)), None);
            prop_assert_eq!(moment.known(), Some(EventTime(at)));
            prop_assert_eq!(moment.take(), Some(EventTime(at)));
            prop_assert_eq!(moment.known(), None);
        }
    }
}
