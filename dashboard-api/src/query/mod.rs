//! Query parameters: read strictly, every mistake named at once.
//!
//! A filter that is misspelt would silently show everything, so unknown parameters are mistakes too.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use runtime::problem::FieldError;

use crate::error::ApiError;

mod bucket;
mod cursor;
mod filter;
mod pages;
mod period;
mod timeline;

pub(crate) use bucket::Bucket;
pub(crate) use cursor::{close_cursor, id_floor, id_range, open_cursor};
pub(crate) use filter::{NO_LABEL, PageQuery, SessionFilter, SessionFilterParameters};
pub(crate) use pages::{
    CampaignPlace, CampaignQuery, IdPage, OverviewQuery, SurveyOrder, SurveyPlace, SurveyQuery,
    survey_period, timings_period,
};
pub(crate) use period::{Hours, Period};
pub(crate) use timeline::{TimelinePage, close_event_cursor, points};

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

    /// Notes a mistake.
    pub(crate) fn wrong(&mut self, name: &str, code: &str, detail: &str) {
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

    /// A parameter that must be given, as it is.
    pub(crate) fn required(&mut self, name: &str, expected: &str) -> Option<String> {
        let value = self.given.remove(name);
        if value.is_none() {
            self.wrong(name, "missing", expected);
        }
        value
    }

    /// A number of items from 1 to `most`.
    pub(crate) fn limit(&mut self, name: &str, most: usize) -> Option<usize> {
        let expected = format!("a whole number from 1 to {most}");
        self.take(name, &expected, |text| {
            text.parse().ok().filter(|limit| (1..=most).contains(limit))
        })
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

/// What a time may be.
pub(crate) const TIME: &str = "an RFC 3339 time or a date YYYY-MM-DD (UTC)";
/// What a text may be.
pub(crate) const TEXT: &str = "1 to 128 characters without control characters";

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

pub(crate) fn text_filter(text: &str) -> Option<String> {
    let is_fine = text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
    is_fine.then(|| text.to_owned())
}
