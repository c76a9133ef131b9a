//! Settings as they are written, what is wrong with them, and the versions that follow from them.
//!
//! Every mistake is named at once, by a JSON pointer into the body.

use control::{BUILTIN_MODEL, BUILTIN_RULESET, ControlState};
use detection::model::BUILTIN_TREES;
use detection::{Ruleset, ThresholdError, Thresholds};
use runtime::problem::FieldError;
use schemas::control::{RulesetRecord, sha256_hex};
use schemas::ids::OrganisationId;
use schemas::session::StampedVersions;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::ApiError;

/// What versions begin with that were made of settings: the rest is a hash of the thresholds.
pub(crate) const DERIVED_PREFIX: &str = "survey-";
/// Digits of the hash: 80 bits, so that two sets of thresholds never meet.
pub(crate) const HASH_DIGITS: usize = 20;
/// Longest retention that can be wished for, in days.
const MAX_DAYS: u64 = 3650;

/// Settings of a survey. What is absent is as the organisation has settled it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SettingsDocument {
    /// The ruleset that `thresholds` are laid over; absent: the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// Thresholds that differ from the base, by name. `GET /api/v1/rulesets` tells what there is.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, f64>)]
    pub(crate) thresholds: Map<String, Value>,
    /// The learned model that votes; `none` for none; absent: the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// How long the survey's data is wished to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention: Option<Retention>,
}

/// How long data is wished to be kept: for those who plan storage. Nothing is deleted by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Retention {
    /// Days for raw events, 1 to 3650.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw_events_days: Option<u32>,
    /// Days for sessions and verdicts, 1 to 3650.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sessions_days: Option<u32>,
}

/// What settings come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Derived {
    /// What new sessions are stamped with; `None`: what the organisation has settled.
    pub(crate) versions: Option<StampedVersions>,
    /// The ruleset they are judged by.
    pub(crate) ruleset: Ruleset,
    /// Whether the ruleset was made of the settings, so that it has to be published.
    pub(crate) is_new: bool,
}

/// Takes the members of an object and notes what is wrong with them.
pub(crate) struct Members<'a> {
    object: &'a Map<String, Value>,
    pointer: String,
    known: Vec<&'static str>,
    pub(crate) mistakes: Vec<FieldError>,
}

/// One mistake.
pub(crate) fn mistake(
    pointer: impl Into<String>,
    code: &str,
    detail: impl Into<String>,
) -> FieldError {
    FieldError {
        pointer: pointer.into(),
        code: code.to_owned(),
        detail: detail.into(),
    }
}

/// A name as a step of a JSON pointer; a client's text is shown back in part only.
fn step(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    name.replace('~', "~0").replace('/', "~1")
}

impl<'a> Members<'a> {
    pub(crate) fn of(value: &'a Value, pointer: &str) -> Result<Self, FieldError> {
        let object = value.as_object();
        let object = object.ok_or_else(|| mistake(pointer, "invalid", "must be an object"))?;
        Ok(Self {
            object,
            pointer: pointer.to_owned(),
            known: Vec::new(),
            mistakes: Vec::new(),
        })
    }

    /// A member that `read` understands, or else `expected` is told; null is as good as absent.
    pub(crate) fn take<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let value = self.object.get(name).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            let pointer = format!("{}/{name}", self.pointer);
            self.mistakes.push(mistake(pointer, "invalid", expected));
        }
        read
    }

    /// Every mistake, members that nobody knows among them.
    pub(crate) fn finish(mut self) -> Vec<FieldError> {
        for name in self.object.keys() {
            if !self.known.contains(&name.as_str()) {
                let pointer = format!("{}/{}", self.pointer, step(name));
                let unknown = mistake(pointer, "unknown", "there is no such member");
                self.mistakes.push(unknown);
            }
        }
        self.mistakes
    }
}

