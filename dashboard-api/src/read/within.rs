//! Statements that say which days they read.
//!
//! Sessions, and what belongs to one, are partitioned by the day in the session's id. A plan for every day locks and prunes
//! each of their partitions whenever it runs, and that takes longer than reading a row. So a statement over few days names
//! them: its plan knows their partitions alone. The days are those of a whole week or a whole day, so that a connection,
//! which keeps its plans, has few to keep.

use std::borrow::Cow;

use uuid::Uuid;

/// Where a statement names its days: `/*within s.id*/` after a condition. To PostgreSQL it is a comment, and the statement
/// as it stands is that of all days.
const BEGIN: &str = "/*within ";
const END: &str = "*/";

const DAY_MS: u128 = 86_400_000;
/// Bits of an id below its milliseconds (RFC 9562, version 7).
const MILLIS_BELOW: u32 = 80;

/// What a statement's days are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Whole days if one is enough, else whole weeks: for what reads many rows.
    Day,
    /// Whole weeks, from Thursday on as 1970 began.
    Week,
}

/// The statement for sessions with ids from `first` to `last`: as it is if they lie too far apart. A `last` above every id
/// leaves the end open.
pub(crate) fn within(sql: &str, grain: Grain, (first, last): (Uuid, Uuid)) -> Cow<'_, str> {
    let spans: &[u128] = match grain {
        Grain::Day => &[DAY_MS, 7 * DAY_MS],
        Grain::Week => &[7 * DAY_MS],
    };
    let found = spans.iter().find_map(|span| borders(*span, first, last));
    match found {
        Some(borders) => Cow::Owned(named(sql, borders)),
        None => Cow::Borrowed(sql),
    }
}

/// The ids that a span of this many milliseconds begins and ends with, if both lie in one.
fn borders(span: u128, first: Uuid, last: Uuid) -> Option<(Uuid, Option<Uuid>)> {
    let number = |id: Uuid| (id.as_u128() >> MILLIS_BELOW) / span;
    let begin = |number: u128| Uuid::from_u128((number * span) << MILLIS_BELOW);
    let place = number(first);
    if last == Uuid::max() {
        return (!first.is_nil()).then(|| (begin(place), None));
    }
    // The last span of all time has no end that an id could have.
    let has_end = ((place + 1) * span) >> (128 - MILLIS_BELOW) == 0;
    (number(last) == place).then(|| (begin(place), has_end.then(|| begin(place + 1))))
}

fn named(sql: &str, (from, to): (Uuid, Option<Uuid>)) -> String {
    let mut parts = sql.split(BEGIN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (column, rest) = part.split_once(END).unwrap_or((part, ""));
        text.push_str(&format!("AND {column} >= '{from}'::uuid"));
        if let Some(to) = to {
            text.push_str(&format!(" AND {column} < '{to}'::uuid"));
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::query::id_floor;

    fn id(time: &str) -> Uuid {
        id_floor(time.parse::<DateTime<Utc>>().unwrap())
    }

    const SQL: &str = "SELECT FROM s WHERE s.id = $1 /*within s.id*/ LIMIT 1";

    fn spanned(grain: Grain, first: Uuid, last: Uuid) -> String {
        within(SQL, grain, (first, last)).into_owned()
    }

    fn expected(from: &str, to: Option<&str>) -> String {
        let end = to.map_or(String::new(), |to| {
            format!(" AND s.id < '{}'::uuid", id(to))
        });
        let from = id(from);
        format!("SELECT FROM s WHERE s.id = $1 AND s.id >= '{from}'::uuid{end} LIMIT 1")
    }

    #[test]
    fn ids_of_one_day_or_week_name_it_and_others_none() {
        let noon = id("2026-11-20T12:00:00Z");
        let day = expected("2026-11-20T00:00:00Z", Some("2026-11-21T00:00:00Z"));
        assert_eq!(spanned(Grain::Day, noon, noon), day);
        let week = expected("2026-11-19T00:00:00Z", Some("2026-11-26T00:00:00Z"));
        assert_eq!(spanned(Grain::Week, noon, noon), week);
        let next = id("2026-11-21T00:00:00Z");
        assert_eq!(spanned(Grain::Day, noon, next), week);
        assert_eq!(spanned(Grain::Day, noon, id("2026-11-26T00:00:00Z")), SQL);
        assert_eq!(spanned(Grain::Week, Uuid::nil(), noon), SQL);
    }

    #[test]
    fn without_an_end_only_what_is_older_is_left_out() {
        let noon = id("2026-11-20T12:00:00Z");
        let open = expected("2026-11-19T00:00:00Z", None);
        assert_eq!(spanned(Grain::Week, noon, Uuid::max()), open);
        assert_eq!(spanned(Grain::Week, Uuid::nil(), Uuid::max()), SQL);
    }
}
