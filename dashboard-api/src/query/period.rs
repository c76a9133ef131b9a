//! Periods of time that are asked about.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::{Parameters, TIME, time};

/// A period that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// First instant.
    pub(crate) from: DateTime<Utc>,
    /// First instant after it.
    pub(crate) to: DateTime<Utc>,
}

impl Period {
    /// Takes `range` (`1h`, `24h`, `7d`, `30d`, `90d`; `otherwise` in hours) up to `now`, or `from` and `to`.
    pub(crate) fn take(given: &mut Parameters, now: DateTime<Utc>, otherwise: i64) -> Self {
        let range = given.take("range", "1h, 24h, 7d, 30d or 90d", |text| match text {
            "1h" => Some(1),
            "24h" => Some(24),
            "7d" => Some(7 * 24),
            "30d" => Some(30 * 24),
            "90d" => Some(90 * 24),
            _ => None,
        });
        let from = given.take("from", TIME, time);
        let to = given.take("to", TIME, time);
        if range.is_some() && (from.is_some() || to.is_some()) {
            given.wrong("range", "conflict", "give either range or from and to");
        }
        // Ids of this very millisecond belong to the period.
        let end = to.unwrap_or(now + TimeDelta::milliseconds(1));
        let start = from.unwrap_or(end - TimeDelta::hours(range.unwrap_or(otherwise)));
        if start >= end {
            given.wrong("to", "before_from", "must be later than from");
        }
        Self {
            from: start,
            to: end,
        }
    }

    /// The whole hours that it touches.
    pub(crate) fn hours(self) -> Hours {
        Hours::around(Some(self.from), Some(self.to))
    }
}

/// A period of whole hours: what counters know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hours {
    /// First instant.
    pub(crate) from: DateTime<Utc>,
    /// First instant after it.
    pub(crate) to: DateTime<Utc>,
}

impl Hours {
    /// The hours that a period touches; without a border it has no end.
    pub(crate) fn around(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        let hour = TimeDelta::hours(1);
        Self {
            from: from.map_or(DateTime::UNIX_EPOCH, |time| begin_of(time, hour)),
            // The last hour of the highest session id.
            to: to.map_or(END_OF_IDS, |time| first_from(time, hour)),
        }
    }

    /// The period of the same length before it, which does not begin before 1970.
    pub(crate) fn previous(self) -> Self {
        Self {
            from: (self.from - self.length()).max(DateTime::UNIX_EPOCH),
            to: self.from,
        }
    }

    /// Its four borders in order: its first instant, the first and the end of the whole days (UTC) within, its end. Without a
    /// whole day all but the first are its end.
    pub(crate) fn borders(self) -> [DateTime<Utc>; 4] {
        let day = TimeDelta::days(1);
        let (first, end) = (first_from(self.from, day), begin_of(self.to, day));
        if first < end {
            [self.from, first, end, self.to]
        } else {
            [self.from, self.to, self.to, self.to]
        }
    }

    /// Its length.
    pub(crate) fn length(self) -> TimeDelta {
        self.to - self.from
    }
}

/// The beginning of the hour or day (UTC) that `time` is in.
fn begin_of(time: DateTime<Utc>, unit: TimeDelta) -> DateTime<Utc> {
    time.duration_trunc(unit).unwrap_or(time)
}

/// The first beginning of an hour or day (UTC) that is not before `time`.
fn first_from(time: DateTime<Utc>, unit: TimeDelta) -> DateTime<Utc> {
    let begun = begin_of(time, unit);
    if begun == time { time } else { begun + unit }
}

/// After the 48 bits of milliseconds of a session id.
const END_OF_IDS: DateTime<Utc> = match DateTime::from_timestamp_millis(1 << 48) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_rounded_outwards_to_whole_hours() {
        let (from, to) = (at("2026-09-21T10:20:00Z"), at("2026-09-21T12:00:00.001Z"));
        let hours = Hours::around(Some(from), Some(to));
        assert_eq!(hours.from, at("2026-09-21T10:00:00Z"));
        assert_eq!(hours.to, at("2026-09-21T13:00:00Z"));
        let previous = hours.previous();
        assert_eq!(previous.from, at("2026-09-21T07:00:00Z"));
        assert_eq!(previous.to, hours.from);
        let exact = Hours::around(Some(hours.from), Some(hours.to));
        assert_eq!(exact, hours);
    }

    #[test]
    fn days_lie_between_the_hours_of_its_ends() {
        let borders = |from: &str, to: &str| {
            Hours::around(Some(at(from)), Some(at(to)))
                .borders()
                .map(|border| border.format("%d %H").to_string())
        };
        let days = borders("2026-09-20T22:00:00Z", "2026-09-23T03:00:00Z");
        assert_eq!(days, ["20 22", "21 00", "23 00", "23 03"]);
        let days = borders("2026-09-20T00:00:00Z", "2026-09-22T00:00:00Z");
        assert_eq!(days, ["20 00", "20 00", "22 00", "22 00"]);
        let none = borders("2026-09-20T22:00:00Z", "2026-09-21T21:00:00Z");
        assert_eq!(none, ["20 22", "21 21", "21 21", "21 21"]);
        let inside = borders("2026-09-20T02:00:00Z", "2026-09-20T05:00:00Z");
        assert_eq!(inside, ["20 02", "20 05", "20 05", "20 05"]);
        let all = Hours::around(None, None);
        let [from, first, end, to] = all.borders();
        assert_eq!((from, first), (all.from, all.from));
        assert!(end <= to && to == all.to);
    }
}