impl SettingsDocument {
    /// Reads settings and what follows from them for a survey's new sessions.
    pub(crate) fn read(
        body: &Value,
        state: &ControlState,
        organisation: &OrganisationId,
    ) -> Result<(Self, Derived), ApiError> {
        let invalid = |mistake| ApiError::InvalidBody(vec![mistake]);
        let mut members = Members::of(body, "").map_err(invalid)?;
        let settings = Self::take(&mut members);
        let retention = body.get("retention").filter(|value| !value.is_null());
        let (retention, mut mistakes) = retention.map(Retention::read).unwrap_or_default();
        let settings = Self {
            retention,
            ..settings
        };
        mistakes.splice(0..0, members.finish());
        let derived = settings.derive(state, organisation);
        match derived {
            Ok(derived) if mistakes.is_empty() => Ok((settings, derived)),
            Ok(_) => Err(ApiError::InvalidBody(mistakes)),
            Err(more) => {
                mistakes.extend(more);
                Err(ApiError::InvalidBody(mistakes))
            }
        }
    }

    /// The members that say what is judged by; `retention` is left to the caller.
    pub(crate) fn take(members: &mut Members<'_>) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let thresholds = members.take("thresholds", "numbers by name", |value| {
            value.as_object().cloned()
        });
        members.take("retention", "", Some);
        Self {
            base: members.take("base", "the version of a ruleset", text),
            thresholds: thresholds.unwrap_or_default(),
            model: members.take("model", "the version of a model, or none", text),
            retention: None,
        }
    }

    /// The versions and the ruleset of new sessions, or every mistake.
    pub(crate) fn derive(
        &self,
        state: &ControlState,
        organisation: &OrganisationId,
    ) -> Result<Derived, Vec<FieldError>> {
        let settled = state.settled_versions(organisation, None);
        let base = self.base.as_deref().unwrap_or(&settled.ruleset);
        let mut mistakes = Vec::new();
        let base = known_ruleset(state, base).unwrap_or_else(|detail| {
            mistakes.push(mistake("/base", "unknown_ruleset", detail));
            Ruleset::default()
        });
        let model = self.model.as_deref().unwrap_or(&settled.model);
        if !knows_model(state, model) {
            let detail = "there is no such model that this program can judge by";
            mistakes.push(mistake("/model", "unknown_model", detail));
        }
        let thresholds = base.thresholds.with(&self.thresholds);
        let thresholds = thresholds.unwrap_or_else(|wrong| {
            mistakes.extend(wrong.iter().map(threshold_mistake));
            Thresholds::default()
        });
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let is_new = thresholds != base.thresholds;
        let ruleset = if is_new {
            Ruleset {
                version: derived_version(&thresholds),
                thresholds,
            }
        } else {
            base
        };
        let says_nothing = self.base.is_none() && !is_new && self.model.is_none();
        let versions = (!says_nothing).then(|| StampedVersions {
            ruleset: ruleset.version.clone(),
            model: model.to_owned(),
            experiment: None,
            shadow: None,
        });
        Ok(Derived {
            versions,
            ruleset,
            is_new,
        })
    }
}

impl Derived {
    /// The ruleset's record, when it has to be published. It says nothing of the survey: whoever has the
    /// same thresholds has the same version.
    pub(crate) fn record(&self, now: chrono::DateTime<chrono::Utc>) -> Option<RulesetRecord> {
        self.is_new.then(|| RulesetRecord {
            version: self.ruleset.version.clone(),
            description: Some("made of a survey's settings".to_owned()),
            created_at: now,
            thresholds: self.ruleset.thresholds.encode(),
        })
    }
}

impl Retention {
    fn read(value: &Value) -> (Option<Self>, Vec<FieldError>) {
        let mut members = match Members::of(value, "/retention") {
            Ok(members) => members,
            Err(mistake) => return (None, vec![mistake]),
        };
        let days = |value: &Value| {
            let days = value.as_u64().filter(|days| (1..=MAX_DAYS).contains(days));
            days.and_then(|days| u32::try_from(days).ok())
        };
        let expected = "a whole number of days from 1 to 3650";
        let retention = Self {
            raw_events_days: members.take("raw_events_days", expected, days),
            sessions_days: members.take("sessions_days", expected, days),
        };
        (Some(retention), members.finish())
    }
}

