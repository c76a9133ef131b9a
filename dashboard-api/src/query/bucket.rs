//! The buckets of a trend.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hours, Parameters};

/// Most buckets of one answer: a month by the hour, two years by the day.
const MAX_BUCKETS: i64 = 750;

/// Length of a bucket of a trend, by UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bucket {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Bucket {
    /// Takes `bucket`; without it hours up to two days, then days. A period of too many buckets is a mistake.
    pub(crate) fn take(given: &mut Parameters, hours: Hours) -> Self {
        let asked = given.take("bucket", "hour or day", |text| match text {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            _ => None,
        });
        let bucket = asked.unwrap_or(if hours.length() <= TimeDelta::days(2) {
            Self::Hour
        } else {
            Self::Day
        });
        let length = bucket.length().num_seconds();
        if hours.length().num_seconds() / length >= MAX_BUCKETS {
            given.wrong("bucket", "too_many", "the period has too many buckets");
        }
        bucket
    }

    /// As PostgreSQL and answers call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The first instants of the buckets that a period touches.
    pub(crate) fn starts(self, hours: Hours) -> impl Iterator<Item = DateTime<Utc>> {
        let length = self.length();
        let first = hours.from.duration_trunc(length).unwrap_or(hours.from);
        let next = move |at: &DateTime<Utc>| Some(*at + length);
        std::iter::successors(Some(first), next).take_while(move |at| *at < hours.to)
    }
}
