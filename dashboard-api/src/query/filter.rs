//! Which sessions a list, an export or a count is about.

use chrono::{DateTime, Utc};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Pairs, Parameters, TEXT, TIME, open_cursor, text_filter, time};
use crate::error::ApiError;
use crate::review::Label;
use crate::verdict::{METHODS, RiskLevel, SessionClass, SessionStatus};

/// Which sessions are asked for; every condition holds at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SessionFilter {
    /// Created at or after.
    pub(crate) from: Option<DateTime<Utc>>,
    /// Created before.
    pub(crate) to: Option<DateTime<Utc>>,
    /// One of these states.
    pub(crate) status: Option<Vec<&'static str>>,
    /// One of these effective risk levels.
    pub(crate) risk: Option<Vec<&'static str>>,
    /// One of these classes.
    pub(crate) class: Option<Vec<&'static str>>,
    /// Exactly this platform.
    pub(crate) platform: Option<String>,
    /// Exactly this survey.
    pub(crate) survey: Option<String>,
    /// Exactly this respondent.
    pub(crate) respondent: Option<String>,
    /// Lowest effective score, thousandths.
    pub(crate) min_score: Option<i16>,
    /// Highest effective score, thousandths.
    pub(crate) max_score: Option<i16>,
    /// Any of these methods speaks for automation: bits of `sessions.methods`.
    pub(crate) methods: Option<i32>,
    /// Whether it has something in common with other sessions.
    pub(crate) finding: Option<bool>,
    /// What id, survey or respondent begins with.
    pub(crate) prefix: Option<String>,
    /// What the latest review says; [`NO_LABEL`]: nothing, or it was taken back.
    pub(crate) label: Option<&'static str>,
    /// Whether its verdict says "bot"; without a verdict it says neither.
    pub(crate) bots: Option<bool>,
    /// It shares this fingerprint.
    pub(crate) fingerprint: Option<SharedFingerprint>,
}

/// A fingerprint that several sessions share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedFingerprint {
    /// What it is of: `device`, `trajectory`, `rhythm`.
    pub(crate) kind: String,
    /// 32 hexadecimal digits.
    pub(crate) value: String,
}

/// What the filter by label calls sessions that have none.
pub(crate) const NO_LABEL: &str = "none";

impl SessionFilter {
    /// Takes the filters among other parameters; mistakes are told by [`Parameters::finish`].
    pub(crate) fn take(given: &mut Parameters) -> Self {
        let filter = Self {
            from: given.take("from", TIME, time),
            to: given.take("to", TIME, time),
            status: given.take("status", "active, completed, idle, max_length", statuses),
            risk: given.take("risk", "LOW, MEDIUM, HIGH, CRITICAL", |text| {
                set(text, |word| RiskLevel::parse(word).map(RiskLevel::as_str))
            }),
            class: given.take("class", CLASSES, |text| {
                set(text, |word| {
                    SessionClass::parse(word).map(SessionClass::as_str)
                })
            }),
            platform: given.take("platform", TEXT, text_filter),
            survey: given.take("survey", TEXT, text_filter),
            respondent: given.take("respondent", TEXT, text_filter),
            min_score: given.take("min_score", SCORE, thousandths),
            max_score: given.take("max_score", SCORE, thousandths),
            methods: given.take("method", "names of methods", method_bits),
            finding: given.take("finding", "true or false", |text| text.parse().ok()),
            prefix: given.take("q", TEXT, |text| text_filter(text.trim())),
            label: given.take("label", "human, bot, unsure or none", label),
            bots: given.take("bots", "true or false", |text| text.parse().ok()),
            fingerprint: given.take("fingerprint", FINGERPRINT, fingerprint),
        };
        let period = filter.from.zip(filter.to);
        if period.is_some_and(|(from, to)| from >= to) {
            given.wrong("to", "before_from", "must be later than from");
        }
        let scores = filter.min_score.zip(filter.max_score);
        if scores.is_some_and(|(min, max)| min > max) {
            given.wrong("max_score", "below_min", "must not be below min_score");
        }
        Self {
            // Nothing but spaces asks for nothing.
            prefix: filter.prefix.filter(|prefix| !prefix.is_empty()),
            ..filter
        }
    }
}

