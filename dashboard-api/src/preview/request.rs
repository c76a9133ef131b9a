//! What a preview is asked for.

use chrono::{DateTime, TimeDelta, Utc};
use control::ControlState;
use detection::Ruleset;
use runtime::problem::FieldError;
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::query::{TEXT, TIME, id_floor, text_filter, time};
use crate::settings::{Members, SettingsDocument, mistake};

/// Most sessions of a preview.
const MAX_SESSIONS: u64 = 2000;
/// Sessions of a preview when nothing is said.
const DEFAULT_SESSIONS: u64 = 200;
/// How far back a preview looks when nothing is said.
const DAYS: i64 = 7;

/// What a preview is asked for: a ruleset as in a survey's settings, and which sessions to try it on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PreviewBody {
    /// Sessions of this survey only.
    #[serde(default)]
    survey: Option<String>,
    /// Sessions created from then on (RFC 3339 or a date); 7 days before `to` when not given.
    #[serde(default)]
    from: Option<String>,
    /// Sessions created before; now when not given.
    #[serde(default)]
    to: Option<String>,
    /// How many of the newest judged sessions, 1 to 2000; 200 when not given.
    #[serde(default)]
    limit: Option<u64>,
    /// The ruleset that `thresholds` are laid over; what the organisation has settled when not given.
    #[serde(default)]
    base: Option<String>,
    /// Thresholds that differ from the base, by name.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, f64>)]
    thresholds: Map<String, Value>,
}

/// A preview to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PreviewQuery {
    pub(crate) survey: Option<String>,
    /// Lowest id, and the first above.
    pub(crate) ids: (Uuid, Uuid),
    pub(crate) limit: i64,
    pub(crate) ruleset: Ruleset,
}

impl PreviewQuery {
    /// Reads a body at `now`.
    pub(crate) fn read(
        body: &Value,
        (state, organisation): (&ControlState, &OrganisationId),
        now: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let members = Members::of(body, "");
        let mut members = members.map_err(|mistake| ApiError::InvalidBody(vec![mistake]))?;
        let text = |value: &Value| text_filter(value.as_str().filter(|text| !text.is_empty())?);
        let survey = members.take("survey", TEXT, text);
        let from = members.take("from", TIME, |value| time(value.as_str()?));
        let to = members.take("to", TIME, |value| time(value.as_str()?));
        let limit = members.take("limit", "a whole number from 1 to 2000", |value| {
            value
                .as_u64()
                .filter(|limit| (1..=MAX_SESSIONS).contains(limit))
        });
        let settings = Self::settings(&mut members);
        // Ids of this very millisecond belong to it.
        let to = to.unwrap_or(now + TimeDelta::milliseconds(1));
        let from = from.unwrap_or(to - TimeDelta::days(DAYS));
        if from >= to {
            let order = mistake("/to", "before_from", "must be later than from");
            members.mistakes.push(order);
        }
        let mut mistakes: Vec<FieldError> = members.finish();
        match settings.derive(state, organisation) {
            Ok(derived) if mistakes.is_empty() => Ok(Self {
                survey,
                ids: (id_floor(from), id_floor(to)),
                limit: i64::try_from(limit.unwrap_or(DEFAULT_SESSIONS)).unwrap_or(1),
                ruleset: derived.ruleset,
            }),
            Ok(_) => Err(ApiError::InvalidBody(mistakes)),
            Err(more) => {
                mistakes.extend(more);
                Err(ApiError::InvalidBody(mistakes))
            }
        }
    }

    fn settings(members: &mut Members<'_>) -> SettingsDocument {
        SettingsDocument {
            base: members.take("base", "the version of a ruleset", |value| {
                value.as_str().map(str::to_owned)
            }),
            thresholds: members
                .take("thresholds", "numbers by name", |value| {
                    value.as_object().cloned()
                })
                .unwrap_or_default(),
            ..SettingsDocument::default()
        }
    }
}
