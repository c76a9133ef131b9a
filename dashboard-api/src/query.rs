//! Query parameters: read strictly, every mistake named at once.
//!
//! A filter that is misspelt would silently show everything, so unknown parameters are mistakes too.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use runtime::problem::FieldError;
use uuid::Uuid;

use crate::error::ApiError;
use crate::verdict::{RiskLevel, SessionClass, SessionStatus};

/// Longest text filter, in characters; as long as a name of the gateway may be.
const MAX_TEXT: usize = 128;

/// The parameters of a request, as they were sent.
pub(crate) type Pairs = Vec<(String, String)>;

/// Takes parameters one by one and notes what is wrong with them.
#[derive(Debug)]
pub(crate) struct Parameters {
    given: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl Parameters {
    pub(crate) fn new(pairs: Pairs) -> Self {
        let mut parameters = Self {
            given: BTreeMap::new(),
            errors: Vec::new(),
        };
        for (name, value) in pairs {
            if parameters.given.contains_key(&name) {
                parameters.wrong(&name, "repeated", "the parameter is given twice");
            }
            // An empty field of a form is no filter.
            if !value.is_empty() {
                parameters.given.insert(name, value);
            }
        }
        parameters
    }

    fn wrong(&mut self, name: &str, code: &str, detail: &str) {
        // A name is shown back in part only: it may be anything.
        let name: String = name.chars().take(64).collect();
        self.errors.push(FieldError {
            pointer: format!("?{name}"),
            code: code.to_owned(),
            detail: detail.to_owned(),
        });
    }

    /// A parameter that `parse` understands, or else `expected` is told.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.given.remove(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.wrong(name, "invalid", expected);
        }
        value
    }

    /// Ends reading.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, ApiError> {
        for name in std::mem::take(&mut self.given).into_keys() {
            self.wrong(&name, "unknown", "there is no such parameter");
        }
        if self.errors.is_empty() {
            Ok(value)
        } else {
            Err(ApiError::InvalidParameters(self.errors))
        }
    }
}

/// Filters of the list of sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SessionFilter {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
    pub(crate) status: Option<Vec<&'static str>>,
    pub(crate) risk: Option<Vec<&'static str>>,
    pub(crate) class: Option<Vec<&'static str>>,
    pub(crate) platform: Option<String>,
    pub(crate) survey: Option<String>,
    pub(crate) respondent: Option<String>,
    pub(crate) min_score: Option<i16>,
    pub(crate) max_score: Option<i16>,
    pub(crate) prefix: Option<String>,
    /// Sessions older than this one.
    pub(crate) before: Option<Uuid>,
    pub(crate) limit: i64,
}

/// Sessions on a page when nothing is said.
pub(crate) const DEFAULT_LIMIT: i64 = 50;
/// Most sessions on a page.
pub(crate) const MAX_LIMIT: i64 = 200;

impl SessionFilter {
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let limit = given.take("limit", "a whole number from 1 to 200", |text| {
            text.parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        });
        let filter = Self {
            from: given.take("from", TIME, time),
            to: given.take("to", TIME, time),
            status: given.take("status", "active, completed, idle, max_length", statuses),
            risk: given.take("risk", "LOW, MEDIUM, HIGH, CRITICAL", |text| {
                set(text, |word| RiskLevel::parse(word).map(RiskLevel::as_str))
            }),
            class: given.take(
                "class",
                "human, scripted_bot, ai_agent, ai_assisted, declared_agent, insufficient_data",
                |text| {
                    set(text, |word| {
                        SessionClass::parse(word).map(SessionClass::as_str)
                    })
                },
            ),
            platform: given.take("platform", TEXT, text_filter),
            survey: given.take("survey", TEXT, text_filter),
            respondent: given.take("respondent", TEXT, text_filter),
            min_score: given.take("min_score", SCORE, thousandths),
            max_score: given.take("max_score", SCORE, thousandths),
            prefix: given.take("q", TEXT, text_filter),
            before: given.take("cursor", "the next_cursor of a page", open_cursor),
            limit: limit.unwrap_or(DEFAULT_LIMIT),
        };
        if filter
            .from
            .zip(filter.to)
            .is_some_and(|(from, to)| from >= to)
        {
            given.wrong("to", "before_from", "must be later than from");
        }
        let scores = filter.min_score.zip(filter.max_score);
        if scores.is_some_and(|(min, max)| min > max) {
            given.wrong("max_score", "below_min", "must not be below min_score");
        }
        given.finish(filter)
    }
}

const TIME: &str = "an RFC 3339 time or a date YYYY-MM-DD (UTC)";
const TEXT: &str = "1 to 128 characters without control characters";
const SCORE: &str = "a number from 0 to 1";

