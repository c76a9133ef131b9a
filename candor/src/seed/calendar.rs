//! When sessions begin: more by day than by night, fewer at weekends, slowly growing.
//!
//! Sessions are numbered in the order of their beginning. So a run of numbers is a stretch of time: what is written
//! together lies together, and writers at different stretches never meet in a row.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc, Weekday};

use super::draw::{Draw, scaled};

/// Share of each hour of a day, UTC: respondents of Europe first, then of America.
const BY_HOUR: [f64; 24] = [
    0.50, 0.35, 0.25, 0.20, 0.20, 0.30, 0.55, 0.90, 1.25, 1.45, 1.50, 1.45, //
    1.40, 1.40, 1.45, 1.55, 1.60, 1.60, 1.65, 1.70, 1.50, 1.20, 0.90, 0.70,
];
/// By how much more sessions begin at the end than at the beginning.
const GROWTH: f64 = 0.4;

/// Shares sessions out over hours.
#[derive(Debug)]
pub(super) struct Calendar {
    begin: DateTime<Utc>,
    /// Sessions that begin before the end of each hour.
    until: Vec<u64>,
}

impl Calendar {
    /// `sessions` over the `days` before `end`, which is the beginning of an hour.
    pub(super) fn new(end: DateTime<Utc>, days: u32, sessions: u64) -> Self {
        let begin = end - TimeDelta::days(i64::from(days));
        let hours = days * 24;
        let weights = (0..hours).map(|hour| {
            let at = begin + TimeDelta::hours(i64::from(hour));
            let by_day = match at.weekday() {
                Weekday::Sat => 0.70,
                Weekday::Sun => 0.65,
                Weekday::Fri => 0.90,
                _ => 1.0,
            };
            let by_hour = BY_HOUR.get(at.hour() as usize).copied();
            let growth = 1.0 + GROWTH * f64::from(hour) / f64::from(hours);
            by_hour.unwrap_or(1.0) * by_day * growth
        });
        let weights: Vec<f64> = weights.collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut until: Vec<u64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                scaled(sessions, sum / total)
            })
            .collect();
        if let Some(last) = until.last_mut() {
            *last = sessions;
        }
        Self { begin, until }
    }

    /// When session number `index` begins, to the millisecond.
    pub(super) fn beginning(&self, index: u64, draw: &mut Draw) -> DateTime<Utc> {
        let hour = self.until.partition_point(|until| *until <= index);
        let first = hour.checked_sub(1).and_then(|hour| self.until.get(hour));
        let first = first.copied().unwrap_or_default();
        let end = self.until.get(hour).copied().unwrap_or(first + 1);
        #[expect(clippy::cast_precision_loss, reason = "sessions of one hour")]
        let place = ((index - first) as f64 + draw.unit()) / (end - first).max(1) as f64;
        let hours = TimeDelta::hours(i64::try_from(hour).unwrap_or(i64::MAX));
        let millis = scaled(3_600_000, place).min(3_599_999);
        self.begin + hours + TimeDelta::milliseconds(i64::try_from(millis).unwrap_or_default())
    }

    /// The days on which sessions begin.
    pub(super) fn days(&self) -> Range<NaiveDate> {
        let hours = i64::try_from(self.until.len()).unwrap_or_default();
        let end = self.begin + TimeDelta::hours(hours) - TimeDelta::milliseconds(1);
        self.begin.date_naive()..end.date_naive() + TimeDelta::days(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end() -> DateTime<Utc> {
        "2026-11-21T22:00:00Z".parse().unwrap()
    }

    #[test]
    fn sessions_begin_in_the_order_of_their_numbers_and_within_the_days() {
        let calendar = Calendar::new(end(), 3, 5000);
        let beginnings: Vec<_> = (0..5000)
            .map(|index| calendar.beginning(index, &mut Draw::new(1, index)))
            .collect();
        assert!(beginnings.is_sorted());
        assert!(beginnings[0] >= end() - TimeDelta::days(3));
        assert!(beginnings[4999] < end());
        let days = calendar.days();
        assert_eq!(days.start.to_string(), "2026-11-18");
        assert_eq!(days.end.to_string(), "2026-11-22");
    }

    #[test]
    fn more_begin_by_day_than_by_night() {
        let calendar = Calendar::new(end(), 7, 20_000);
        let hours =
            (0..20_000).map(|index| calendar.beginning(index, &mut Draw::new(1, index)).hour());
        let (day, night) = hours.fold((0, 0), |(day, night), hour| match hour {
            8..20 => (day + 1, night),
            _ => (day, night + 1),
        });
        assert!(day > 2 * night, "{day} by day, {night} by night");
    }
}