/// The version of these thresholds: the same ones have the same name, whoever settles them.
fn derived_version(thresholds: &Thresholds) -> String {
    // The members of a map are in the order of their names.
    let text = Value::Object(thresholds.encode()).to_string();
    let hash = sha256_hex(text.as_bytes());
    format!("{DERIVED_PREFIX}{}", &hash[..HASH_DIGITS])
}

/// The ruleset of a version, if this program can judge by it; else a sentence.
pub(crate) fn known_ruleset(state: &ControlState, version: &str) -> Result<Ruleset, String> {
    if version == BUILTIN_RULESET {
        return Ok(Ruleset::default());
    }
    let record = state.ruleset(version);
    let record = record.ok_or_else(|| "there is no such ruleset".to_owned())?;
    let decoded = Ruleset::decode(version, &record.thresholds);
    decoded.map_err(|error| format!("this program cannot judge by it: {error}"))
}

fn knows_model(state: &ControlState, version: &str) -> bool {
    version == BUILTIN_MODEL || version == BUILTIN_TREES || state.model(version).is_some()
}

fn threshold_mistake(error: &ThresholdError) -> FieldError {
    let code = match error {
        ThresholdError::Unknown { .. } => "unknown",
        ThresholdError::NotANumber { .. } => "not_a_number",
        ThresholdError::OutOfRange { .. } => "out_of_range",
        ThresholdError::Disordered { .. } => "disordered",
    };
    let pointer = format!("/thresholds/{}", step(error.name()));
    mistake(
        pointer,
        code,
        error.to_string().chars().take(400).collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<(SettingsDocument, Derived), ApiError> {
        let organisation = "acme".parse().unwrap();
        SettingsDocument::read(&body, &ControlState::default(), &organisation)
    }

    #[test]
    fn settings_that_say_nothing_leave_what_the_organisation_has_settled() {
        let (settings, derived) = read(json!({ "retention": { "sessions_days": 30 } })).unwrap();
        assert_eq!(settings.retention.unwrap().sessions_days, Some(30));
        assert_eq!((derived.versions, derived.is_new), (None, false));
    }

    #[test]
    fn the_same_thresholds_have_the_same_version_and_others_another() {
        let version = |body| read(body).unwrap().1.ruleset.version;
        let strict = version(json!({ "thresholds": { "bot_score": 0.5 } }));
        assert!(schemas::event::field::is_identifier(&strict), "{strict}");
        let again =
            json!({ "base": "builtin-1", "thresholds": { "min_keys": 20, "bot_score": 0.50 } });
        assert_eq!(version(again), strict);
        assert_ne!(
            version(json!({ "thresholds": { "bot_score": 0.51 } })),
            strict
        );
        let plain = json!({ "base": "builtin-1", "thresholds": { "bot_score": 0.6 } });
        assert_eq!(version(plain), BUILTIN_RULESET);
    }

    #[test]
    fn every_mistake_is_named_at_once_by_its_pointer() {
        let body = json!({
            "base": "nobody", "model": "no-model", "colour": 1, "retention": { "raw_events_days": 0, "x/y": 1 },
            "thresholds": { "bot_scor": 0.5, "min_keys": 1.5, "prior": 2 },
        });
        let Err(ApiError::InvalidBody(mistakes)) = read(body) else {
            panic!("taken");
        };
        let mut found: Vec<(&str, &str)> = mistakes
            .iter()
            .map(|mistake| (mistake.pointer.as_str(), mistake.code.as_str()))
            .collect();
        found.sort_unstable();
        let expected = [
            ("/base", "unknown_ruleset"),
            ("/colour", "unknown"),
            ("/model", "unknown_model"),
            ("/retention/raw_events_days", "invalid"),
            ("/retention/x~1y", "unknown"),
            ("/thresholds/bot_scor", "unknown"),
            ("/thresholds/min_keys", "not_a_number"),
            ("/thresholds/prior", "out_of_range"),
        ];
        assert_eq!(found, expected);
        let Err(ApiError::InvalidBody(order)) =
            read(json!({ "thresholds": { "medium_score": 0.9 } }))
        else {
            panic!("taken");
        };
        assert_eq!(order[0].code, "disordered");
    }
}