fn statuses(text: &str) -> Option<Vec<&'static str>> {
    set(text, |word| {
        SessionStatus::parse(word)
            .filter(|status| *status != SessionStatus::Pending)
            .map(SessionStatus::as_str)
    })
}

fn set(text: &str, parse: impl Fn(&str) -> Option<&'static str>) -> Option<Vec<&'static str>> {
    let words: Option<Vec<&str>> = text.split(',').map(|word| parse(word.trim())).collect();
    // More words than there are values can only be repetitions.
    words.filter(|words| words.len() <= 8)
}

/// An instant: RFC 3339, or the midnight (UTC) that begins a date.
pub(crate) fn time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_time(NaiveTime::MIN).and_utc()).filter(is_storable);
    }
    // A plus sign that was not escaped arrives as a space.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok()?;
    Some(time.to_utc()).filter(is_storable)
}

/// What fits the 48 bits of milliseconds of a session id.
fn is_storable(time: &DateTime<Utc>) -> bool {
    (0..1 << 48).contains(&time.timestamp_millis())
}

fn text_filter(text: &str) -> Option<String> {
    let is_fine = text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
    is_fine.then(|| text.to_owned())
}

#[expect(clippy::cast_possible_truncation, reason = "0 to 1000 after the check")]
fn thousandths(text: &str) -> Option<i16> {
    let score: f64 = text.parse().ok()?;
    (0.0..=1.0)
        .contains(&score)
        .then(|| (score * 1000.0).round() as i16)
}

/// The lowest session id of an instant.
pub(crate) fn id_floor(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis().max(0)).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

/// The ids that begin with `prefix` (hexadecimal, with or without hyphens): the lowest and the highest.
pub(crate) fn id_range(prefix: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = prefix.chars().filter(|c| *c != '-').collect();
    if digits.is_empty() || digits.len() > 32 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let low = Uuid::parse_str(&format!("{digits:0<32}")).ok()?;
    let high = Uuid::parse_str(&format!("{digits:f<32}")).ok()?;
    Some((low, high))
}

/// The place after a session in the list, opaque to clients.
pub(crate) fn close_cursor(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn open_cursor(text: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// The period of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// First instant.
    pub(crate) from: DateTime<Utc>,
    /// First instant after it.
    pub(crate) to: DateTime<Utc>,
}

impl Period {
    /// `range` (`1h`, `24h`, `7d`, `30d`) up to now, or `from` and `to`.
    pub(crate) fn read(pairs: Pairs, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let range = given.take("range", "1h, 24h, 7d or 30d", |text| match text {
            "1h" => Some(1),
            "24h" => Some(24),
            "7d" => Some(7 * 24),
            "30d" => Some(30 * 24),
            _ => None,
        });
        let from = given.take("from", TIME, time);
        let to = given.take("to", TIME, time);
        if range.is_some() && (from.is_some() || to.is_some()) {
            given.wrong("range", "conflict", "give either range or from and to");
        }
        // Ids of this very millisecond belong to the period.
        let end = to.unwrap_or(now + chrono::TimeDelta::milliseconds(1));
        let start = from.unwrap_or(end - chrono::TimeDelta::hours(range.unwrap_or(24)));
        if start >= end {
            given.wrong("to", "before_from", "must be later than from");
        }
        given.finish(Self {
            from: start,
            to: end,
        })
    }
}

/// The part of a session's timeline to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimelinePage {
    /// After this event: generation, offset of its batch, position in it.
    pub(crate) after: (i32, i64, i64),
    pub(crate) limit: i64,
}

/// Events on a page of a timeline when nothing is said.
const DEFAULT_EVENTS: i64 = 200;
/// Most events on a page of a timeline.
const MAX_EVENTS: i64 = 1000;

impl TimelinePage {
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let limit = given.take("events_limit", "a whole number from 0 to 1000", |text| {
            text.parse()
                .ok()
                .filter(|limit| (0..=MAX_EVENTS).contains(limit))
        });
        let expected = "the next_cursor of a timeline";
        let after = given.take("events_cursor", expected, open_event_cursor);
        given.finish(Self {
            after: after.unwrap_or((0, -1, 0)),
            limit: limit.unwrap_or(DEFAULT_EVENTS),
        })
    }
}

/// The place after an event in a timeline, opaque to clients.
pub(crate) fn close_event_cursor((generation, offset, position): (i32, i64, i64)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{generation}.{offset}.{position}"))
}

fn open_event_cursor(text: &str) -> Option<(i32, i64, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut parts = text.splitn(3, '.');
    let generation = parts.next()?.parse().ok()?;
    let offset = parts.next()?.parse().ok()?;
    let position = parts.next()?.parse().ok()?;
    Some((generation, offset, position))
}