/// What [`SessionFilter::take`] reads, for the document of the API.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "filters are read one by one, so that every mistake is told at once"
)]
pub(crate) struct SessionFilterParameters {
    /// Created at or after: RFC 3339 or a date (UTC)
    from: Option<String>,
    /// Created before: RFC 3339 or a date (UTC)
    to: Option<String>,
    /// States, separated by commas
    status: Option<String>,
    /// Effective risk levels, separated by commas
    risk: Option<String>,
    /// Classes, separated by commas
    class: Option<String>,
    /// Exact platform
    platform: Option<String>,
    /// Exact survey
    survey: Option<String>,
    /// Exact respondent
    respondent: Option<String>,
    /// Lowest effective score
    #[param(minimum = 0, maximum = 1)]
    min_score: Option<f64>,
    /// Highest effective score
    #[param(minimum = 0, maximum = 1)]
    max_score: Option<f64>,
    /// Methods, separated by commas: any of them speaks for automation (0.5 or more)
    method: Option<String>,
    /// Whether it has something in common with other sessions
    finding: Option<bool>,
    /// What the id, survey or respondent begins with; case counts, spaces around it do not
    q: Option<String>,
    /// What the latest review says: `human`, `bot` or `unsure`; `none`: not reviewed, or the label was taken back
    label: Option<String>,
    /// Whether the verdict says bot, as `bots_flagged` counts; sessions without a verdict are in neither
    bots: Option<bool>,
    /// `kind:value` of a campaign: the sessions that share this fingerprint
    fingerprint: Option<String>,
}

/// A page of the list of sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PageQuery {
    /// Which sessions.
    pub(crate) filter: SessionFilter,
    /// Only those older than this one.
    pub(crate) before: Option<Uuid>,
    /// Sessions on the page.
    pub(crate) limit: usize,
    /// Whether the number of all matching sessions is asked for.
    pub(crate) count: bool,
}

/// Sessions on a page when nothing is said.
const DEFAULT_LIMIT: usize = 50;
/// Most sessions on a page.
const MAX_LIMIT: usize = 200;

impl PageQuery {
    /// Reads filters, `cursor`, `limit` and `count`.
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let query = Self {
            filter: SessionFilter::take(&mut given),
            before: given.take("cursor", "the next_cursor of a page", open_cursor),
            limit: given.limit("limit", MAX_LIMIT).unwrap_or(DEFAULT_LIMIT),
            count: given
                .take("count", "estimate", |text| {
                    (text == "estimate").then_some(())
                })
                .is_some(),
        };
        given.finish(query)
    }
}

const CLASSES: &str =
    "human, scripted_bot, ai_agent, ai_assisted, declared_agent, insufficient_data";
const FINGERPRINT: &str = "kind:value, the value as 32 hexadecimal digits";
const SCORE: &str = "a number from 0 to 1";

fn statuses(text: &str) -> Option<Vec<&'static str>> {
    set(text, |word| {
        SessionStatus::parse(word)
            .filter(|status| *status != SessionStatus::Pending)
            .map(SessionStatus::as_str)
    })
}

fn label(text: &str) -> Option<&'static str> {
    let labels = Label::ALL
        .into_iter()
        .filter(|label| *label != Label::Cleared);
    let mut words = labels.map(Label::as_str).chain([NO_LABEL]);
    words.find(|word| *word == text)
}

fn fingerprint(text: &str) -> Option<SharedFingerprint> {
    let (kind, value) = text.split_once(':')?;
    let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_value = value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_kind && is_value).then(|| SharedFingerprint {
        kind: kind.to_owned(),
        value: value.to_ascii_lowercase(),
    })
}

fn set(text: &str, parse: impl Fn(&str) -> Option<&'static str>) -> Option<Vec<&'static str>> {
    let words: Option<Vec<&str>> = text.split(',').map(|word| parse(word.trim())).collect();
    words.map(|mut words| {
        words.sort_unstable();
        words.dedup();
        words
    })
}

fn method_bits(text: &str) -> Option<i32> {
    text.split(',').try_fold(0, |bits, word| {
        let place = METHODS.iter().position(|name| *name == word.trim())?;
        Some(bits | 1 << place)
    })
}

#[expect(clippy::cast_possible_truncation, reason = "0 to 1000 after the check")]
fn thousandths(text: &str) -> Option<i16> {
    let score: f64 = text.parse().ok()?;
    (0.0..=1.0)
        .contains(&score)
        .then(|| (score * 1000.0).round() as i16)
}
