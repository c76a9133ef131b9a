//! What is asked of the overview and of lists that are not of sessions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Bucket, Hours, Pairs, Parameters, Period, TEXT, open_cursor, text_filter};
use crate::error::ApiError;

/// Items on a page when nothing is said.
const DEFAULT_LIMIT: usize = 50;
/// Most items on a page.
const MAX_LIMIT: usize = 200;
/// Most surveys on a page: the counters of each are added up.
const MAX_SURVEYS: usize = 100;
/// Surveys on a page when nothing is said.
const DEFAULT_SURVEYS: usize = 25;
const CURSOR: &str = "the next_cursor of a page";
const DAY: i64 = 24;
const MONTH: i64 = 30 * DAY;

/// The place after an item, opaque to clients.
fn close<T: Serialize>(place: &T) -> String {
    // Times, texts: what JSON can say.
    let text = serde_json::to_vec(place).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

fn open<T: DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A period, perhaps of one survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverviewQuery {
    /// The hours that the period touches.
    pub(crate) hours: Hours,
    /// One survey, or all.
    pub(crate) survey: Option<String>,
}

impl OverviewQuery {
    /// Reads a period, a day if none is given, and `survey`.
    pub(crate) fn read(pairs: Pairs, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let query = Self::take(&mut given, now);
        given.finish(query)
    }

    fn take(given: &mut Parameters, now: DateTime<Utc>) -> Self {
        Self {
            hours: Period::take(given, now, DAY).hours(),
            survey: given.take("survey", TEXT, text_filter),
        }
    }

    /// The same with `bucket`.
    pub(crate) fn read_trend(pairs: Pairs, now: DateTime<Utc>) -> Result<(Self, Bucket), ApiError> {
        let mut given = Parameters::new(pairs);
        let query = Self::take(&mut given, now);
        let bucket = Bucket::take(&mut given, query.hours);
        given.finish((query, bucket))
    }
}

/// The period and the buckets of a survey's page; a month if none is given.
pub(crate) fn survey_period(
    pairs: Pairs,
    now: DateTime<Utc>,
) -> Result<(Period, Bucket), ApiError> {
    let mut given = Parameters::new(pairs);
    let period = Period::take(&mut given, now, MONTH);
    let bucket = Bucket::take(&mut given, period.hours());
    given.finish((period, bucket))
}

/// The period of a survey's timings; a month if none is given.
pub(crate) fn timings_period(pairs: Pairs, now: DateTime<Utc>) -> Result<Period, ApiError> {
    let mut given = Parameters::new(pairs);
    let period = Period::take(&mut given, now, MONTH);
    given.finish(period)
}

/// Order of a list of surveys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SurveyOrder {
    /// By name, bytewise.
    Name,
    /// The one with the newest session first.
    Activity,
}

/// A place in a list of surveys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct SurveyPlace {
    /// The hour of its newest session.
    pub(crate) hour: DateTime<Utc>,
    /// Its name.
    pub(crate) name: String,
}

impl SurveyPlace {
    /// As a cursor.
    pub(crate) fn close(&self) -> String {
        close(self)
    }
}

/// A page of surveys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SurveyQuery {
    /// Which hours are counted.
    pub(crate) hours: Hours,
    /// In which order.
    pub(crate) order: SurveyOrder,
    /// What the name begins with.
    pub(crate) prefix: Option<String>,
    /// After this one.
    pub(crate) after: Option<SurveyPlace>,
    /// Surveys on the page.
    pub(crate) limit: usize,
}

impl SurveyQuery {
    /// Reads a period (a month if none is given), `order`, `q`, `cursor`, `limit`.
    pub(crate) fn read(pairs: Pairs, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let order = given.take("order", "name or activity", |text| match text {
            "name" => Some(SurveyOrder::Name),
            "activity" => Some(SurveyOrder::Activity),
            _ => None,
        });
        let query = Self {
            hours: Period::take(&mut given, now, MONTH).hours(),
            order: order.unwrap_or(SurveyOrder::Activity),
            prefix: given.take("q", TEXT, |text| text_filter(text.trim())),
            after: given.take("cursor", CURSOR, |text| {
                open(text).filter(|place: &SurveyPlace| is_fine(&[&place.name]))
            }),
            limit: given.limit("limit", MAX_SURVEYS).unwrap_or(DEFAULT_SURVEYS),
        };
        given.finish(query)
    }
}

/// PostgreSQL's texts have no zero byte; a cursor may be anything.
fn is_fine(texts: &[&str]) -> bool {
    texts.iter().all(|text| !text.contains('\0'))
}

/// A place in a list of campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CampaignPlace {
    /// Its latest session.
    pub(crate) at: DateTime<Utc>,
    /// What is the same.
    pub(crate) kind: String,
    /// The fingerprint.
    pub(crate) fingerprint: String,
}

impl CampaignPlace {
    /// As a cursor.
    pub(crate) fn close(&self) -> String {
        close(self)
    }
}

/// A page of campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CampaignQuery {
    /// Only those of this survey.
    pub(crate) survey: Option<String>,
    /// Only those of this kind.
    pub(crate) kind: Option<String>,
    /// After this one.
    pub(crate) after: Option<CampaignPlace>,
    /// Campaigns on the page.
    pub(crate) limit: usize,
}

impl CampaignQuery {
    /// Reads `survey`, `kind`, `cursor`, `limit`.
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let query = Self {
            survey: given.take("survey", TEXT, text_filter),
            kind: given.take("kind", TEXT, text_filter),
            after: given.take("cursor", CURSOR, |text| {
                open(text)
                    .filter(|place: &CampaignPlace| is_fine(&[&place.kind, &place.fingerprint]))
            }),
            limit: given.limit("limit", MAX_LIMIT).unwrap_or(DEFAULT_LIMIT),
        };
        given.finish(query)
    }
}

/// A page of a list of sessions without filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdPage {
    /// Only those older than this one.
    pub(crate) before: Option<Uuid>,
    /// Sessions on the page.
    pub(crate) limit: usize,
}

impl IdPage {
    /// Reads `cursor` and `limit`.
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let page = Self {
            before: given.take("cursor", CURSOR, open_cursor),
            limit: given.limit("limit", MAX_LIMIT).unwrap_or(DEFAULT_LIMIT),
        };
        given.finish(page)
    }
}
